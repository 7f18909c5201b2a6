#!/usr/bin/env node
import { Command, type CommanderError, InvalidArgumentError, Option } from "commander";
import { runAdopt, type AdoptOptions } from "./cli/adopt.ts";
import { runCheck } from "./cli/check.ts";
import { runDemo } from "./cli/demo.ts";
import { runExplain, type ExplainOptions } from "./cli/explain.ts";
import { runInit, type InitOptions } from "./cli/init.ts";
import { runKeygen } from "./cli/keygen.ts";
import { runProve, type ProveOptions } from "./cli/prove.ts";
import { runReplay, type ReplayOptions } from "./cli/replay.ts";
import { runServe } from "./cli/serve.ts";
import {
  runShare,
  runShareList,
  runUnshare,
  type ShareOptions,
  type UnshareOptions,
} from "./cli/share.ts";
import { runSuggest, type SuggestOptions } from "./cli/suggest.ts";
import type { Terminal } from "./cli/terminal.ts";
import { PROVIDERS } from "./config/gateway-schema.ts";
import { STORE_KINDS } from "./s3/stores.ts";
import { runWhoCan, type WhoCanOptions } from "./cli/who-can.ts";

const terminal: Terminal = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  isInteractive: process.stderr.isTTY,
};

const program = new Command("s3warden").description("An access gateway for S3");

program
  .command("serve")
  .description("Run the gateway")
  .requiredOption("--config <file>", "gateway.yaml")
  .action(async (options: { config: string }) => exit(await runServe(options, terminal)));

program
  .command("demo")
  .description("Run the gateway in front of an embedded store, with three example users")
  .option("--port <number>", "port for S3 clients", wholeNumber(0, 65_535), 8080)
  .option("--admin-port <number>", "port for metrics and probes", wholeNumber(0, 65_535), 9090)
  .option("--dir <directory>", "where configuration and objects are kept", "demo-data")
  .action(async (options: { port: number; adminPort: number; dir: string }) =>
    exit(await runDemo(options, terminal)),
  );

program
  .command("init")
  .description("Write a first configuration, with new keys, and tell what to fill in")
  .addOption(new Option("--provider <name>", "the access model").choices(PROVIDERS).default("aws"))
  .addOption(new Option("--store <kind>", "the store").choices(STORE_KINDS).default("generic"))
  .addOption(
    new Option("--users <source>", "whose users may come: ceph keeps the keys of Ceph's users")
      .choices(["accounts", "ceph"])
      .default("accounts"),
  )
  .option("--endpoint <url>", "the store's address; absent: the usual port on this machine")
  .option("--domain <name>", "the host name that clients use, such as s3.example.org")
  .option("--out <directory>", "where to write", ".")
  .exitOverride(usageIs2)
  .action((options: InitOptions) => exit(runInit(options, terminal)));

program
  .command("check")
  .description("Name every problem of a configuration; nothing is started")
  .requiredOption("--config <file>", "gateway.yaml")
  .action((options: { config: string }) => exit(runCheck(options, terminal)));

program
  .command("explain")
  .description("Tell what would be decided on a request, and why")
  .requiredOption("--config <file>", "gateway.yaml")
  .option("--as <identity>", "account, account:subuser, or an access key id")
  .option("--anonymous", "a request without credentials")
  .option("--ip <address>", "where it comes from; absent: unknown")
  .option("--at <time>", "when, ISO 8601; absent: now")
  .option("--header <line>", "'name: value', may be repeated", collect, [])
  .option("--request <line>", "such as 'PUT /bucket/key?acl'")
  .option("--body <file>", "the document in its body, which decides too")
  .option("--action <name>", "such as s3:GetObject, with --resource")
  .option("--resource <arn>", "such as arn:aws:s3:::bucket/key")
  .option("--json", "for tools")
  .exitOverride(usageIs2)
  .action(async (options: ExplainOptions) => exit(await runExplain(options, terminal)));

program
  .command("who-can")
  .description("Tell everybody who can do something, and what must hold besides")
  .argument("<action>", "such as s3:GetObject")
  .argument("<resource>", "such as arn:aws:s3:::bucket/prefix*")
  .requiredOption("--config <file>", "gateway.yaml")
  .option("--ip <address>", "only requests that come from there; absent: from anywhere")
  .option("--json", "for tools")
  .exitOverride(usageIs2)
  .action(async (action: string, resource: string, options: WhoCanOptions) =>
    exit(await runWhoCan(action, resource, options, terminal)),
  );

program
  .command("prove")
  .description("Tell whether claims are true of all requests, or a request that breaks them")
  .argument("[claim...]", "such as 'nobody may s3:DeleteObjectVersion on *'")
  .requiredOption("--config <file>", "gateway.yaml")
  .option("--claims <file>", "a file of claims, one a line")
  .option("--json", "for tools")
  .exitOverride(usageIs2)
  .action(async (claims: readonly string[], options: ProveOptions) =>
    exit(await runProve(claims, options, terminal)),
  );

program
  .command("adopt")
  .description("Remember whose a bucket is that was there before the gateway")
  .argument("<bucket>", "bucket, or tenant:bucket")
  .requiredOption("--account <name>", "the account that owns it")
  .option("--from <name>", "the account that owns it so far; its policy of the bucket is dropped")
  .option("--policy <file>", "the policy that the bucket gets, if it has none")
  .requiredOption("--config <file>", "gateway.yaml")
  .action(async (bucket: string, options: AdoptOptions) =>
    exit(await runAdopt(bucket, options, terminal)),
  );

const share = program
  .command("share")
  .description("Let another user use a bucket, or list and revoke what is shared");

share
  .command("with", { isDefault: true, hidden: true })
  .argument("<bucket>", "bucket, or tenant:bucket")
  .requiredOption("--with <user>", "account, or account:subuser")
  .requiredOption("--permissions <name>", "read, write, readwrite, full, or another tier")
  .option("--until <time>", "when it ends, ISO 8601; absent: not at all")
  .requiredOption("--config <file>", "gateway.yaml")
  .action(async (bucket: string, options: ShareOptions) =>
    exit(await runShare(bucket, options, terminal)),
  );

share
  .command("list")
  .description("Whom a bucket is shared with")
  .argument("<bucket>", "bucket, or tenant:bucket")
  .requiredOption("--config <file>", "gateway.yaml")
  .action(async (bucket: string, options: { config: string }) =>
    exit(await runShareList(bucket, options, terminal)),
  );

share
  .command("revoke")
  .description("End what is shared with a user")
  .argument("<bucket>", "bucket, or tenant:bucket")
  .requiredOption("--with <user>", "account, or account:subuser")
  .requiredOption("--config <file>", "gateway.yaml")
  .action(async (bucket: string, options: UnshareOptions) =>
    exit(await runUnshare(bucket, options, terminal)),
  );

program
  .command("replay")
  .description("Tell which recorded requests another configuration would decide differently")
  .argument("<file...>", "audit files, in their order; - is standard input")
  .requiredOption("--config <file>", "the other gateway.yaml")
  .option("--json", "for tools")
  .exitOverride(usageIs2)
  .action(async (files: readonly string[], options: ReplayOptions) =>
    exit(await runReplay(files, options, terminal)),
  );

program
  .command("suggest")
  .description("Write the smallest policy that allows what an identity did")
  .argument("<file...>", "audit files, in their order; - is standard input")
  .requiredOption("--as <identity>", "account or account:subuser")
  .option("--provider <name>", "in whose dialect; absent: that of --config, or aws")
  .option("--config <file>", "gateway.yaml, for its provider")
  .option("--include-denied", "also what was refused")
  .option("--exact", "name every key, widen nothing")
  .exitOverride(usageIs2)
  .action(async (files: readonly string[], options: SuggestOptions) =>
    exit(await runSuggest(files, options, terminal)),
  );

program
  .command("keygen")
  .description("Make access key and secret key pairs")
  .option("--count <number>", "how many", wholeNumber(1, 10_000), 1)
  .option("--sealing", "secrets for sts.keys, which seal session tokens")
  .action((options: { count: number; sealing?: boolean }) => exit(runKeygen(options, terminal)));

await program.parseAsync();

/** Of commands whose 1 is an answer. `error` was told; help is one with 0. */
function usageIs2({ exitCode }: CommanderError): never {
  process.exit(exitCode === 0 ? 0 : 2);
}

/** Output may still be on its way through a pipe, so the process ends by itself. */
function exit(code: number): void {
  process.exitCode = code;
}

function collect(line: string, lines: readonly string[]): readonly string[] {
  return [...lines, line];
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d{1,6}$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}
