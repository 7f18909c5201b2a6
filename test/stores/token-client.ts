import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "../support/program.ts";
import type { Requirement } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";

/** The parts of a client that gets its keys by a token in a file: a few variables, and no key. */
export type TokenClient = {
  readonly folder: string;
  readonly tokenFile: string;
  readonly env: Readonly<Record<string, string>>;
  /** Writes a new token to the file. */
  readonly give: (token: string) => void;
  /** Runs a program with those variables, and returns its output. Fails if the program does. */
  readonly run: (command: string, args: readonly string[]) => Promise<string>;
  /** Runs a program that must fail; returns its complaint. */
  readonly fail: (command: string, args: readonly string[]) => Promise<string>;
};

/** The place where a client finds the gateway, and the role that it takes. */
export type TokenPlace = {
  readonly endpoint: string;
  /** The endpoint of STS; the same as `endpoint` if absent. */
  readonly sts?: string;
  readonly role: string;
  readonly session: string;
};

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Python with today's boto3 and awscli. */
export const PYTHON = path("../../.venv/bin/python");
export const CURRENT_PYTHON: Requirement = {
  name: "current boto3 and awscli",
  present: spawnSync(PYTHON, ["-c", "import boto3, awscli"]).status === 0,
  install: "python3 -m venv .venv && .venv/bin/pip install -r test/clients/requirements.txt",
};
/** Days of boto3 and of the SDK for JavaScript; their argument is the bucket to make and delete. */
export const BOTO3_DAY = path("token-day.py");
export const JAVASCRIPT_DAY = path("token-day.mjs");
/** The text that they write. */
export const TEXT = "The quick brown fox";

/** Prepares a client that has `token`. */
export function tokenClient(
  token: string,
  { endpoint, sts = endpoint, role, session }: TokenPlace,
): TokenClient {
  const folder = scratchFolder("token");
  const file = join(folder, "token");
  const give = (newer: string): void => writeFileSync(file, newer);
  give(token);
  const env = {
    HOME: folder,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ROLE_ARN: role,
    AWS_ROLE_SESSION_NAME: session,
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ENDPOINT_URL_STS: sts,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const ended = async (command: string, args: readonly string[], succeeds: boolean) => {
    const { status, output, errors } = await runProgram(command, args, { env });
    assert.equal(status === 0, succeeds, `${output.toString("utf8")}\n${errors}`);
    return { output: output.toString("utf8"), errors };
  };
  return {
    folder,
    tokenFile: file,
    env,
    give,
    run: async (command, args) => (await ended(command, args, true)).output,
    fail: async (command, args) => (await ended(command, args, false)).errors,
  };
}
