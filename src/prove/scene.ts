import { isOwnedBy } from "../admission/buckets.ts";
import { holderOf, type Key } from "../admission/principal.ts";
import type { BucketRecord } from "../admission/record.ts";
import { recognize } from "../admission/recognize.ts";
import type { Snapshot, Strangers } from "../admission/snapshot.ts";
import type { Subject } from "../admission/subject.ts";
import { requestFor } from "../explain/request.ts";
import { coversAction } from "../policy/evaluate.ts";
import type { Statement } from "../policy/policy.ts";
import type { PolicySet } from "../policy/policy-set.ts";
import { gripOn, type Principal } from "../policy/principals.ts";
import type { Bucket, BucketId } from "../s3/bucket.ts";
import type { AddressClass } from "./address-classes.ts";
import { loosened, type Assumed, type Loosening } from "./loosened.ts";
import type { TextClass } from "./text-classes.ts";
import { waysOf, type Way } from "./ways.ts";

/** A configuration with all that is known of buckets, as a question about all requests sees it. */
export type Scene = {
  /** The snapshot. It looks up nothing elsewhere but what this scene has. */
  readonly snapshot: Snapshot;
  /** The records of the configuration and of the state. */
  readonly records: ReadonlyMap<BucketId, BucketRecord>;
  /** True if there may be records that were not read. */
  readonly unread: boolean;
  /** The holders of keys that the configuration does not have; `undefined` if there are none. */
  readonly strangers: Strangers | undefined;
  readonly nowMs: number;
  readonly ways: readonly Way[];
  readonly memory: Memory;
  /**
   * The assumptions in a scene that is compared with another; if `undefined`, parts that are not
   * followed open.
   */
  readonly assumed?: Assumed;
};

/** The earlier results; they change no answer. */
type Memory = {
  readonly loosening: Loosening;
  readonly subjects: Map<string, Subject | undefined>;
  readonly classes: Map<string, readonly TextClass[] | undefined>;
  readonly gripping: Map<PolicySet, Map<Principal, readonly Statement[]>>;
  readonly addresses: Map<string, readonly AddressClass[]>;
  readonly addressWords: Map<readonly AddressClass[], Map<string, string>>;
};

/** Builds a scene. `records`: all that the state keeps; `undefined` if it was not read. */
export function sceneOf(
  compiled: Snapshot,
  records: ReadonlyMap<BucketId, BucketRecord> | undefined,
  nowMs: number,
): Scene {
  const known = new Map([...(records ?? []), ...compiled.buckets]);
  const snapshot = {
    ...compiled,
    elsewhere: { keys: false, records: compiled.elsewhere.records || compiled.keepsState },
  };
  return {
    snapshot,
    records: known,
    unread: compiled.keepsState && records === undefined,
    strangers: compiled.elsewhere.strangers,
    nowMs,
    ways: waysOf(snapshot),
    memory: {
      loosening: new Map(),
      subjects: new Map(),
      classes: new Map(),
      gripping: new Map(),
      addresses: new Map(),
      addressWords: new Map(),
    },
  };
}

/**
 * Returns the subject of the key's request, once it was recognized by the very code that serves
 * clients.
 */
export function subjectOf(
  { snapshot, nowMs, memory }: Scene,
  key: Key | undefined,
): Subject | undefined {
  const id = key?.accessKeyId ?? "";
  if (memory.subjects.has(id)) return memory.subjects.get(id);
  const who = key === undefined ? { anonymous: true } : { as: key.accessKeyId };
  const question = { ...who, request: "GET /", ip: "192.0.2.1" };
  const request = requestFor(withOnly(snapshot, key), question, nowMs);
  let subject: Subject | undefined;
  if (request.ok) {
    const step = recognize(snapshot, request.value.head, nowMs).next();
    if (step.done === true && step.value.kind === "subject") subject = step.value.subject;
  }
  memory.subjects.set(id, subject);
  return subject;
}

/** Returns the snapshot with this key only, so that nobody need look for it. */
export function withOnly(snapshot: Snapshot, key: Key | undefined): Snapshot {
  return { ...snapshot, keys: new Map(key === undefined ? [] : [[key.accessKeyId, key]]) };
}

/**
 * The rules that may open something to a caller in one bucket, or close it, by ways of one kind.
 */
export type Rules = {
  /** The caller's policies; `undefined` if it has none. */
  readonly own: PolicySet | undefined;
  /** The bucket's policy; `undefined` if there is none. */
  readonly bucket: PolicySet | undefined;
};

/** Returns the policies without the parts that are not followed: see `loosened`. */
export function rulesFor(
  { memory, assumed }: Scene,
  key: Key | undefined,
  record: BucketRecord | undefined,
  { operation }: Way,
): Rules {
  const own = key && holderOf(key).policies;
  return {
    own: own && loosened(own, operation, memory.loosening, assumed),
    bucket: record?.policy && loosened(record.policy, operation, memory.loosening, assumed),
  };
}

/** Statements that speak to the caller of what the way asks, as far as they are followed. */
export function relevantTo(
  scene: Scene,
  key: Key | undefined,
  record: BucketRecord | undefined,
  way: Way,
): readonly Statement[] {
  return speaking(scene, key, rulesFor(scene, key, record, way), way);
}

/** The same with all that they look at. */
export function wholeRelevantTo(
  scene: Scene,
  key: Key | undefined,
  record: BucketRecord | undefined,
  way: Way,
): readonly Statement[] {
  const rules = { own: key && holderOf(key).policies, bucket: record?.policy };
  return speaking(scene, key, rules, way);
}

function speaking(
  scene: Scene,
  key: Key | undefined,
  { own, bucket }: Rules,
  way: Way,
): readonly Statement[] {
  const gripping = bucket === undefined ? NONE : grippingIn(scene, bucket, key);
  const all = own === undefined ? gripping : [...own.statements, ...gripping];
  if (all.length === 0) return NONE;
  const { switches, deleteVersionMode } = scene.snapshot.policy.provider;
  const asks =
    deleteVersionMode === "both" && way.asks.some(isOfVersion)
      ? [...way.asks, { action: "s3:DeleteObject", operation: way.operation.name }]
      : way.asks;
  return all.filter((statement) => asks.some((ask) => coversAction(statement, ask, switches)));
}

const NONE: readonly Statement[] = [];

function isOfVersion({ action }: Way["asks"][number]): boolean {
  return action === "s3:DeleteObjectVersion";
}

/**
 * Returns true if the caller may do anything at all in a bucket of which something is known. A no
 * is certain, but for making a bucket of which only the state knows.
 */
export function reaches(
  scene: Scene,
  key: Key | undefined,
  record: BucketRecord | undefined,
  bucket: Bucket,
): boolean {
  const { snapshot } = scene;
  const { storeAcls, bucketPolicyRole } = snapshot.policy.provider;
  if (record === undefined) return true;
  if (key === undefined) {
    if (snapshot.policy.anonymous === "upstream") return true;
  } else {
    if (storeAcls || bucketPolicyRole === "restrict" || holderOf(key).privileges.length > 0)
      return true;
    if (isOwnedBy(snapshot, bucket, record, key.account)) return true;
  }
  return record.policy !== undefined && grippingIn(scene, record.policy, key).length > 0;
}

function grippingIn(
  { memory, snapshot }: Scene,
  policy: PolicySet,
  key: Key | undefined,
): readonly Statement[] {
  const principal = key === undefined ? snapshot.policy.guest : holderOf(key).principal;
  const of = memory.gripping.get(policy) ?? new Map<Principal, readonly Statement[]>();
  memory.gripping.set(policy, of);
  const before = of.get(principal);
  if (before !== undefined) return before;
  const gripping = policy.statements.filter(
    ({ principals }) => principals === undefined || gripOn(principals, principal) !== "none",
  );
  of.set(principal, gripping);
  return gripping;
}
