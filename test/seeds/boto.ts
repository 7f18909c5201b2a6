import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { KeyPair } from "../support/signed.ts";

const SCRIPT = fileURLToPath(new URL("boto.py", import.meta.url));

/** One call of boto3: a method of its S3 client, in its own names. */
export type BotoCall = {
  readonly endpoint: string;
  readonly key: KeyPair;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** `signature_version`; boto3's default if absent. */
  readonly signature?: "s3v4" | "s3";
};

export type Boto = {
  /** Returns boto3's result. Throws `403 AccessDenied` and the like if the call fails. */
  readonly call: (asked: BotoCall) => Promise<unknown>;
  readonly stop: () => Promise<void>;
};

/** Starts one process of Debian's boto3, which answers one call after the other. */
export function startBoto(): Boto {
  const child = spawn("/usr/bin/python3", [SCRIPT], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { PATH: "/usr/bin:/bin", HOME: "/nonexistent" },
  });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();
  const ask = async (asked: BotoCall): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(asked)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error("boto3 has ended");
    const answer: unknown = JSON.parse(value);
    if (typeof answer !== "object" || answer === null) throw new Error(`Not an answer: ${value}`);
    if ("failure" in answer) throw new Error(String(answer.failure));
    return "value" in answer ? answer.value : undefined;
  };
  const call = (asked: BotoCall): Promise<unknown> => {
    const mine = turn.then(() => ask(asked));
    turn = mine.catch(() => {});
    return mine;
  };
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  return { call, stop };
}
