import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { DEPLOY } from "./deploy.ts";

/** The token by which the examples know the gateway. */
export const DIRECTORY_TOKEN = "of-the-gateway";

/**
 * Starts one of deploy/examples/identities on a free port, with `env` as its settings; it ends with
 * the test. Returns `http:` of gateway.yaml.
 */
export async function startExample(
  t: TestContext,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const child = spawn(process.execPath, [`${DEPLOY}examples/identities/${name}`], {
    env: { DIRECTORY_TOKEN, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /"port":(\d+)/.exec(line)?.[1];
    if (port !== undefined) {
      return { url: `http://127.0.0.1:${port}/s3`, token: DIRECTORY_TOKEN };
    }
  }
  throw new Error(`${name} ended before it listened`);
}
