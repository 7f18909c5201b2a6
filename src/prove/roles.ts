import { judgeWithoutPolicies } from "../admission/gates.ts";
import type { Key, Role } from "../admission/principal.ts";
import { callerOf } from "../provider/principals.ts";
import type { Goal } from "./goal.ts";
import { subjectOf, type Scene } from "./scene.ts";
import { namedBuckets, reachedBy, spotsFor, waysFor } from "./search.ts";

/**
 * Returns true if a session of the role may do what `goal` is about. Neither the name nor the tags
 * of a session are known, so no condition is looked at: only tiers, blocked actions, the bucket's
 * owner and the names in its policy.
 */
export function roleMayPass(scene: Scene, goal: Goal, role: Role): boolean {
  if (scene.snapshot.sealing.length === 0) return false;
  // A policy that names one session of it may name this one.
  if (namesSession(scene, role)) return true;
  const key = sessionOf(scene, role);
  const snapshot = {
    ...scene.snapshot,
    keys: new Map([...scene.snapshot.keys, [key.accessKeyId, key]]),
  };
  const known = { ...scene, snapshot };
  const subject = subjectOf(known, key);
  if (subject === undefined) return true;
  const reached = reachedBy({ scene: known, key }, namedBuckets([known], goal));
  return waysFor(known, goal).some((way) => {
    const about = {
      ...subject,
      operation: way.operation.name,
      headers: [...subject.headers, ...way.headers],
    };
    const asks = way.asks.map((ask) => ({ ...ask, bucket: undefined, key: undefined }));
    const anywhere = withoutNetworks(known);
    if (judgeWithoutPolicies(anywhere.snapshot, about, asks, scene.nowMs) !== undefined) {
      return false;
    }
    const spots = [...spotsFor([{ scene: known, key }], goal, reached, way)];
    return spots.some(({ places }) => places === undefined || places.length > 0);
  });
}

/** Returns the scene without networks: addresses are not looked at. */
function withoutNetworks(scene: Scene): Scene {
  const policy = { ...scene.snapshot.policy, networks: { allow: [], deny: [] } };
  return { ...scene, snapshot: { ...scene.snapshot, policy } };
}

function namesSession({ records }: Scene, { account, name }: Role): boolean {
  const session = `arn:aws:sts::${account.name}:assumed-role/${name}/`;
  for (const { policy } of records.values()) {
    for (const { principals } of policy?.statements ?? []) {
      for (const one of principals?.names ?? []) if (one.startsWith(session)) return true;
    }
  }
  return false;
}

/** The key of some session, which no client has. */
function sessionOf({ snapshot }: Scene, { account, holder, groups, name, arn }: Role): Key {
  const identity = {
    account: account.name,
    subuser: undefined,
    role: { name, session: "session" },
    groups,
    tenant: account.tenant,
  };
  const principal = callerOf(snapshot.policy.provider.principals, identity);
  const networks = { allow: [], deny: [] };
  return {
    accessKeyId: `ROLE${Buffer.from(arn).toString("hex")}`,
    secret: "nobody has it",
    account: { ...account, networks },
    subuser: { ...holder, principal, networks },
    disabled: false,
    notBeforeMs: undefined,
    expiresMs: undefined,
    sessionToken: undefined,
    networks,
  };
}
