#!/usr/bin/env node
import { Argument, Command, type CommanderError, InvalidArgumentError, Option } from "commander";
import type { AdoptOptions } from "./cli/adopt.ts";
import { configOption, findConfig } from "./cli/config-option.ts";
import { SHELLS, type Shell } from "./cli/completion.ts";
import type { ExplainOptions } from "./cli/explain.ts";
import type { InitOptions } from "./cli/init.ts";
import type { ProveOptions } from "./cli/prove.ts";
import type { KeysOptions } from "./cli/keys.ts";
import type { LoginOptions } from "./cli/login.ts";
import type { ReplayOptions } from "./cli/replay.ts";
import type { RevokeOptions } from "./cli/revoke.ts";
import type { ShareOptions, UnshareOptions } from "./cli/share.ts";
import type { SuggestOptions } from "./cli/suggest.ts";
import type { TailOptions } from "./cli/tail.ts";
import type { Terminal } from "./cli/terminal.ts";
import type { WhoCanOptions } from "./cli/who-can.ts";
import { VERSION } from "./observe/version.ts";
import { PROVIDERS } from "./provider/names.ts";
import { STORE_KINDS } from "./s3/store-kinds.ts";

const terminal: Terminal = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  isInteractive: process.stderr.isTTY,
  isPage: process.stdout.isTTY,
};

// Each command loads what it needs when it runs, so that none waits for what only others need.
const program = new Command("s3warden")
  .description("An access gateway for S3")
  .version(VERSION, "--version", "print the version")
  .hook("preAction", (_, command) => findConfig(command))
  .addHelpText(
    "after",
    "\nBegin with:\n  s3warden demo\n  s3warden init --store ceph && s3warden check\n",
  );

program
  .command("serve")
  .description("Run the gateway")
  .addHelpText("after", example("s3warden serve --config gateway.yaml"))
  .addOption(configOption())
  .action(async (options: { config: string }) => {
    const { runServe } = await import("./cli/serve.ts");
    exit(await runServe(options, terminal));
  });

program
  .command("demo")
  .description("Run the gateway in front of an embedded store, with three example users")
  .addHelpText("after", example("s3warden demo --port 8080"))
  .option("--port <number>", "port for S3 clients", wholeNumber(0, 65_535), 8080)
  .option("--admin-port <number>", "port for metrics and probes", wholeNumber(0, 65_535), 9090)
  .option("--dir <directory>", "directory for the configuration and the objects", "demo-data")
  .action(async (options: { port: number; adminPort: number; dir: string }) => {
    const { runDemo } = await import("./cli/demo.ts");
    exit(await runDemo(options, terminal));
  });

program
  .command("init")
  .description("Write a first configuration, with new keys, and list what to fill in")
  .addHelpText(
    "after",
    example("s3warden init --store ceph --users ceph --endpoint http://127.0.0.1:7480"),
  )
  .addOption(new Option("--provider <name>", "the access model").choices(PROVIDERS).default("aws"))
  .addOption(new Option("--store <kind>", "the store").choices(STORE_KINDS).default("generic"))
  .addOption(
    new Option("--users <source>", "whose users may come: ceph keeps the keys of Ceph's users")
      .choices(["accounts", "ceph"])
      .default("accounts"),
  )
  .option("--endpoint <url>", "the store's address; default: the usual port on this machine")
  .option("--domain <name>", "the host name that clients use, such as s3.example.org")
  .option("--out <directory>", "directory to write to", ".")
  .exitOverride(usageIs2)
  .action(async (options: InitOptions) => {
    const { runInit } = await import("./cli/init.ts");
    exit(runInit(options, terminal));
  });

program
  .command("check")
  .description("Report every problem of a configuration, without starting anything")
  .addHelpText("after", example("s3warden check --config gateway.yaml"))
  .addOption(configOption())
  .action(async (options: { config: string }) => {
    const { runCheck } = await import("./cli/check.ts");
    exit(runCheck(options, terminal));
  });

program
  .command("doctor")
  .description(
    "Check what the configuration depends on: store, credentials, Ceph, state, files, certificates",
  )
  .addHelpText("after", example("s3warden doctor --config gateway.yaml"))
  .addOption(configOption())
  .option("--json", "print JSON, one line for each answer")
  .exitOverride(usageIs2)
  .action(async (options: { config: string; json?: boolean }) => {
    const { runDoctor } = await import("./cli/doctor.ts");
    exit(await runDoctor(options, terminal));
  });

program
  .command("explain")
  .description("Show how a request would be decided, and why")
  .addHelpText(
    "after",
    example("s3warden explain --as lab:reader --request 'DELETE /photos/cat.jpg' --ip 192.0.2.7"),
  )
  .addOption(configOption())
  .option("--as <identity>", "account, account:subuser, role:NAME, or an access key id")
  .option("--session-name <name>", "of a session of the role")
  .option("--session-tags <name=value>", "of that session, may be repeated", collect, [])
  .option("--session-policy <file>", "of that session, JSON")
  .option("--anonymous", "a request without credentials")
  .option("--ip <address>", "the client's address; default: unknown")
  .option("--at <time>", "time of the request, ISO 8601; default: now")
  .option("--header <line>", "header as 'name: value'; can be repeated", collect, [])
  .option("--request <line>", "method and path, such as 'PUT /bucket/key?acl'")
  .option("--body <file>", "file with the request's body, if the decision depends on it")
  .option("--action <name>", "action such as s3:GetObject, with --resource")
  .option("--resource <arn>", "resource such as arn:aws:s3:::bucket/key")
  .option("--json", "print JSON")
  .exitOverride(usageIs2)
  .action(async (options: ExplainOptions) => {
    const { runExplain } = await import("./cli/explain.ts");
    exit(await runExplain(options, terminal));
  });

program
  .command("who-can")
  .description("List everybody who can do something, and under which conditions")
  .addHelpText("after", example("s3warden who-can s3:GetObject 'arn:aws:s3:::photos/*'"))
  .argument("<action>", "such as s3:GetObject")
  .argument("<resource>", "such as arn:aws:s3:::bucket/prefix*")
  .addOption(configOption())
  .option("--ip <address>", "only requests from this address; default: from anywhere")
  .option(
    "--under <condition...>",
    "only requests with it, such as s3:x-amz-acl=absent; behind the resource",
  )
  .option("--json", "print JSON")
  .exitOverride(usageIs2)
  .action(async (action: string, resource: string, options: WhoCanOptions) => {
    const { runWhoCan } = await import("./cli/who-can.ts");
    exit(await runWhoCan(action, resource, options, terminal));
  });

program
  .command("prove")
  .description("Prove claims for all requests, or show a request that breaks them")
  .argument("[claim...]", "such as 'nobody may s3:DeleteObjectVersion on *'")
  .addHelpText("after", example("s3warden prove 'nobody may s3:DeleteObjectVersion on *'"))
  .addOption(configOption())
  .option("--claims <file>", "file with claims, one per line")
  .option(
    "--no-new-access <old>",
    "the old gateway.yaml: show which access is new and which is gone",
  )
  .option("--dead", "show statements, tiers, networks and blocked actions that decide nothing")
  .option("--state", "with the bucket policies and shares that the state keeps")
  .option("--json", "print JSON")
  .exitOverride(usageIs2)
  .action(async (claims: readonly string[], options: ProveOptions) => {
    const { runProve } = await import("./cli/prove.ts");
    exit(await runProve(claims, options, terminal));
  });

program
  .command("adopt")
  .description("Record the owner of a bucket that existed before the gateway")
  .addHelpText("after", example("s3warden adopt photos --account lab"))
  .argument("<bucket>", "bucket, or tenant:bucket")
  .requiredOption("--account <name>", "the account that owns it")
  .option("--from <name>", "the account that owns it now; its bucket policy is removed")
  .option("--policy <file>", "policy for the bucket, if it has none")
  .addOption(configOption())
  .action(async (bucket: string, options: AdoptOptions) => {
    const { runAdopt } = await import("./cli/adopt.ts");
    exit(await runAdopt(bucket, options, terminal));
  });

const share = program
  .command("share")
  .addHelpText("after", example("s3warden share photos --with bob --permissions read"))
  .description("Let another user use a bucket, or list and revoke what is shared");

share
  .command("with", { isDefault: true, hidden: true })
  .argument("<bucket>", "bucket, or tenant:bucket")
  .requiredOption("--with <user>", "account, or account:subuser")
  .requiredOption("--permissions <name>", "read, write, readwrite, full, or another tier")
  .option("--until <time>", "when the share ends, ISO 8601; default: never")
  .addOption(configOption())
  .action(async (bucket: string, options: ShareOptions) => {
    const { runShare } = await import("./cli/share.ts");
    exit(await runShare(bucket, options, terminal));
  });

share
  .command("list")
  .description("List the users that a bucket is shared with")
  .argument("[bucket]", "bucket, or tenant:bucket; default: each bucket that is shared")
  .addOption(configOption())
  .action(async (bucket: string | undefined, options: { config: string }) => {
    const { runShareList } = await import("./cli/share.ts");
    exit(await runShareList(bucket, options, terminal));
  });

share
  .command("revoke")
  .description("Stop sharing a bucket with a user")
  .argument("<bucket>", "bucket, or tenant:bucket")
  .requiredOption("--with <user>", "account, or account:subuser")
  .addOption(configOption())
  .action(async (bucket: string, options: UnshareOptions) => {
    const { runUnshare } = await import("./cli/share.ts");
    exit(await runUnshare(bucket, options, terminal));
  });

program
  .command("replay")
  .description("List recorded requests that another configuration would decide differently")
  .addHelpText("after", example("s3warden replay --config new.yaml audit.jsonl"))
  .argument("<file...>", "audit files in chronological order; - is standard input")
  .addOption(configOption("the other gateway.yaml"))
  .option("--json", "print JSON")
  .exitOverride(usageIs2)
  .action(async (files: readonly string[], options: ReplayOptions) => {
    const { runReplay } = await import("./cli/replay.ts");
    exit(await runReplay(files, options, terminal));
  });

program
  .command("suggest")
  .description("Write the smallest policy that allows what an identity did")
  .addHelpText("after", example("s3warden suggest --as lab:reader audit.jsonl > reader.json"))
  .argument("<file...>", "audit files in chronological order; - is standard input")
  .requiredOption("--as <identity>", "account or account:subuser")
  .option("--provider <name>", "the access model to write for; default: that of --config, or aws")
  .option("--config <file>", "gateway.yaml, for its provider")
  .option("--include-denied", "include requests that were refused")
  .option("--exact", "name every key; do not generalize")
  .exitOverride(usageIs2)
  .action(async (files: readonly string[], options: SuggestOptions) => {
    const { runSuggest } = await import("./cli/suggest.ts");
    exit(await runSuggest(files, options, terminal));
  });

program
  .command("revoke")
  .description("End sessions of a role, of a name, or of a person")
  .addHelpText("after", example("s3warden revoke --role lab:writer"))
  .addOption(configOption())
  .option("--role <name>", "account:role, or a role's name in every account")
  .option("--session <name>", "the session's name, or its access key id")
  .option("--issuer <name>", "the issuer of the token that began the session")
  .option("--subject <sub>", "the subject (sub) of that token")
  .option("--before <time>", "only sessions that began earlier, ISO 8601; default: now")
  .exitOverride(usageIs2)
  .action(async (options: RevokeOptions) => {
    const { runRevoke } = await import("./cli/revoke.ts");
    exit(await runRevoke(options, terminal));
  });

program
  .command("login")
  .description("Log in at an issuer, and print a role's session for credential_process")
  .addHelpText(
    "after",
    example("s3warden login --issuer https://idp.example.org --role lab:reader"),
  )
  .requiredOption("--role <role>", "account:role, or the role's ARN")
  .option("--issuer <url>", "where to log in, in a browser: a URL, or a name in --config")
  .option("--token-file <file>", "no login: the file holds a token of the issuer")
  .option("--endpoint <url>", "where the gateway serves STS; default: AWS_ENDPOINT_URL_STS")
  .option("--client-id <id>", "as which the issuer knows s3warden", "s3warden")
  .option("--scope <scopes>", "what is asked of the issuer", "openid")
  .option("--session-name <name>", "name in the audit log; default: your user name")
  .option("--duration <time>", "how long the session lasts, 15m to 12h; default: STS's")
  .option("--config <file>", "gateway.yaml, for the names of its issuers", "gateway.yaml")
  .exitOverride(usageIs2)
  .action(async (options: LoginOptions) => {
    const { runLogin } = await import("./cli/login.ts");
    exit(await runLogin(options, terminal, process.env));
  });

program
  .command("keygen")
  .description("Generate pairs of access key and secret key")
  .addHelpText("after", example("s3warden keygen --count 2"))
  .option("--count <number>", "number of pairs", wholeNumber(1, 10_000), 1)
  .option("--sealing", "generate secrets for sts.keys instead, which seal session tokens")
  .action(async (options: { count: number; sealing?: boolean }) => {
    const { runKeygen } = await import("./cli/keygen.ts");
    exit(runKeygen(options, terminal));
  });

program
  .command("keys")
  .description(
    "List the keys of the accounts files: whose, when they expire, when they were last used",
  )
  .addHelpText("after", example("s3warden keys --unused 90d audit.jsonl"))
  .argument("[file...]", "audit files, which tell when a key was last used")
  .addOption(configOption())
  .option("--soon <time>", "only keys that expire within this time, such as 7d, or have expired")
  .option("--unused <time>", "only keys that were not used for this time")
  .option("--json", "for tools, a line for each key")
  .exitOverride(usageIs2)
  .action(async (files: readonly string[], options: KeysOptions) => {
    const { runKeys } = await import("./cli/keys.ts");
    exit(await runKeys(files, options, terminal));
  });

program
  .command("tail")
  .description("Follow the audit log, one line for each request")
  .addHelpText("after", example("s3warden tail --denied --as lab:reader"))
  .argument(
    "[file...]",
    "audit files; - is standard input; absent: log.audit.file of the configuration",
  )
  .option("--config <file>", "gateway.yaml, for its log.audit.file")
  .option("--as <identity>", "only requests of account, account:subuser or anonymous")
  .option("--bucket <name>", "only requests for this bucket")
  .option("--operation <name>", "only this operation, such as GetObject; can end with *")
  .option("--denied", "only refused requests")
  .option("--failed", "only failures of the store or the gateway")
  .option("--ip <address>", "only requests from this address")
  .option("--request-id <id>", "only the request with this id, which errors show")
  .option("--lines <number>", "number of last lines to show first", wholeNumber(0, 100_000), 10)
  .option("--no-follow", "stop at the end of the files")
  .option("--json", "print the lines unchanged")
  .exitOverride(usageIs2)
  .action(async (files: readonly string[], options: TailOptions) => {
    const { runTail } = await import("./cli/tail.ts");
    // A reader on a pipe, such as `head`, may have seen enough.
    process.stdout.once("error", () => process.exit(0));
    exit(await runTail(files, options, terminal));
  });

program
  .command("completion")
  .description("Print a script that completes commands and options in a shell")
  .addHelpText("after", example("s3warden completion bash > /etc/bash_completion.d/s3warden"))
  .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
  .action(async (shell: Shell) => {
    const { completion } = await import("./cli/completion.ts");
    terminal.stdout(completion(program, shell));
  });

await program.parseAsync();

function example(line: string): string {
  return `\nExample:\n  ${line}\n`;
}

/**
 * Ends with 2 on wrong usage, for commands whose 1 is an answer. `error` was printed; help ends
 * with 0.
 */
function usageIs2({ exitCode }: CommanderError): never {
  process.exit(exitCode === 0 ? 0 : 2);
}

/**
 * Sets the exit code. Output may still be on its way through a pipe, so the process ends by itself.
 */
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
