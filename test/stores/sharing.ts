import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, runProgram } from "../support/program.ts";
import type { Requirement } from "../support/requirement.ts";
import type { KeyPair } from "../support/signed.ts";

/**
 * A program that takes `tenant:bucket` for a bucket, as LUMI-O's document writes it for s3cmd and
 * rclone ("s3cmd and rclone"; boto3 and aws refuse such names).
 */
export type SharingProgram = Requirement & {
  /** Prepares the program; `folder`: for its files. */
  readonly at: (folder: string, endpoint: string, key: KeyPair) => Shared;
};

/** The actions of the program; each throws the program's complaint. */
export type Shared = {
  readonly get: (bucket: string, key: string) => Promise<string>;
  readonly list: (bucket: string) => Promise<readonly string[]>;
  readonly put: (bucket: string, key: string, content: string) => Promise<void>;
  readonly remove: (bucket: string, key: string) => Promise<void>;
  /** A presigned GET: of version 2 by s3cmd, of version 4 by rclone. */
  readonly url: (bucket: string, key: string) => Promise<string>;
};

export const PROGRAMS: readonly SharingProgram[] = [
  s3cmd("v4"),
  s3cmd("v2"),
  {
    name: "rclone",
    present: findProgram("rclone") !== undefined,
    install: "apt-get install -y --no-install-recommends rclone",
    at: rclone,
  },
];

function s3cmd(version: "v4" | "v2"): SharingProgram {
  return {
    name: `s3cmd ${version}`,
    present: findProgram("s3cmd") !== undefined,
    install: "apt-get install -y --no-install-recommends s3cmd",
    at: (folder, endpoint, { accessKey, secretKey }) => {
      const { host } = new URL(endpoint);
      const config = [
        "[default]",
        `access_key = ${accessKey}`,
        `secret_key = ${secretKey}`,
        `host_base = ${host}`,
        // Without %(bucket)s: path style.
        `host_bucket = ${host}`,
        "use_https = False",
        "max_retries = 1",
        `signature_v2 = ${version === "v2" ? "True" : "False"}`,
      ];
      const name = join(folder, "s3cmd.cfg");
      const run = async (...args: readonly string[]): Promise<string> => {
        writeFileSync(name, config.join("\n"));
        const program = ["--config", name, "--no-progress", ...args];
        return (await ended("s3cmd", program, { HOME: folder })).toString();
      };
      const file = join(folder, "body");
      return {
        get: async (bucket, key) => {
          await run("get", "--force", `s3://${bucket}/${key}`, file);
          return readFileSync(file, "utf8");
        },
        list: async (bucket) =>
          (await run("ls", `s3://${bucket}/`))
            .split("\n")
            .flatMap((line) => line.split(`s3://${bucket}/`).slice(1)),
        put: async (bucket, key, content) => {
          writeFileSync(file, content);
          await run("put", file, `s3://${bucket}/${key}`);
        },
        remove: async (bucket, key) => {
          await run("del", `s3://${bucket}/${key}`);
        },
        url: async (bucket, key) => (await run("signurl", `s3://${bucket}/${key}`, "+600")).trim(),
      };
    },
  };
}

function rclone(folder: string, endpoint: string, { accessKey, secretKey }: KeyPair): Shared {
  const env = {
    HOME: folder,
    RCLONE_CONFIG_LUMI_TYPE: "s3",
    RCLONE_CONFIG_LUMI_PROVIDER: "Ceph",
    RCLONE_CONFIG_LUMI_ENDPOINT: endpoint,
    RCLONE_CONFIG_LUMI_REGION: "us-east-1",
    RCLONE_CONFIG_LUMI_ACCESS_KEY_ID: accessKey,
    RCLONE_CONFIG_LUMI_SECRET_ACCESS_KEY: secretKey,
  };
  const run = async (...args: readonly string[]): Promise<string> => {
    const once = ["--config", "/dev/null", "--retries", "1", "--low-level-retries", "1"];
    return (await ended("rclone", [...once, ...args], env)).toString();
  };
  // Without these options it looks at the bucket and the object, which a user with only write
  // rights must not.
  const blindly = ["--no-check-dest", "--s3-no-head", "--s3-no-check-bucket"];
  return {
    get: async (bucket, key) => {
      const text = await run("cat", `lumi:${bucket}/${key}`);
      // A folder that it may not look at is empty to the program, if it may list the bucket.
      if (text === "") throw new Error(`Forbidden, or empty: ${bucket}/${key}`);
      return text;
    },
    list: async (bucket) =>
      (await run("lsf", `lumi:${bucket}`)).split("\n").filter((name) => name !== ""),
    put: async (bucket, key, content) => {
      const file = join(folder, "body");
      writeFileSync(file, content);
      await run("copyto", ...blindly, file, `lumi:${bucket}/${key}`);
    },
    remove: async (bucket, key) => {
      await run("deletefile", `lumi:${bucket}/${key}`);
    },
    url: async (bucket, key) =>
      (await run("link", "--expire", "10m", `lumi:${bucket}/${key}`)).trim(),
  };
}

async function ended(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const { status, output, errors } = await runProgram(program, args, {
    env: { LANG: "C.UTF-8", ...env },
  });
  if (status !== 0) throw new Error(errors.trim());
  return output;
}
