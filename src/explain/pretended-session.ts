import { randomBytes } from "node:crypto";
import type { Role } from "../admission/principal.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { parsePolicy } from "../policy/parse.ts";
import { OpenedSessions } from "../session/opened.ts";
import { NONCE_BYTES, seal, SEALING_KEY_BYTES, sealingKey } from "../session/seal.ts";
import { SESSION_KEY_BYTES, sessionKeyOf, type Session } from "../session/session.ts";

/** The options of a session that nobody has begun. */
export type SessionQuestion = {
  readonly sessionName?: string;
  /** `name=value`. */
  readonly sessionTags?: readonly string[];
  /** The session policy, JSON. */
  readonly sessionPolicy?: string;
};

/** A session's key, and the snapshot by which its token is opened: no gateway opens it. */
type Pretended = {
  readonly key: {
    readonly accessKeyId: string;
    readonly secret: string;
    readonly sessionToken: string;
  };
  readonly identity: string;
  readonly opening: Snapshot;
};

/**
 * A session of the role, `NAME` or `ACCOUNT:NAME`, as if it began at `nowMs` (milliseconds since the
 * epoch): sealed under a key of its own, so that it goes through the very code that opens tokens. The
 * error is a sentence about the question.
 */
export function pretended(
  snapshot: Snapshot,
  name: string,
  question: SessionQuestion,
  nowMs: number,
): Result<Pretended, string> {
  const role = roleNamed(snapshot, name);
  if (!role.ok) return role;
  const tags = tagsIn(question.sessionTags ?? []);
  if (!tags.ok) return tags;
  const { sessionName = "explain", sessionPolicy } = question;
  if (!/^[A-Za-z0-9_+=,.@-]{2,64}$/.test(sessionName)) {
    return err(`Cannot be a session's name: got "${sessionName}"`);
  }
  if (sessionPolicy !== undefined) {
    const policy = parsePolicy(sessionPolicy, "session policy", "identity");
    if (!policy.ok) {
      const [first] = policy.error;
      return err(`The session policy: line ${first?.line}: ${first?.message}`);
    }
  }
  const { account, name: roleName, maxSessionMs } = role.value;
  const issuedMs = Math.floor(nowMs / 1000) * 1000;
  const session: Session = {
    ...sessionKeyOf(randomBytes(SESSION_KEY_BYTES)),
    account: account.name,
    holder: { kind: "role", role: roleName, session: sessionName },
    issuedMs,
    expiresMs: issuedMs + maxSessionMs,
    tags: tags.value,
    transitiveTags: [],
    policy: sessionPolicy,
    sourceIdentity: undefined,
    federated: undefined,
  };
  return beginPretended(snapshot, session, `${account.name}:role/${roleName}:${sessionName}`);
}

/** Begins any session at all, under a key that only the snapshot in the answer has. */
export function beginPretended(
  snapshot: Snapshot,
  session: Session,
  identity: string,
): Result<Pretended, string> {
  const sealing = sealingKey("explain", randomBytes(SEALING_KEY_BYTES));
  const token = seal(session, sealing, randomBytes(NONCE_BYTES));
  if (!token.ok) return err("The session would not fit into a token: shorten its policy or tags");
  const { accessKeyId, secret } = session;
  return ok({
    key: { accessKeyId, secret, sessionToken: token.value },
    identity,
    opening: { ...snapshot, sealing: [sealing], opened: new OpenedSessions(1) },
  });
}

function roleNamed({ roles }: Snapshot, name: string): Result<Role, string> {
  const all = [...roles.values()];
  const found = all.filter((role) => role.name === name || fullName(role) === name);
  const [role, another] = found;
  const names = all.map(fullName);
  if (role === undefined) {
    const known =
      names.length === 0 ? "The configuration has no roles" : `Known: ${names.join(", ")}`;
    return err(`Unknown role: got "${name}". ${didYouMean(name, names, known)}`);
  }
  if (another === undefined) return ok(role);
  return err(`Several accounts have the role "${name}": say ${found.map(fullName).join(" or ")}`);
}

function fullName({ account, name }: Role): string {
  return `${account.name}:${name}`;
}

function tagsIn(lines: readonly string[]): Result<ReadonlyMap<string, string>, string> {
  const tags = new Map<string, string>();
  for (const line of lines) {
    const equals = line.indexOf("=");
    if (equals <= 0) return err(`Cannot read the tag: got "${line}", expected name=value`);
    tags.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return ok(tags);
}
