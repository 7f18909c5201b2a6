import { z } from "zod";
import { err, ok, type Result } from "../lib/result.ts";
import { isSafeUrl } from "./issuers.ts";
import { parseAccessKey, parseAccountName, parseEndpoint, parseSecret } from "./scalars.ts";
import { duration, someText, text } from "./shape.ts";

/**
 * Returns the settings of how long and how many keys of a source are remembered. `source`: its name
 * in a description.
 */
function memory(source: string) {
  return {
    cache: duration("1s", "1d")
      .prefault("60s")
      .describe(`The time for which a key is cached; changes in ${source} take effect within it`),
    stale: duration("0s", "7d")
      .prefault("10m")
      .describe(
        `The additional time for which a cached key is valid while ${source === "Ceph" ? "RGW" : source} does not respond`,
      ),
    entries: z
      .int()
      .min(1)
      .max(10_000_000)
      .prefault(100_000)
      .describe("Maximum number of cached keys"),
  };
}

/** `ceph:` of an item of `identities`. */
export const CephSchema = z.strictObject({
  endpoint: text(parseEndpoint).describe(
    "An RGW that serves the Admin Ops API, such as http://rgw:7480",
  ),
  accessKey: text(parseAccessKey).describe(
    'The access key of a user with the capability "users=read"',
  ),
  secretKey: text(parseSecret),
  ...memory("Ceph"),
  caFile: someText()
    .optional()
    .describe("File with the CA certificates for an https endpoint, PEM"),
});

/** `http:` of an item of `identities`. */
export const DirectorySchema = z.strictObject({
  url: text(parseDirectoryUrl).describe(
    "Keys are asked for below it, as GET url/ACCESSKEY; https://, or http:// for this machine only",
  ),
  token: text(parseToken)
    .optional()
    .describe("A bearer token to ask with; absent: none, or the one in tokenFile"),
  tokenFile: someText()
    .optional()
    .describe("File with the bearer token, read anew for each question"),
  clientCertificate: z
    .strictObject({
      cert: someText().describe("File with the certificate chain, PEM"),
      key: someText().describe("File with the private key, PEM, not encrypted"),
    })
    .optional()
    .describe("The client certificate to ask with"),
  caFile: someText()
    .optional()
    .describe("File with the CA certificates for an https url, PEM; absent: the system's"),
  accounts: z
    .array(text(parseAccountPattern))
    .min(1)
    .optional()
    .describe(
      "Accounts that it may give keys for; team-* is every name that begins so, and in no accounts file; absent: every account of no accounts file",
    ),
  ...memory("the directory"),
});

/**
 * `https://host/path` without a slash at the end, or `http://` for an address of this machine: the
 * secrets of all keys come from there.
 */
function parseDirectoryUrl(written: string): Result<string, string> {
  const isPlain = isSafeUrl(written) && !/[?#]/.test(written) && written.length <= 512;
  // A URL that the parser changes would be asked for somewhere else than it is written.
  if (isPlain && new URL(written).href.replace(/\/$/, "") === written.replace(/\/$/, "")) {
    return ok(written.replace(/\/$/, ""));
  }
  return err(
    "Expected https://, a host and perhaps a path, without ? and #; http:// only for 127.0.0.1, [::1] and localhost",
  );
}

/** A bearer token (RFC 6750 section 2.1), which is sent as a header. */
function parseToken(written: string): Result<string, string> {
  if (/^[\x21-\x7e]{1,8192}$/.test(written)) return ok(written);
  return err("Expected a token of visible ASCII characters");
}

/** Reads the name of an account, or the beginning of several with `*` after it. */
function parseAccountPattern(written: string): Result<string, string> {
  const name = written.endsWith("*") ? written.slice(0, -1) : written;
  if (written === "*" || parseAccountName(name).ok) return ok(written);
  return err("Expected the name of an account, or the beginning of names and *, such as team-*");
}
