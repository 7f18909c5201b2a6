import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.ts";
import { parseConfig } from "../config/parse-config.ts";
import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { keptClaims } from "../prove/kept-claims.ts";
import { isDescriptor } from "./descriptor.ts";
import { fingerprint } from "./watch.ts";

/** A configuration, and every file it was made of. Plain data, fit to go from process to process. */
export type Loaded = {
  readonly result: Result<Config, readonly Problem[]>;
  /**
   * The files by path in the order read, each with its `fingerprint()` from before it was read.
   * Also those that could not be read, since one of them may come to be.
   */
  readonly files: ReadonlyMap<string, string>;
};

/**
 * Reads `file` (gateway.yaml, relative to the working directory) and all it names. `proves`: whether a
 * configuration that breaks one of its claims (`reload.claims`) is a bad one.
 */
export function loadConfig(file: string, proves = true): Loaded {
  const files = new Map<string, string>();
  const read = (path: string): Result<string, string> => {
    if (!files.has(path)) files.set(path, fingerprint(path));
    return isDescriptor(path) ? err(NO_FILE) : readText(path);
  };
  files.set(file, fingerprint(file));
  // Unlike a gateway, a command that reads it once can take it from another program.
  const text = readText(file);
  const surroundings = { read, env, provider: shippedProvider, nowMs: Date.now() };
  const result = text.ok
    ? parseConfig(text.value, file, surroundings)
    : err([notReadable(file, text.error)]);
  return { result: proves && result.ok ? withClaims(result.value, read) : result, files };
}

function withClaims(
  config: Config,
  read: (path: string) => Result<string, string>,
): Loaded["result"] {
  const { claims } = config.reload;
  if (claims === undefined) return ok(config);
  const text = read(claims);
  if (!text.ok) return err([notReadable(claims, text.error)]);
  const atMs = Date.now();
  const kept = keptClaims(config, claims, text.value, atMs);
  if (!kept.ok) return kept;
  // Goes on with the configuration, so that bucket policies are judged by the same claims.
  const reload = { ...config.reload, claimsText: text.value };
  return ok({ ...config, reload, proved: { file: claims, atMs, ...kept.value } });
}

/** Reads one of the access models that are shipped with the code. */
export function shippedProvider(name: string): { readonly file: string; readonly text: string } {
  const file = fileURLToPath(new URL(`../../config/providers/${name}.yaml`, import.meta.url));
  return { file, text: readFileSync(file, "utf8") };
}

/** Returns a variable only if it is set: `process.env` also answers to `toString`. */
function env(name: string): string | undefined {
  return Object.hasOwn(process.env, name) ? process.env[name] : undefined;
}

function readText(path: string): Result<string, string> {
  try {
    return ok(UTF8.decode(readFileSync(path)));
  } catch (error) {
    if (error instanceof TypeError) return err("it is not UTF-8 text");
    if (error instanceof Error && "code" in error)
      return err(REASONS.get(error.code) ?? String(error.code));
    throw error;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "no such file"],
  ["EACCES", "permission denied"],
  ["EISDIR", "it is a directory"],
]);

const NO_FILE = "it is a descriptor, not a file that a reload can read again";

function notReadable(file: string, reason: string): Problem {
  const message = `Cannot read "${file}": ${reason}`;
  return { file, line: undefined, column: undefined, path: "", message, remedy: "" };
}
