/**
 * The small languages inside configuration strings. Each reader takes the text and returns the
 * value, or the expected form: a sentence that does not quote the text, since it may be a secret.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { parseInstantText } from "../policy/values.ts";
import { isPersonName } from "../provider/directory-name.ts";
import { parseBucket, type BucketName } from "../s3/address.ts";
import { SEALING_KEY_BYTES } from "../session/seal.ts";

/** The address at which a server listens: `host` is an address or a name, without brackets. */
export type SocketAddress = { readonly host: string; readonly port: number };

/** A socket in the file system; `mode`: who may connect, as of a file. */
export type UnixSocket = { readonly path: string; readonly mode: number };

/** The address of a syslog collector, and its transport. */
export type SyslogAddress = SocketAddress & { readonly transport: "tcp" | "tls" | "udp" };

/** One way to the store. */
export type StoreEndpoint = {
  /** Scheme, host and port, such as `http://127.0.0.1:7480`. */
  readonly origin: string;
  /** The endpoint in `Host`: the port only if it is not the scheme's own. */
  readonly authority: string;
};

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["kB", 1000],
  ["KB", 1000],
  ["MB", 1000 ** 2],
  ["GB", 1000 ** 3],
  ["TB", 1000 ** 4],
  ["KiB", 1024],
  ["MiB", 1024 ** 2],
  ["GiB", 1024 ** 3],
  ["TiB", 1024 ** 4],
]);

/** `500ms`, `30s`, `5m`, `1h`, `7d` in milliseconds. */
export function parseDuration(text: string): Result<number, string> {
  return quantity(text, DURATION_UNITS, "a duration such as 500ms, 30s, 5m, 1h or 7d");
}

/** `512B`, `64KiB`, `1MB`, `5GiB` in bytes. */
export function parseSize(text: string): Result<number, string> {
  return quantity(text, SIZE_UNITS, "a size such as 512B, 64KiB, 1MB or 5GiB");
}

/** A whole number and its unit, without a space: the unit is never guessed. */
function quantity(
  text: string,
  units: ReadonlyMap<string, number>,
  expected: string,
): Result<number, string> {
  const match = /^(\d{1,15})([A-Za-z]{1,3})$/.exec(text);
  const unit = units.get(match?.[2] ?? "");
  if (match === null || unit === undefined) return err(`Expected ${expected}`);
  const value = Number(match[1]) * unit;
  return Number.isSafeInteger(value)
    ? ok(value)
    : err(`Expected ${expected}, but the value is too large`);
}

/** `0.0.0.0:8080`, `[::1]:8080`, `localhost:0` (port 0: any free one). */
export function parseSocketAddress(text: string): Result<SocketAddress, string> {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    return err("Expected an address and a port such as 0.0.0.0:8080 or [::]:8080");
  }
  return ok({ host, port });
}

/** Bytes of a socket's path at most: 108 with the zero behind it (unix(7)), and 104 on macOS. */
const SOCKET_PATH_BYTES_MAX = 103;

/**
 * Reads what `parseSocketAddress()` reads, or `unix:/run/s3warden/admin.sock`, and returns its
 * path.
 */
export function parseAdminAddress(text: string): Result<SocketAddress | string, string> {
  if (!text.startsWith("unix:")) {
    const address = parseSocketAddress(text);
    return address.ok ? address : err(`${address.error}, or unix: and a path`);
  }
  const path = text.slice("unix:".length);
  if (path === "" || path.endsWith("/") || path.includes("\0")) {
    return err("Expected a path after unix: such as unix:/run/s3warden/admin.sock");
  }
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return ok(path);
  return err(`Expected a path of at most ${SOCKET_PATH_BYTES_MAX} bytes after unix:`);
}

/** `tls:syslog.example.org:6514`, `tcp:127.0.0.1:601`, `udp:127.0.0.1:514`. */
export function parseSyslogAddress(text: string): Result<SyslogAddress, string> {
  const transport = text.slice(0, 4);
  const address = parseSocketAddress(text.slice(4));
  if (address.ok && address.value.port > 0) {
    if (transport === "tcp:") return ok({ transport: "tcp", ...address.value });
    if (transport === "tls:") return ok({ transport: "tls", ...address.value });
    if (transport === "udp:") return ok({ transport: "udp", ...address.value });
  }
  return err("Expected tls:, tcp: or udp:, a host and a port such as tcp:127.0.0.1:601");
}

/** The URL of a receiver of HTTP. A credential in it would stand in every error about it. */
export function parseWebhookUrl(text: string): Result<string, string> {
  const expected = "Expected http:// or https://, a host and perhaps a path";
  if (!/^https?:\/\/[^\s#\\]+$/.test(text) || !URL.canParse(text)) return err(expected);
  const { username, password } = new URL(text);
  if (username + password === "") return ok(text);
  return err(`${expected}, without a user and a password`);
}

/** Reads the text that is sent as a bearer token (RFC 6750, 2.1). */
export function parseBearerToken(text: string): Result<string, string> {
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(text)) return ok(text);
  return err("Expected a token of letters, digits and any of . _ ~ + / - =");
}

/** The mode of a file as chmod takes it, such as `0660`; in octal, whether or not a 0 is in front. */
export function parseMode(text: string): Result<number, string> {
  if (/^0?[0-7]{3}$/.test(text)) return ok(Number.parseInt(text, 8));
  return err('Expected the mode of a file such as "0660"');
}

/**
 * `http://host:port` or `https://host` and nothing behind it: a path in front of every request
 * would not be the path that was signed. This is the operator's text, never a client's target.
 */
export function parseEndpoint(text: string): Result<StoreEndpoint, string> {
  const expected = err("Expected http:// or https://, a host and perhaps a port, and no path");
  if (!/^https?:\/\/[^/?#@\\\s]+$/.test(text) || !URL.canParse(text)) return expected;
  const { origin, host } = new URL(text);
  // URL takes characters that no host name has, and that other texts would give a meaning.
  return /^[a-z0-9._:[\]-]+$/.test(host) ? ok({ origin, authority: host }) : expected;
}

/** A host name below which labels are buckets, in lower case (RFC 1123 section 2.1). */
export function parseDomain(text: string): Result<string, string> {
  const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
  if (text.length <= 253 && text.split(".").every((part) => label.test(part))) return ok(text);
  return err("Expected a host name in lower case such as s3.example.org");
}

/** Reads `*.s3.example.org` and returns `s3.example.org`: the star stands for an account. */
export function parseAccountDomain(text: string): Result<string, string> {
  const domain = text.startsWith("*.") ? parseDomain(text.slice(2)) : undefined;
  return domain?.ok === true ? domain : err("Expected a host name such as *.s3.example.org");
}

/** An ISO 8601 date (midnight UTC) or a time with its zone, in milliseconds since the epoch. */
export function parseInstant(text: string): Result<number, string> {
  // Policies also take a month, a year, and seconds since the epoch.
  const instant = /^\d{4}-\d\d-\d\d/.test(text) ? parseInstantText(text) : undefined;
  if (instant !== undefined) return ok(instant);
  return err("Expected a date such as 2027-01-31 or 2027-01-31T00:00:00Z");
}

/** A region as it stands in a credential scope, `ID/date/REGION/s3/aws4_request`. */
export function parseRegion(text: string): Result<string, string> {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return ok(text);
  return err("Expected a region such as us-east-1");
}

/** The half of a key pair that is sent: it stands in `Credential=ID/date/…`, up to a comma. */
export function parseAccessKey(text: string): Result<string, string> {
  if (/^[!-+\-.0-~]{1,128}$/.test(text)) return ok(text);
  return err("Expected 1 to 128 visible ASCII characters without a comma or a slash");
}

/** A session token, which is sent to the store as a header. */
export function parseSessionToken(text: string): Result<string, string> {
  const secret = parseSecret(text);
  if (!secret.ok || /^[\x21-\x7e]+$/.test(text)) return secret;
  return err("A session token must be visible ASCII characters, because it is sent as a header");
}

/** The half of a key pair that is not sent. */
export function parseSecret(text: string): Result<string, string> {
  if (text === "") return err("Expected a secret, but it is empty");
  // A space or line break at an end was not meant, and the signatures would never match. A line
  // break inside would also forge the names under which the key ring keeps signing keys.
  if (text.trim() !== text || /\p{Cc}/u.test(text)) {
    return err("A secret must not contain line breaks, or begin or end with white space");
  }
  return ok(text);
}

/** A sealing key of sessions: 32 bytes in base64url, as `s3warden keygen --sealing` writes them. */
export function parseSealingKey(text: string): Result<string, string> {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length === SEALING_KEY_BYTES && bytes.toString("base64url") === text) return ok(text);
  return err("Expected 43 characters as s3warden keygen --sealing writes them");
}

/** The id of a sealing key, which stands in every token that is sealed under it. */
export function parseSealingKeyId(text: string): Result<string, string> {
  if (/^[A-Za-z0-9_-]{1,16}$/.test(text)) return ok(text);
  return err("Expected 1 to 16 letters, digits, _ and -");
}

/** The name of a role, which stands in its ARN ("CreateRole", IAM API Reference). */
export function parseRoleName(text: string): Result<string, string> {
  if (/^[A-Za-z0-9_.@+=-]{1,64}$/.test(text)) return ok(text);
  return err("Expected 1 to 64 letters, digits and any of _ . @ + = -");
}

/** `bucket` or `tenant:bucket`, as in a path. */
export function parseBucketName(text: string): Result<BucketName, string> {
  const bucket = text.includes("%") ? undefined : parseBucket(text);
  return bucket?.ok === true ? bucket : err("Expected the name of a bucket, or tenant:bucket");
}

/** Reads the name of an account: of Ceph's users `user`, and `tenant$user` if the two differ. */
export function parseAccountName(text: string): Result<string, string> {
  const parts = text.split("$");
  const names = parts.map(parsePrincipalName);
  const wrong = names.find((name) => !name.ok);
  if (parts.length <= 2 && wrong === undefined) return ok(text);
  return wrong ?? err("Expected one $ at most, between a tenant of Ceph and its user");
}

/**
 * Reads the same, or a directory's name of one user, which `attributes.ts` refuses if there is
 * none.
 */
export function parseDirectoryAccount(text: string): Result<string, string> {
  const name = parseAccountName(text);
  if (name.ok || text.includes("$") || !isPersonName(text)) return name;
  return ok(text);
}

/** Reads a tenant of Ceph; empty for none. */
export function parseTenant(text: string): Result<string, string> {
  if (/^[A-Za-z0-9_-]{0,128}$/.test(text)) return ok(text);
  return err("Expected a tenant of letters, digits, _ and -, or nothing for no tenant");
}

/** The name of an account or subuser; `account:subuser` is how `explain` names them together. */
export function parsePrincipalName(text: string): Result<string, string> {
  if (/^[A-Za-z0-9_.@+=-]{1,128}$/.test(text)) return ok(text);
  return err("Expected a name of letters, digits and any of _ . @ + = -");
}
