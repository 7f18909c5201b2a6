import { appendFileSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { isSafeUrl } from "../config/issuers.ts";
import { parseDuration } from "../config/scalars.ts";
import { loadConfig } from "../life/load.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { messageOf } from "../lib/words.ts";
import { tokenByDevice, type DeviceCode } from "../login/device-token.ts";
import { keepKey, keptKey, keptKeyFile } from "../login/kept-key.ts";
import { beginSession, type RoleRequest, type TemporaryKey } from "../login/role-session.ts";
import type { Terminal } from "./terminal.ts";

export type LoginOptions = {
  /** A URL, or the name of an issuer in the configuration. */
  readonly issuer?: string;
  readonly tokenFile?: string;
  readonly role: string;
  readonly endpoint?: string;
  readonly clientId: string;
  readonly scope: string;
  readonly sessionName?: string;
  readonly duration?: string;
  readonly config: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `s3warden login`: begins a session of a role by a person's login, or by a token in a file, and prints
 * it as `credential_process` of the AWS SDKs has it. The session is kept until it ends. Returns the exit
 * code: 0 done, 1 not, 2 for options that cannot be.
 */
export async function runLogin(
  options: LoginOptions,
  terminal: Terminal,
  env: Environment,
): Promise<0 | 1 | 2> {
  const wanted = wantedLogin(options, env);
  if (!wanted.ok) {
    terminal.stderr(`Cannot log in: ${wanted.error}\n`);
    return 2;
  }
  const key = await keyFor(wanted.value, terminal, env);
  if (key.ok) terminal.stdout(`${processOutput(key.value)}\n`);
  else terminal.stderr(`Cannot log in: ${key.error}\n`);
  return key.ok ? 0 : 1;
}

/** The source of the token. */
type Source =
  | { readonly kind: "file"; readonly file: string }
  | {
      readonly kind: "device";
      readonly issuer: string;
      readonly clientId: string;
      readonly scope: string;
    };

type Login = { readonly source: Source; readonly request: RoleRequest };

function wantedLogin(options: LoginOptions, env: Environment): Result<Login, string> {
  const endpoint = options.endpoint ?? env["AWS_ENDPOINT_URL_STS"] ?? env["AWS_ENDPOINT_URL"];
  if (endpoint === undefined) return err("say where the gateway is: --endpoint https://…");
  if (!isSafeUrl(endpoint)) return err(`--endpoint: got "${endpoint}", expected ${SAFE}`);
  const roleArn = arnOf(options.role);
  if (roleArn === undefined) {
    return err(`--role: got "${options.role}", expected account:role or the role's ARN`);
  }
  const sessionName = options.sessionName ?? ownName();
  if (!SESSION_NAME.test(sessionName)) {
    return err(`--session-name: got "${sessionName}", expected 2 to 64 of A-Z a-z 0-9 _+=,.@-`);
  }
  const duration = options.duration === undefined ? ok(undefined) : secondsOf(options.duration);
  if (!duration.ok) return duration;
  const durationSeconds = duration.value;
  const source = sourceOf(options);
  if (!source.ok) return source;
  return ok({ source: source.value, request: { endpoint, roleArn, sessionName, durationSeconds } });
}

/** STS refuses any other ("AssumeRoleWithWebIdentity", DurationSeconds), but only after the login. */
function secondsOf(text: string): Result<number, string> {
  const duration = parseDuration(text);
  if (!duration.ok) return err(`--duration: ${duration.error}`);
  const seconds = Math.floor(duration.value / 1_000);
  const isPossible = seconds >= SESSION_SECONDS_MIN && seconds <= SESSION_SECONDS_MAX;
  return isPossible ? ok(seconds) : err(`--duration: got "${text}", expected 15m to 12h`);
}

const SESSION_SECONDS_MIN = 900;
const SESSION_SECONDS_MAX = 43_200;
const SAFE = "https://…; http:// only for 127.0.0.1, [::1] and localhost";
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;

function sourceOf(options: LoginOptions): Result<Source, string> {
  const { issuer, tokenFile: file, clientId, scope } = options;
  if ((issuer === undefined) === (file === undefined)) {
    return err(`give --issuer or --token-file${file === undefined ? "" : ", and not both"}`);
  }
  if (file !== undefined) return ok({ kind: "file", file });
  const url = issuerUrl(issuer ?? "", options.config);
  return url.ok ? ok({ kind: "device", issuer: url.value, clientId, scope }) : url;
}

function issuerUrl(issuer: string, file: string): Result<string, string> {
  if (/^https?:/.test(issuer)) {
    return isSafeUrl(issuer) ? ok(issuer) : err(`--issuer: got "${issuer}", expected ${SAFE}`);
  }
  const { result } = loadConfig(file);
  if (!result.ok)
    return err(`--issuer: "${issuer}" is no URL, and ${file} is no good configuration`);
  const { issuers } = result.value;
  const found = issuers.find(({ name }) => name === issuer);
  if (found !== undefined) return ok(found.url);
  const names = issuers.map(({ name }) => name);
  const known = names.length === 0 ? "it has none" : `known: ${names.join(", ")}`;
  return err(`--issuer: ${file} has no issuer "${issuer}"; ${didYouMean(issuer, names, known)}`);
}

function arnOf(role: string): string | undefined {
  if (/^arn:aws(?:-cn|-us-gov)?:iam::[^:/]+:role\/.+$/.test(role)) return role;
  const [, account, name] = /^([^:/]+):([^:/]+)$/.exec(role) ?? [];
  return account === undefined ? undefined : `arn:aws:iam::${account}:role/${name}`;
}

/** The audit log shows it: whoever is logged in at this machine. */
function ownName(): string {
  const name = userInfo()
    .username.replaceAll(/[^\w+=,.@-]/g, "-")
    .slice(0, 64);
  return name.length < 2 ? "login" : name;
}

async function keyFor(
  { source, request }: Login,
  terminal: Terminal,
  env: Environment,
): Promise<Result<TemporaryKey, string>> {
  const { endpoint, roleArn, sessionName, durationSeconds = 0 } = request;
  const about = [endpoint, roleArn, sessionName, `${durationSeconds}`];
  const file = keptKeyFile([...about, ...Object.values(source)], env);
  const kept = keptKey(file, Date.now());
  if (kept !== undefined) return ok(kept);
  const token = source.kind === "file" ? tokenIn(source.file) : await tokenByDevice(source, tell);
  if (!token.ok) return token;
  const key = await beginSession(request, token.value);
  if (!key.ok) return key;
  try {
    keepKey(file, key.value);
  } catch (error) {
    terminal.stderr(`The session is not kept for the next time: ${messageOf(error)}\n`);
  }
  return key;

  function tell({ url, code }: DeviceCode): void {
    const text = `To log in, open ${url} and confirm the code ${code}\n`;
    terminal.stderr(text);
    // SDKs show nothing of what a credential_process complains of.
    if (terminal.isInteractive !== true) tellTerminal(text);
  }
}

function tellTerminal(text: string): void {
  try {
    appendFileSync("/dev/tty", text);
  } catch {
    // There is none: whoever started it reads stderr, or nobody can.
  }
}

function tokenIn(file: string): Result<string, string> {
  try {
    const token = readFileSync(file, "utf8").trim();
    return token === "" ? err(`--token-file: ${file} is empty`) : ok(token);
  } catch (error) {
    return err(`--token-file: ${messageOf(error)}`);
  }
}

/** "Sourcing credentials with an external process" (AWS SDKs and Tools Reference Guide). */
function processOutput(key: TemporaryKey): string {
  return JSON.stringify({
    Version: 1,
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    SessionToken: key.sessionToken,
    Expiration: key.expiration,
  });
}
