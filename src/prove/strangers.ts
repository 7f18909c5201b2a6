import { judgeWithoutPolicies } from "../admission/gates.ts";
import { holderOf, type Key } from "../admission/principal.ts";
import type { Strangers } from "../admission/snapshot.ts";
import { liesIn } from "../policy/network.ts";
import { compilePolicies } from "../policy/policy-set.ts";
import { callerOf } from "../provider/principals.ts";
import { addressClasses } from "./address-classes.ts";
import { cellQuery } from "./circumstances.ts";
import type { Name, Who } from "./claim.ts";
import type { Goal } from "./goal.ts";
import { subjectOf, type Scene } from "./scene.ts";
import { callersIn } from "./search.ts";

const NO_POLICIES = compilePolicies([]);

/** The name of an unknown user, whose tier may be any. */
const STRANGER = "s3warden-any-other-user";

/**
 * Returns true if the claim may be about keys that are kept elsewhere, besides those of the
 * configuration: about anybody, about a tier that they may have, or about a name that no key here
 * represents.
 */
export function meansStrangers(
  { snapshot }: Scene,
  { withPolicies }: Strangers,
  who: Who,
): boolean {
  if (who.kind === "everybody") return true;
  // A key that comes with policies of its own is represented by no other.
  const others = new Set(withPolicies);
  const keys = [...snapshot.keys.values()].filter(({ account }) => !others.has(account.name));
  return who.names.some((name) => !isRepresented(name, keys));
}

/**
 * Returns true if a key of the configuration may do whatever another key of that name may: the
 * account or user is the same, and no rule is about the key alone.
 */
function isRepresented(name: Name, keys: readonly Key[]): boolean {
  if (name.kind === "anonymous") return true;
  // Ceph may know more users of an account, and more of a tier.
  if (name.kind === "tier" || (name.kind === "account" && name.below)) return false;
  const user = name.kind === "subuser" ? name.subuser : undefined;
  return keys.some(
    (key) =>
      key.account.name === name.account &&
      key.subuser?.name === user &&
      // Else Ceph says the tier.
      (key.subuser === undefined || holderOf(key).tier !== undefined) &&
      isUnbounded(key),
  );
}

/**
 * Returns true if the people `goal` is about may have keys besides those of the configuration, in a
 * session of GetSessionToken or in Ceph, and a policy judges these otherwise for their ids alone.
 */
export function hasOtherKeyIds(scene: Scene, goal: Goal): boolean {
  if (scene.strangers === undefined && scene.snapshot.sealing.length === 0) return false;
  const keys = callersIn(scene, goal).filter((key) => key !== undefined);
  if (keys.length === 0) return false;
  const ofBuckets = [...scene.records.values()].flatMap(({ policy }) => policy ?? []);
  const own = keys.map((key) => holderOf(key).policies);
  return [...new Set([...ofBuckets, ...own])].some(({ statements }) =>
    statements.some(({ conditions }) => conditions.some(({ name }) => name.key === "gw:KeyId")),
  );
}

function isUnbounded({ disabled, notBeforeMs, expiresMs, networks, sessionToken }: Key): boolean {
  const { allow, deny } = networks;
  const hasNetworks = allow.length > 0 || deny.length > 0;
  const hasTimes = notBeforeMs !== undefined || expiresMs !== undefined;
  return !disabled && !hasTimes && !hasNetworks && sessionToken === undefined;
}

/**
 * Returns true if somebody whose key is kept elsewhere, and of whom nothing is known, may do what
 * `goal` is about: only what holds for every caller refuses it.
 */
export function strangersMayPass(scene: Scene, goal: Goal): boolean {
  const { policy, keys } = scene.snapshot;
  const key = strangerIn(scene);
  const provider = {
    ...policy.provider,
    // A tier that is spared may be the stranger's.
    blockedActions: policy.provider.blockedActions.filter(
      ({ exceptTiers }) => exceptTiers.size === 0,
    ),
  };
  const snapshot = {
    ...scene.snapshot,
    policy: { ...policy, provider },
    keys: new Map([...keys, [key.accessKeyId, key]]),
  };
  const known = { ...scene, snapshot, memory: { ...scene.memory, subjects: new Map() } };
  const subject = subjectOf(known, key);
  if (subject === undefined) return true;
  const { allow, deny } = policy.networks;
  const { outside, inside } = goal;
  const addresses = addressClasses([...allow, ...deny, ...(outside ?? []), ...(inside ?? [])])
    .map(({ address }) => address)
    .filter((one) => outside === undefined || liesIn(outside, one) === false)
    .filter((one) => inside === undefined || liesIn(inside, one) === true);
  const ways = scene.ways.filter((way) => way.asks.some((ask) => goal.isAsked(way, ask)));
  return ways.some((way) =>
    addresses.some((sourceAddress) => {
      const about = {
        ...subject,
        operation: way.operation.name,
        headers: [...subject.headers, ...way.headers],
        query: cellQuery(way, []),
        head: { ...subject.head, sourceAddress },
      };
      const asks = way.asks.map((ask) => ({ ...ask, bucket: undefined, key: undefined }));
      return judgeWithoutPolicies(snapshot, about, asks, scene.nowMs) === undefined;
    }),
  );
}

function strangerIn({ snapshot }: Scene): Key {
  const networks = { allow: [], deny: [] };
  const identity = { account: STRANGER, subuser: undefined, groups: [], tenant: undefined };
  const account = {
    name: STRANGER,
    tier: undefined,
    policies: NO_POLICIES,
    principal: callerOf(snapshot.policy.provider.principals, identity),
    privileges: [],
    tags: new Map<string, string>(),
    networks,
    blockedActions: [],
    tenant: "",
    upstream: undefined,
    disabled: false,
    shares: false,
  };
  return {
    accessKeyId: STRANGER,
    secret: STRANGER,
    account,
    subuser: undefined,
    disabled: false,
    notBeforeMs: undefined,
    expiresMs: undefined,
    sessionToken: undefined,
    networks,
  };
}
