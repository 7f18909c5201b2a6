import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import type { Config } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { parseDuration } from "../../src/config/scalars.ts";
import { err, ok } from "../../src/lib/result.ts";
import { shippedProvider } from "./config.ts";

/** The source's folder, and deploy/ in it. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const DEPLOY = fileURLToPath(new URL("../../deploy/", import.meta.url));

/** The folder of the configuration in the image, and for the systemd unit. */
export const CONFIG_FOLDER = "/etc/s3warden";

/** The text of a file below deploy/. */
export function deployText(path: string): string {
  return readFileSync(`${DEPLOY}${path}`, "utf8");
}

/** All documents of a YAML text. */
export function documentsIn(text: string): readonly unknown[] {
  return parseAllDocuments(text).map((document): unknown => document.toJS());
}

/**
 * Returns the value in `tree` at a path such as `spec/ports/0/name`; `undefined` if there is none.
 */
export function at(tree: unknown, path: string): unknown {
  let here = tree;
  for (const name of path.split("/")) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, name)) return undefined;
    here = Reflect.get(here, name);
  }
  return here;
}

/** Returns the same value; throws if it is not a text, a number or a list. */
export function textAt(tree: unknown, path: string): string {
  const value = at(tree, path);
  if (typeof value === "string") return value;
  throw new Error(`Expected a text at ${path}: got ${JSON.stringify(value)}`);
}

export function numberAt(tree: unknown, path: string): number {
  const value = at(tree, path);
  if (typeof value === "number") return value;
  throw new Error(`Expected a number at ${path}: got ${JSON.stringify(value)}`);
}

/** Returns the list at `path`, empty if there is nothing. */
export function listAt(tree: unknown, path: string): readonly unknown[] {
  const value: unknown = at(tree, path) ?? [];
  if (Array.isArray(value)) return value;
  throw new Error(`Expected a list at ${path}: got ${JSON.stringify(value)}`);
}

/** Returns the entries of a map of texts, empty if there is nothing. */
export function textsAt(tree: unknown, path: string): Readonly<Record<string, string>> {
  const entries = Object.entries(at(tree, path) ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/**
 * Returns the result of `s3warden check` for /etc/s3warden/gateway.yaml if `files` are mounted, by
 * their whole paths. Throws if it finds a problem.
 */
export function mountedConfig(
  files: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string>> = {},
): Config {
  const file = `${CONFIG_FOLDER}/gateway.yaml`;
  const result = parseConfig(files.get(file) ?? "", file, {
    read: (path) => {
      const text = files.get(path);
      return text === undefined ? err("no such file") : ok(text);
    },
    env: (name) => env[name],
    provider: shippedProvider,
    nowMs: Date.now(),
  });
  if (result.ok) return result.value;
  throw new Error(`Expected a good configuration: ${JSON.stringify(result.error, undefined, 2)}`);
}

/** Returns the longest time that a gateway with this gateway.yaml takes to end, in seconds. */
export function drainSeconds(gatewayYaml: string): number {
  const tree: unknown = parse(gatewayYaml);
  const parts = [textAt(tree, "limits/drainDelay"), textAt(tree, "limits/drainTimeout")];
  return parts.map(milliseconds).reduce((sum, ms) => sum + ms, 0) / 1000;
}

function milliseconds(text: string): number {
  const duration = parseDuration(text);
  if (duration.ok) return duration.value;
  throw new Error(`Expected a duration: got "${text}"`);
}
