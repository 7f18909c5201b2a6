import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type * as s3 from "@aws-sdk/client-s3";
import { clientOf } from "./s3-client.ts";

export const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
export const FREE_PORTS = ["--port", "0", "--admin-port", "0"];

/** `s3warden demo` in a process of its own. */
export type Demo = {
  /** Its output on start. */
  readonly welcome: string;
  readonly endpoint: string;
  readonly as: (user: string) => s3.S3Client;
  /** Presses Ctrl-C; resolves with the exit code. */
  readonly interrupt: () => Promise<unknown>;
};

/** A test, or a suite, that does the remaining clean-up afterwards. */
type Cleanups = { readonly after: (cleanup: () => unknown) => void };

/** Starts it on free ports, its files in `dir`, and waits until its welcome is complete. */
export async function startDemo(dir: string, t: Cleanups): Promise<Demo> {
  const process_ = spawn(process.execPath, [MAIN, "demo", "--dir", dir, ...FREE_PORTS]);
  const ended = once(process_, "exit");
  t.after(() => process_.kill("SIGKILL"));
  let welcome = "";
  for await (const text of process_.stdout
    .setEncoding("utf8")
    .iterator({ destroyOnReturn: false })) {
    welcome += String(text);
    if (welcome.includes("Ctrl-C ends it.")) break;
  }
  const endpoint = /endpoint +(\S+)/.exec(welcome)?.[1] ?? "";
  return {
    welcome,
    endpoint,
    as: (user) => {
      const row = new RegExp(`^ +${user} +(\\S+) +(\\S+)$`, "m").exec(welcome);
      const [, accessKey = "", secretKey = ""] = row ?? [];
      const client = clientOf(endpoint, { accessKey, secretKey });
      t.after(() => client.destroy());
      return client;
    },
    interrupt: async () => {
      process_.kill("SIGINT");
      const [code]: unknown[] = await ended;
      return code;
    },
  };
}
