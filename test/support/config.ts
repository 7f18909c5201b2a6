import { readFileSync } from "node:fs";
import type { Config } from "../../src/config/config.ts";
import type { SocketAddress } from "../../src/config/scalars.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import type { Problem } from "../../src/lib/problem.ts";
import { err, ok, type Result } from "../../src/lib/result.ts";

/** The text of config/providers/NAME.yaml. */
export function shippedProvider(name: string): { file: string; text: string } {
  const url = new URL(`../../config/providers/${name}.yaml`, import.meta.url);
  return { file: `${name}.yaml`, text: readFileSync(url, "utf8") };
}

/** The smallest valid configuration; tests put something before or after it. */
export const GATEWAY = `upstream: { endpoints: ["http://store:7480"], store: ceph }
identities: [{ accounts: accounts.yaml }]
`;

/** The time at which tests read configurations. */
const NOW_MS = Date.parse("2026-11-22T12:00:00Z");

export const ACCOUNTS = "accounts: []\n";

/** Parses `gateway.yaml` of `files` (name to text), with `env` as the environment. */
function parseFiles(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Result<Config, readonly Problem[]> {
  const all: Readonly<Record<string, string>> = { "accounts.yaml": ACCOUNTS, ...files };
  return parseConfig(all["gateway.yaml"] ?? GATEWAY, "gateway.yaml", {
    read: (path) => {
      const text = all[path];
      return text === undefined ? err("no such file") : ok(text);
    },
    env: (name) => env[name],
    provider: shippedProvider,
    nowMs: NOW_MS,
  });
}

/** Returns the configuration, if the test is not about problems. */
export function goodConfig(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Config {
  const result = parseFiles(files, env);
  if (result.ok) return result.value;
  throw new Error(`Expected a good configuration: ${JSON.stringify(result.error)}`);
}

/**
 * Returns the problems as `file:line:column path: message
 * remedy`.
 */
export function problemsOf(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): readonly string[] {
  const result = parseFiles(files, env);
  return result.ok ? [] : told(result.error);
}

/** Returns the warnings of a good configuration, in the same form. */
export function warningsOf(files: Readonly<Record<string, string>>): readonly string[] {
  return told(goodConfig(files).warnings);
}

function told(problems: readonly Problem[]): readonly string[] {
  return problems.map(
    ({ file, line, column, path, message, remedy }) =>
      `${file}:${line}:${column} ${path}: ${message}${remedy === "" ? "" : ` | ${remedy}`}`,
  );
}

/** Returns the address of the operators' port, of a configuration that has one. */
export function adminPlace({ address }: Config["admin"]): SocketAddress {
  if ("path" in address) throw new Error("Expected a port, not a socket");
  return address;
}
