import { err, ok, type Result } from "../lib/result.ts";
import { namedKeys } from "../policy/named-keys.ts";
import { compilePolicies } from "../policy/policy-set.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import { callerOf } from "../provider/principals.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { revocationOf, revocationText } from "../session/revocation.ts";
import { unseal } from "../session/seal.ts";
import { isSessionKeyId, userHolder, type Session } from "../session/session.ts";
import { faultForClient } from "./authenticate.ts";
import { isOfValues } from "./condition-context.ts";
import { answered, type Deciding } from "./deciding.ts";
import type { Facts } from "./facts.ts";
import {
  roleArn,
  whyNotInForce,
  type Holder,
  type Key,
  type KeySession,
  type Role,
} from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";

/** The parts of a request by which it says who sent it. */
type Claimed = { readonly accessKeyId: string; readonly sessionToken: string | undefined };

/**
 * Returns the key that a claim names: of the configuration, of a session that the gateway sealed,
 * or one that is looked up elsewhere; `undefined` if nobody has it. A session is found by its own
 * token only, which must be of this very key id. `facts`: for the record, if it cannot be looked
 * up. Error: InvalidToken.
 */
export function* keyOf(
  snapshot: Snapshot,
  claimed: Claimed,
  facts: Facts,
  nowMs: number,
): Deciding<Result<Key | undefined, Fault>> {
  const found = yield* anyKey(snapshot, claimed, facts, nowMs);
  if (!found.ok || found.value?.session === undefined) return found;
  return ok(yield* withRevocation(snapshot, found.value, found.value.session, facts));
}

/**
 * Returns the key, marked if its session is revoked: by the configuration, or by a record that the
 * gateways share.
 */
function* withRevocation(
  { revoked, elsewhere }: Snapshot,
  key: Key,
  session: KeySession,
  facts: Facts,
): Deciding<Key> {
  const { account, accessKeyId } = key;
  const { role, name, federated, issuedMs } = session;
  const about = {
    account: account.name,
    role: role?.name,
    session: name,
    accessKeyId,
    federated,
    issuedMs,
  };
  let ended = revocationOf(about, revoked);
  if (ended === undefined && elsewhere.revocations === true) {
    const told = answered("revocations", yield { need: { kind: "revocations" }, facts });
    ended = revocationOf(about, told.revoked);
  }
  if (ended === undefined) return key;
  return { ...key, session: { ...session, revokedBy: revocationText(ended) } };
}

function* anyKey(
  snapshot: Snapshot,
  { accessKeyId, sessionToken }: Claimed,
  facts: Facts,
  nowMs: number,
): Deciding<Result<Key | undefined, Fault>> {
  const written = snapshot.keys.get(accessKeyId);
  if (written !== undefined) return ok(written);
  const { sealing, opened, elsewhere } = snapshot;
  if (sessionToken === undefined || sealing.length === 0 || !isSessionKeyId(accessKeyId)) {
    return ok(elsewhere.keys ? yield* lookedUp(accessKeyId, facts) : undefined);
  }
  const known = opened.find(accessKeyId, sessionToken, nowMs);
  if (known !== undefined) return ok(known);
  const session = unseal(sessionToken, sealing);
  if (session === undefined) return invalid(snapshot, "no sealing key opens the session token");
  if (session.accessKeyId !== accessKeyId) {
    return invalid(snapshot, "the session token is another key's");
  }
  return session.holder.kind === "role"
    ? ofRole(snapshot, session, session.holder, sessionToken, nowMs)
    : yield* ofUser(snapshot, session, session.holder, sessionToken, facts);
}

function* lookedUp(accessKeyId: string, facts: Facts): Deciding<Key | undefined> {
  return answered("key", yield { need: { kind: "key", accessKeyId }, facts }).key;
}

/**
 * Returns the error. `rule`: for the operator. A client reads AWS's words, or those of the
 * provider.
 */
function invalid(snapshot: Snapshot, rule: string): Result<never, Fault> {
  return err(faultForClient(snapshot, fault("InvalidToken", undefined, { rule })));
}

function ofRole(
  snapshot: Snapshot,
  session: Session,
  { role: roleName, session: name }: Session["holder"] & { readonly kind: "role" },
  token: string,
  nowMs: number,
): Result<Key, Fault> {
  const role = snapshot.roles.get(roleArn(session.account, roleName));
  if (role === undefined) return invalid(snapshot, "the session's role is no more");
  const policy = policyOf(snapshot, session);
  if (!policy.ok) return policy;
  const { account } = role;
  const signer =
    account.upstream === undefined
      ? snapshot.owners.get(account.name)?.find((key) => whyNotInForce(key, nowMs) === undefined)
      : undefined;
  if (account.upstream === undefined && signer === undefined) {
    return invalid(snapshot, "no key of the session's account is in force at the store");
  }
  const key: Key = {
    ...common(session, token),
    account,
    subuser: sessionHolder(snapshot, role, session, name),
    disabled: account.disabled,
    networks: NO_NETWORKS,
    signing: signer && { accessKeyId: signer.accessKeyId, secret: signer.secret },
    session: { ...policy.value, ...sessionFacts(session), role, name, parent: undefined },
  };
  // The key that signs for it may end before it does.
  const untilMs = signer?.expiresMs ?? Number.POSITIVE_INFINITY;
  snapshot.opened.remember(session.accessKeyId, token, key, untilMs);
  return ok(key);
}

/**
 * Returns the key of a session of GetSessionToken, which has the present rights of its parent: the
 * key that began it must be in force, and where that may come from, the session may come from.
 */
function* ofUser(
  snapshot: Snapshot,
  session: Session,
  { parent: parentId, mark }: Session["holder"] & { readonly kind: "user" },
  token: string,
  facts: Facts,
): Deciding<Result<Key, Fault>> {
  const { keys, elsewhere } = snapshot;
  const parent =
    keys.get(parentId) ?? (elsewhere.keys ? yield* lookedUp(parentId, facts) : undefined);
  const isAnother = parent?.account.name !== session.account || parent.sessionToken !== undefined;
  if (parent === undefined || isAnother) {
    return invalid(snapshot, "the key that began the session is no more");
  }
  if (userHolder(parentId, parent.secret).mark !== mark) {
    return invalid(snapshot, "the key that began the session has another secret now");
  }
  const policy = policyOf(snapshot, session);
  if (!policy.ok) return policy;
  const { account, subuser, networks, notBeforeMs, expiresMs: parentEndsMs } = parent;
  const { accessKeyId, secret } = parent;
  const key: Key = {
    ...common(session, token),
    account,
    subuser,
    networks,
    notBeforeMs,
    expiresMs: Math.min(session.expiresMs, parentEndsMs ?? Number.POSITIVE_INFINITY),
    disabled: parent.disabled,
    signing: parent.signing ?? { accessKeyId, secret },
    ...(parent.asksValues === true && { asksValues: true }),
    session: { ...policy.value, ...sessionFacts(session), ...NAMELESS, parent: parentId },
  };
  // If the parent is looked up, the next answer may be another.
  if (keys.has(parentId)) {
    snapshot.opened.remember(session.accessKeyId, token, key, Number.POSITIVE_INFINITY);
  }
  return ok(key);
}

/** A user's own session. */
const NAMELESS = { role: undefined, name: undefined };

const NO_NETWORKS: Key["networks"] = { allow: [], deny: [] };

function common(
  { accessKeyId, secret, expiresMs }: Session,
  token: string,
): Pick<Key, "accessKeyId" | "secret" | "expiresMs" | "notBeforeMs" | "sessionToken"> {
  return { accessKeyId, secret, expiresMs, notBeforeMs: undefined, sessionToken: token };
}

function sessionFacts(
  session: Session,
): Pick<
  KeySession,
  "issuedMs" | "sourceIdentity" | "federated" | "tags" | "transitiveTags" | "policyText"
> {
  const { issuedMs, sourceIdentity, federated, tags, transitiveTags, policy } = session;
  return { issuedMs, sourceIdentity, federated, tags, transitiveTags, policyText: policy };
}

/** The role's rights, under the session's own names and with its tags before the role's. */
function sessionHolder(
  { policy: { provider } }: Snapshot,
  { name: role, account, holder, groups }: Role,
  { tags }: Session,
  session: string,
): Holder {
  const identity = {
    account: account.name,
    subuser: undefined,
    role: { name: role, session },
    groups,
    tenant: account.tenant,
  };
  const lower = [...tags].map(([tag, value]) => [tag.toLowerCase(), value] as const);
  return {
    ...holder,
    principal: callerOf(provider.principals, identity),
    tags: lower.length === 0 ? holder.tags : new Map([...holder.tags, ...lower]),
  };
}

function policyOf(
  snapshot: Snapshot,
  { policy: text }: Session,
): Result<Pick<KeySession, "policy" | "asksValues">, Fault> {
  if (text === undefined) return ok({ policy: undefined, asksValues: false });
  const { provider } = snapshot.policy;
  const policy = parseProviderPolicy(provider, text, "session policy", "identity");
  if (!policy.ok) return invalid(snapshot, "the session's policy cannot be read");
  const asksValues = namedKeys(policy.value).some(({ key }) => isOfValues(key));
  return ok({ policy: compilePolicies([policy.value]), asksValues });
}
