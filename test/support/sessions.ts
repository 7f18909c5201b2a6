import type { KeySession } from "../../src/admission/principal.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { NONCE_BYTES, seal, sealingKey, type SealingKey } from "../../src/session/seal.ts";
import type { Session } from "../../src/session/session.ts";

/** The sealing key of tests, as gateway.yaml has it. */
const SEALING_SECRET = Buffer.alloc(32, 5).toString("base64url");
export const SEALING: SealingKey = sealingKey("a", Buffer.alloc(32, 5));
export const STS = { keys: [{ id: "a", secret: SEALING_SECRET }] };

/** Returns a session of the role `writer` of `lab`, an hour long from `nowMs`. */
export function sessionOf(nowMs: number, more: Partial<Session> = {}): Session {
  return {
    accessKeyId: "ASIAABCDEFGHIJKLMNOP",
    secret: "of-the-session",
    account: "lab",
    holder: { kind: "role", role: "writer", session: "alice" },
    issuedMs: nowMs,
    expiresMs: nowMs + 3_600_000,
    tags: new Map(),
    transitiveTags: [],
    policy: undefined,
    sourceIdentity: undefined,
    federated: undefined,
    ...more,
  };
}

/** Returns its token, always the same for the same session. */
export function tokenOf(session: Session, key: SealingKey = SEALING): string {
  const token = seal(session, key, Buffer.alloc(NONCE_BYTES, 3));
  if (token.ok) return token.value;
  throw new Error(`The session cannot be sealed: ${token.error}`);
}

/**
 * Returns true if `snapshot` remembers this session as opened; the number that it remembers is its
 * own matter.
 */
export function isRemembered(snapshot: Snapshot, session: Session): boolean {
  return (
    snapshot.opened.find(session.accessKeyId, tokenOf(session), session.issuedMs) !== undefined
  );
}

/** A session as its key has it, with nothing special: no role, no policy, no tags. */
export const PLAIN_SESSION: KeySession = {
  role: undefined,
  name: undefined,
  policy: undefined,
  parent: undefined,
  asksValues: false,
  issuedMs: 0,
  sourceIdentity: undefined,
  federated: undefined,
  tags: new Map(),
  transitiveTags: [],
  policyText: undefined,
};
