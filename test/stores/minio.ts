import { freePorts } from "../support/ports.ts";
import { scratchFolder } from "../support/scratch.ts";
import { ownProgram } from "../tools/programs.ts";
import { startStoreProcess, type StoreProcess } from "./store-process.ts";

const PROGRAM = ownProgram("minio");
export const MINIO = PROGRAM.need;

/** Starts MinIO with its own folder and ports. */
export async function startMinio(): Promise<StoreProcess> {
  const [port = 0, console_ = 0] = await freePorts(2);
  const address = `127.0.0.1:${port}`;
  const folder = scratchFolder("minio");
  const consoleAddress = `127.0.0.1:${console_}`;
  return startStoreProcess({
    name: "MinIO",
    path: PROGRAM.path,
    args: ["server", folder, "--address", address, "--console-address", consoleAddress],
    env: { HOME: folder },
    address,
    key: { accessKey: "minioadmin", secretKey: "minioadmin" },
  });
}
