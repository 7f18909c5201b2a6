import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { TemporaryKey } from "./role-session.ts";

/** Nobody gets a key that ends within this time. */
const LEFT_MS_MIN = 60_000;

const KeySchema = z.strictObject({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string(),
  expiration: z.iso.datetime(),
});

/** The file in which the key of a login is kept; `login`: all that makes it another login. */
export function keptKeyFile(
  login: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string {
  const cache = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  const name = createHash("sha256").update(JSON.stringify(login)).digest("hex").slice(0, 32);
  return join(cache, "s3warden", `login-${name}.json`);
}

/** The key that is kept there, if it is of use for a while; a file that is damaged has none. */
export function keptKey(file: string, nowMs: number): TemporaryKey | undefined {
  try {
    const kept = KeySchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    if (!kept.success) return undefined;
    return Date.parse(kept.data.expiration) - nowMs > LEFT_MS_MIN ? kept.data : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the key where only its owner reads it. Throws if it cannot be written. */
export function keepKey(file: string, key: TemporaryKey): void {
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  // Another name first: whoever reads meanwhile gets a whole file, and an old one lends no mode.
  const beside = `${file}.${randomBytes(6).toString("hex")}`;
  writeFileSync(beside, JSON.stringify(key), { mode: 0o600, flag: "wx" });
  renameSync(beside, file);
}
