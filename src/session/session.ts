import { hash } from "node:crypto";

/**
 * The content of a session token. Everything in it was true when the session began; the
 * configuration of the role (its tier, its networks) is read anew with every request.
 */
export type Session = {
  /** The temporary key: 20 characters, the first of which are `SESSION_KEY_PREFIX`. */
  readonly accessKeyId: string;
  readonly secret: string;
  readonly account: string;
  readonly holder: SessionHolder;
  /** Milliseconds since the epoch, in whole seconds. It is good until before `expiresMs`. */
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** The tags by name as given, at most one for each name in lower case. */
  readonly tags: ReadonlyMap<string, string>;
  /** Names of `tags` that also stand in sessions that this session begins. */
  readonly transitiveTags: readonly string[];
  /** The session policy's JSON, without the space between its tokens. */
  readonly policy: string | undefined;
  readonly sourceIdentity: string | undefined;
  /** The identity whose token proved the caller; `undefined` if a key did. */
  readonly federated: Federated | undefined;
};

/** The user or role that the session acts for. */
export type SessionHolder =
  /** AssumeRole. `session`: the session's name, as the caller chose it. */
  | { readonly kind: "role"; readonly role: string; readonly session: string }
  /**
   * A session of GetSessionToken. `parent`: the id of the key that began it, which bounds its
   * rights. `mark`: of the secret that the key had then (see `userHolder`).
   */
  | { readonly kind: "user"; readonly parent: string; readonly mark: string };

/**
 * Returns the holder of a session that this key begins. The mark tells a secret from the one before
 * it: to change the secret of a key that has leaked ends its sessions, too.
 */
export function userHolder(
  accessKeyId: string,
  secret: string,
): SessionHolder & { readonly kind: "user" } {
  const mark = hash("sha256", `s3warden parent\n${secret}`, "base64url").slice(0, MARK_LENGTH);
  return { kind: "user", parent: accessKeyId, mark };
}

/** 96 bits. */
const MARK_LENGTH = 16;

/** `issuer`: its name in the configuration; `subject`: the token's `sub`. */
export type Federated = { readonly issuer: string; readonly subject: string };

/** Temporary keys begin with it, as on AWS ("IAM identifiers", IAM User Guide). */
const SESSION_KEY_PREFIX = "ASIA";

/** The random bytes that a new temporary key is made of. */
export const SESSION_KEY_BYTES = 46;

/** A temporary key, 20 and 40 characters long as on AWS. `random`: SESSION_KEY_BYTES random bytes. */
export function sessionKeyOf(random: Buffer): Pick<Session, "accessKeyId" | "secret"> {
  // Five bits of each of 16 bytes are 80 bits; 30 bytes are 40 characters of base64.
  const letters = Array.from(random.subarray(0, 16), (byte) => BASE32.charAt(byte & 31));
  return {
    accessKeyId: SESSION_KEY_PREFIX + letters.join(""),
    secret: random.subarray(16, SESSION_KEY_BYTES).toString("base64"),
  };
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Returns true if a key of this id can be that of a session. */
export function isSessionKeyId(accessKeyId: string): boolean {
  return accessKeyId.length === 20 && accessKeyId.startsWith(SESSION_KEY_PREFIX);
}

/**
 * The version of the format, and its first field. A gateway that finds another cannot read the
 * rest.
 */
const VERSION = "1";

/** Stands between fields; no field has it. */
const SEPARATOR = "\0";

/**
 * The session as bytes. `undefined` if a text has a NUL character in it, which only the subject of a
 * foreign token could have.
 */
export function sessionBytes(session: Session): Buffer | undefined {
  const { accessKeyId, secret, account, holder, issuedMs, expiresMs, policy } = session;
  const { tags, transitiveTags, sourceIdentity, federated } = session;
  const fields = [
    VERSION,
    accessKeyId,
    secret,
    account,
    holder.kind === "role" ? `r${holder.role}` : `u${holder.parent}`,
    holder.kind === "role" ? holder.session : holder.mark,
    secondsText(issuedMs),
    secondsText(expiresMs),
    policy ?? "",
    sourceIdentity ?? "",
    federated?.issuer ?? "",
    federated?.subject ?? "",
  ];
  for (const [name, value] of tags) {
    fields.push(`${transitiveTags.includes(name) ? TRANSITIVE : PLAIN}${name}`, value);
  }
  if (fields.some((field) => field.includes(SEPARATOR))) return undefined;
  return Buffer.from(fields.join(SEPARATOR), "utf8");
}

const TRANSITIVE = "+";
const PLAIN = "-";

/** Reads what `sessionBytes` wrote; `undefined` if it is of another version. */
export function readSession(bytes: Buffer): Session | undefined {
  const [version, ...fields] = bytes.toString("utf8").split(SEPARATOR);
  const [accessKeyId, secret, account, held, name, issued, expires, ...rest] = fields;
  const [policy, sourceIdentity, issuer, subject, ...pairs] = rest;
  if (version !== VERSION || accessKeyId === undefined || secret === undefined) return undefined;
  if (account === undefined || held === undefined || name === undefined) return undefined;
  if (issued === undefined || expires === undefined || subject === undefined) return undefined;
  const tags = new Map<string, string>();
  const transitiveTags: string[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const marked = pairs[i] ?? "";
    const tag = marked.slice(1);
    tags.set(tag, pairs[i + 1] ?? "");
    if (marked.startsWith(TRANSITIVE)) transitiveTags.push(tag);
  }
  const holderName = held.slice(1);
  return {
    accessKeyId,
    secret,
    account,
    holder: held.startsWith("r")
      ? { kind: "role", role: holderName, session: name }
      : { kind: "user", parent: holderName, mark: name },
    issuedMs: millisecondsOf(issued),
    expiresMs: millisecondsOf(expires),
    tags,
    transitiveTags,
    policy: orUndefined(policy),
    sourceIdentity: orUndefined(sourceIdentity),
    federated: issuer === undefined || issuer === "" ? undefined : { issuer, subject },
  };
}

function orUndefined(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function secondsText(ms: number): string {
  return Math.floor(ms / 1000).toString(36);
}

function millisecondsOf(text: string): number {
  return Number.parseInt(text, 36) * 1000;
}
