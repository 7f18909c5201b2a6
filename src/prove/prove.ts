import { holderOf, type Key, type Role } from "../admission/principal.ts";
import type { ExplainQuestion } from "../explain/request.ts";
import { globOf, matchesGlob, type GlobPart } from "../lib/glob.ts";
import { namesAction } from "../policy/actions.ts";
import { matchesAction } from "../s3/action-names.ts";
import type { BucketId } from "../s3/bucket.ts";
import { UNREAD } from "./circumstances.ts";
import type { PolicyClaim, Name, What } from "./claim.ts";
import { confirm, type Confirmation } from "./confirm.ts";
import type { Cell, Goal } from "./goal.ts";
import { roleMayPass } from "./roles.ts";
import type { Scene } from "./scene.ts";
import { namedBuckets, search } from "./search.ts";
import { hasOtherKeyIds, meansStrangers, strangersMayPass } from "./strangers.ts";
import type { Way } from "./ways.ts";

/** The result for a claim. */
export type Proof =
  | { readonly kind: "holds"; readonly claim: PolicyClaim }
  /** The claim is broken by a request that passes `admit`. */
  | {
      readonly kind: "broken";
      readonly claim: PolicyClaim;
      readonly question: ExplainQuestion;
      readonly cell: Cell;
    }
  /** Some request may pass, but not for certain; each reason once. */
  | { readonly kind: "not decided"; readonly claim: PolicyClaim; readonly why: readonly string[] };

/** The most requests that are tried if rules look at more than is followed. */
const TRIED_MAX = 2_000;
/** The most reasons that are reported. */
const REASONS_MAX = 5;

/**
 * Tests if the claim is true for every request. If a class of requests may pass, one request of it
 * is put through `admit` itself: only what passes there breaks the claim. A class that may pass and
 * is not shown to is reported as not decided. `bucket`: requests about others are not looked at.
 */
export function prove(scene: Scene, claim: PolicyClaim, bucket?: BucketId): Proof {
  const goal = goalOf(claim, bucket);
  if (bucket !== undefined && namedBuckets([scene], goal).length === 0) {
    return { kind: "holds", claim };
  }
  const why = new Set<string>();
  let tried = 0;
  for (const found of search(scene, goal)) {
    if (found.kind === "gap") {
      why.add(`${whoIs(found.key)}: ${found.why}`);
      continue;
    }
    const confirmed = tried < TRIED_MAX ? confirm(scene, found) : UNTRIED;
    tried += 1;
    if (confirmed.kind === "passes" && mayBeKept(scene, claim, found)) {
      why.add(`${whoIs(found.key)}: it depends on ${UNREAD}`);
      continue;
    }
    if (confirmed.kind === "passes") {
      return { kind: "broken", claim, question: confirmed.question, cell: found };
    }
    why.add(reasonOf(found, confirmed));
    if (tried > TRIED_MAX && why.size >= REASONS_MAX) break;
  }
  const { strangers } = scene;
  if (
    strangers !== undefined &&
    meansStrangers(scene, strangers, claim.who) &&
    strangersMayPass(scene, goal)
  ) {
    why.add(`${strangers.called}, whose keys are not in the configuration`);
  }
  for (const role of scene.snapshot.roles.values()) {
    if (isRoleNamed(claim.who, role) && roleMayPass(scene, goal, role)) {
      why.add(`sessions of the role ${role.name} of ${role.account.name}`);
    }
  }
  if (why.size === 0 && hasOtherKeyIds(scene, goal)) {
    why.add("keys with other ids of the same users, and a policy looks at gw:KeyId");
  }
  if (why.size === 0) return { kind: "holds", claim };
  return { kind: "not decided", claim, why: [...why].slice(0, REASONS_MAX) };
}

const UNTRIED = { kind: "untried", why: `one of more than ${TRIED_MAX} requests` } as const;

function reasonOf(
  { key, beyond, way }: Cell,
  confirmed: Exclude<Confirmation, { readonly kind: "passes" }>,
): string {
  const untried = confirmed.kind === "untried" ? [confirmed.why] : [];
  // A copy is one request about two objects, and what it writes to was chosen here.
  const source = way.part === "source" ? [`what ${way.operation.name} may write to`] : [];
  const reasons = [...beyond, ...untried, ...source];
  if (reasons.length > 0) return `${whoIs(key)}: it depends on ${reasons.join(", ")}`;
  if (confirmed.kind === "untried") return whoIs(key);
  // Everything is followed, and yet `admit` says otherwise: the procedure and the gateway differ.
  const { request, rule } = confirmed;
  return `${whoIs(key)}: a bug of s3warden, please report it: ${request} should pass, and is refused by ${rule}`;
}

/**
 * Returns true if the state, which was not read, may have more about the bucket. If the claim is
 * about buckets of any name, there are some of which it has nothing.
 */
function mayBeKept(
  { unread, records }: Scene,
  { on }: PolicyClaim,
  { bucket, objectKey }: Cell,
): boolean {
  if (!unread || bucket === undefined || records.has(bucket.id)) return false;
  const text = objectKey === undefined ? bucket.name : `${bucket.name}/${objectKey}`;
  return on.every(({ parts }) => namesBucket(parts) || !matchesGlob(globOf(parts), text));
}

function namesBucket(parts: readonly GlobPart[]): boolean {
  const [first] = parts;
  return first?.kind === "text" && (parts.length === 1 || first.text.includes("/"));
}

/** Returns the holder of the key, as claims name people. */
export function whoIs(key: Key | undefined): string {
  if (key === undefined) return "anonymous";
  const { account, subuser } = key;
  return subuser === undefined ? account.name : `${account.name}:${subuser.name}`;
}

/** The requests that would break the claim. */
function goalOf(
  { who, what, on, outside, inside, plainOnly, fromMs }: PolicyClaim,
  bucket: BucketId | undefined,
): Goal {
  return {
    bucket,
    isWho: (key) =>
      who.kind === "named"
        ? who.names.some((name) => isNamed(name, key))
        : !who.but.some((name) => isNamed(name, key)),
    isAsked: (way, ask) => isMeant(what, way, ask),
    resources: on,
    outside,
    inside,
    tls: plainOnly ? false : undefined,
    fromMs,
  };
}

/** Returns true if sessions of the role are among the callers that the claim is about. */
function isRoleNamed(who: PolicyClaim["who"], { account, holder }: Role): boolean {
  const isAmong = (name: Name): boolean =>
    (name.kind === "account" && name.below && name.account === account.name) ||
    (name.kind === "tier" && name.tier === holder.tier?.name);
  return who.kind === "named" ? who.names.some(isAmong) : !who.but.some(isAmong);
}

function isNamed(name: Name, key: Key | undefined): boolean {
  if (name.kind === "anonymous" || key === undefined) {
    return name.kind === "anonymous" && key === undefined;
  }
  const { account, subuser } = key;
  switch (name.kind) {
    case "account":
      return account.name === name.account && (name.below || subuser === undefined);
    case "subuser":
      return account.name === name.account && subuser?.name === name.subuser;
    case "tier":
      return holderOf(key).tier?.name === name.tier;
  }
}

function isMeant(what: What, way: Way, { action, operation }: Way["asks"][number]): boolean {
  switch (what.kind) {
    case "anything":
      return true;
    case "changes":
      return changes(way);
    case "actions":
      return what.matches.some((matches) => matchesAction(matches, action, operation));
    case "all but":
      return !namesAction(what.set, action, operation, true);
  }
}

/**
 * Returns true if such a request writes or deletes something, of the resource that is asked about.
 */
function changes({ operation, part }: Way): boolean {
  const reads = operation.method === "GET" || operation.method === "HEAD";
  if (reads || operation.name === "SelectObjectContent") return false;
  return part !== "source" || operation.name === "RenameObject";
}
