import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../support/ports.ts";
import { scratchFolder } from "../support/scratch.ts";
import { ownProgram } from "../tools/programs.ts";
import { startStoreProcess, type StoreProcess } from "./store-process.ts";

const PROGRAM = ownProgram("versitygw");
export const VERSITYGW = PROGRAM.need;

const KEY = {
  accessKey: "AKVERSITY00000000000",
  secretKey: "SKversity00000000000000000000000000000",
};

/**
 * Starts versitygw over a folder of its own. `versions`: if true, it can keep versions of objects.
 */
export async function startVersitygw(versions: boolean): Promise<StoreProcess> {
  const [port = 0] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const folder = scratchFolder("versitygw");
  // Its data about an object is kept in files, for not every folder here supports xattrs.
  const folders = ["data", "meta", "older", "users"];
  const [data = "", meta = "", older = "", users = ""] = folders.map((name) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  });
  const posix = [
    "posix",
    "--sidecar",
    meta,
    ...(versions ? ["--versioning-dir", older] : []),
    data,
  ];
  return startStoreProcess({
    name: "versitygw",
    path: PROGRAM.path,
    args: ["--port", address, "--quiet", "--iam-dir", users, ...posix],
    env: { HOME: folder, ROOT_ACCESS_KEY: KEY.accessKey, ROOT_SECRET_KEY: KEY.secretKey },
    address,
    key: KEY,
  });
}
