import { admit, asksOfHead } from "../admission/admit.ts";
import { recordOf } from "../admission/buckets.ts";
import type { Facts } from "../admission/facts.ts";
import { judgeEach } from "../admission/gates.ts";
import type { Answer, DocumentNeed, Need } from "../admission/known.ts";
import type { Asking } from "../admission/deciding.ts";
import { withRecords } from "../admission/need.ts";
import { recognize, type Recognized } from "../admission/recognize.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import type { Subject } from "../admission/subject.ts";
import { tenantOf } from "../admission/caller.ts";
import { holderName } from "../admission/principal.ts";
import type { Verdict } from "../admission/verdict.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { arnOf, type Ask } from "../s3/asks.ts";
import { canonicalBucket, type Bucket } from "../s3/bucket.ts";
import {
  rememberedRecords,
  decideBy,
  type FindKey,
  type ReadRecord,
  type Settled,
} from "./answers.ts";
import { readDocument, tooLong, type S3Document } from "../s3/document-reader.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import { askFor, requestFor, type ExplainQuestion } from "./request.ts";

/** A decision and how it came about, as `--json` prints it. */
export type Explanation = {
  /** `undecided`: a document or form decides, and was not given. */
  readonly decision: "allow" | "deny" | "undecided";
  readonly operation: string;
  readonly identity: string;
  /** The permissions, all of which must be allowed. */
  readonly asks: readonly ExplainedAsk[];
  readonly gates: readonly GateOutcome[];
  /** The error code that the client would read. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** The gateway's addition to AWS's message. */
  readonly detail: string | undefined;
  /** A note of what can only be said with the body. */
  readonly note: string | undefined;
};

type ExplainedAsk = {
  readonly action: string;
  readonly resource: string;
  /**
   * The account itself, a tier, or a statement with its file and line; `undefined` if nothing
   * allows it.
   */
  readonly allowedBy: string | undefined;
};

type GateOutcome = {
  readonly gate: string;
  readonly outcome: "passed" | "refused";
  /** The setting, or the statement with its file and line, for the operator. */
  readonly rule: string | undefined;
};

/**
 * Decides the request that the question describes, signed with the identity's own key and put
 * through the very `admit` that serves clients. `read`: the records of buckets; `undefined` if only
 * the configuration has any. `findKey`: keys that the configuration does not have; `undefined` if
 * there are none. The error is a sentence about the question.
 */
export async function explain(
  compiled: Snapshot,
  question: ExplainQuestion,
  clockMs: number,
  read: ReadRecord | undefined,
  findKey?: FindKey,
): Promise<Result<Explanation, string>> {
  const keys = await keysFor(compiled, question.as, findKey);
  if (!keys.ok) return keys;
  const { keys: looksUp, strangers } = compiled.elsewhere;
  const elsewhere = {
    keys: looksUp,
    records: read !== undefined,
    ...(strangers !== undefined && { strangers }),
  };
  const request = requestFor({ ...compiled, keys: keys.value, elsewhere }, question, clockMs);
  if (!request.ok) return request;
  const { snapshot, head, nowMs, identity } = request.value;
  const answers = answersOf(read, question.body, snapshot.limits.xmlBytesMax);
  const recognized = await decideBy(recognize(snapshot, head, nowMs), answers.answer);
  if (!recognized.ok) return recognized;
  const { value } = recognized;
  if (value.kind === "open" || value.value.kind !== "subject") {
    return ok(withoutGates(value, identity));
  }
  const { facts } = value.value;
  const ask = askFor(question);
  if (ask?.ok === false) return ask;
  const { subject } = value.value;
  const asks =
    ask === undefined ? ok(asksOfHead(snapshot, subject)) : canonical(snapshot, subject, ask.value);
  if (!asks.ok) return asks;
  const known = await decideBy(withRecords(snapshot, subject, facts, asks.value), answers.answer);
  if (!known.ok) return known;
  if (known.value.kind === "open") throw new Error("Records can be read here");
  const explained = ofAsks(snapshot, known.value.value, asks.value, identity, nowMs);
  if (ask !== undefined) return ok({ ...explained, operation: "any" });
  const verdict = await decideBy(admit(snapshot, head, nowMs), answers.answer);
  if (!verdict.ok) return verdict;
  const word = verdictOf(verdict.value, answers);
  const taken = word.decision !== "deny" && isTaken(snapshot, known.value.value);
  return ok({ ...explained, ...word, ...(taken ? TAKEN : {}) });
}

/** The keys of the configuration, and one of `as` that is only known elsewhere. */
async function keysFor(
  { keys }: Snapshot,
  as: string | undefined,
  findKey: FindKey | undefined,
): Promise<Result<Snapshot["keys"], string>> {
  if (as === undefined || findKey === undefined || keys.has(as)) return ok(keys);
  if (as.startsWith("role:")) return ok(keys);
  if ([...keys.values()].some((key) => holderName(key) === as)) return ok(keys);
  const found = await findKey(as);
  if (!found.ok) return found;
  const key = found.value;
  return ok(key === undefined ? keys : new Map([...keys, [key.accessKeyId, key]]));
}

/**
 * Returns true if the state will refuse, after all gates, a bucket that is to be made: another
 * account has it (see `beginChange` in state/).
 */
function isTaken(snapshot: Snapshot, subject: Subject): boolean {
  const { operation, address, caller } = subject;
  if (operation !== "CreateBucket" || address.kind !== "bucket" || !snapshot.keepsState)
    return false;
  const record = recordOf(subject, address.bucket);
  if (record === undefined || caller.kind === "anonymous") return false;
  return record.owner.name !== caller.key.account.name;
}

const { code, message } = fault("BucketAlreadyExists");
const TAKEN = { decision: "deny", code, message, detail: undefined, note: undefined } as const;

type Answers = {
  readonly answer: (need: Need) => Promise<Result<Answer | undefined, string>>;
  /** Returns true if it was asked for tags, which only the store has. */
  readonly dependsOnTags: () => boolean;
  /**
   * Returns the fault of the document that was given; `undefined` if there is none, or it was not
   * asked for.
   */
  readonly wrong: () => Fault | undefined;
};

/**
 * Records as `read` has them, `body` as the document, and no tags, as the store is not asked here.
 * `bytesMax`: of any document.
 */
function answersOf(
  read: ReadRecord | undefined,
  body: Buffer | undefined,
  bytesMax: number,
): Answers {
  const records = read && rememberedRecords(read);
  let dependsOnTags = false;
  let wrong: Fault | undefined;
  return {
    answer: async (need) => {
      if (need.kind === "turn") return ok({ kind: "turn" });
      if (need.kind === "document") {
        const document = documentOf(need, body ?? NOTHING, bytesMax);
        if (document.ok) return ok({ kind: "document", document: document.value });
        // No document need be given if an empty one is valid too, such as for CreateBucket.
        if (body !== undefined) wrong = document.error;
        return ok(undefined);
      }
      if (need.kind === "tags") {
        dependsOnTags = true;
        return ok({ kind: "tags", tags: new Map() });
      }
      if (need.kind !== "record" || records === undefined) return ok(undefined);
      const record = await records(need.bucket.id);
      return record.ok ? ok({ kind: "record", record: record.value }) : record;
    },
    dependsOnTags: () => dependsOnTags,
    wrong: () => wrong,
  };
}

const NOTHING = Buffer.alloc(0);

function documentOf(
  { operation, headers }: DocumentNeed,
  body: Buffer,
  bytesMax: number,
): Result<S3Document, Fault> {
  if (body.length > bytesMax) return err(limitFault("xml_bytes"));
  const tooBig = tooLong(operation, body.length);
  return tooBig === undefined ? readDocument(operation, headers, body) : err(tooBig);
}

/** The ask of an action on a resource, as the subject's caller names the bucket. */
function canonical(
  { store }: Snapshot,
  { caller }: Subject,
  ask: Ask,
): Result<readonly Ask<Bucket>[], string> {
  if (ask.bucket === undefined) return ok([{ ...ask, bucket: undefined }]);
  const bucket = canonicalBucket(ask.bucket, tenantOf(caller), store.naming);
  return bucket.ok ? ok([{ ...ask, bucket: bucket.value }]) : err(bucket.error.message);
}

/** Returns the explanation of an end before any gate. */
function withoutGates(settled: Settled<Recognized>, identity: string): Explanation {
  const end = endOf(settled);
  const { denial, operation } = end.facts;
  const gate = denial?.gate ?? "request";
  const outcome = end.kind === "refuse" ? "refused" : "passed";
  const gates = [{ gate, outcome, rule: denial?.rule }] as const;
  return { operation, identity, asks: [], gates, ...wordOf(end, false) };
}

function ofAsks(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask<Bucket>[],
  identity: string,
  nowMs: number,
): Explanation {
  const { gates, allowed } = judgeEach(snapshot, subject, asks, nowMs);
  const refusal = gates.find((gate) => gate.refusal !== undefined)?.refusal;
  return {
    decision: refusal === undefined ? "allow" : "deny",
    operation: subject.operation,
    identity,
    asks: asks.map((ask, i) => ({
      action: ask.action,
      resource: arnOf(ask),
      allowedBy: allowed[i],
    })),
    gates: gates.map(({ gate, refusal: refused }) => ({
      gate,
      outcome: refused === undefined ? "passed" : "refused",
      rule: refused?.denial.rule,
    })),
    code: refusal?.fault.code,
    message: refusal?.fault.message,
    detail: refusal?.fault.why,
    note: undefined,
  };
}

/** The point at which a decision ends here: its verdict, or something that only a client sends. */
type End =
  | Verdict
  | { readonly kind: "document"; readonly facts: Facts }
  | { readonly kind: "body"; readonly facts: Facts }
  | { readonly kind: "owner"; readonly facts: Facts }
  | { readonly kind: "form"; readonly facts: Facts };

function endOf(settled: Settled<Recognized>): End {
  if (settled.kind === "open") return waitingFor(settled.asking);
  const { value } = settled;
  switch (value.kind) {
    case "verdict":
      return value.verdict;
    case "form":
      return { kind: "form", facts: value.form.facts };
    case "subject":
      throw new Error("A subject goes on to the gates");
  }
}

function waitingFor({ need, facts }: Asking): End {
  switch (need.kind) {
    case "document":
    case "body":
    case "form":
    case "owner":
      return { kind: need.kind, facts };
    default:
      throw new Error(`Nothing answers "${need.kind}" here`);
  }
}

/** The word of the data path itself, which also knows what no gate does. */
function verdictOf(settled: Settled<Verdict>, { dependsOnTags, wrong }: Answers): Word {
  const fault = wrong();
  if (settled.kind === "open" && fault !== undefined) {
    return wordOf({ kind: "refuse", facts: settled.asking.facts, fault }, dependsOnTags());
  }
  return wordOf(
    settled.kind === "done" ? settled.value : waitingFor(settled.asking),
    dependsOnTags(),
  );
}

type Word = Pick<Explanation, "decision" | "code" | "message" | "detail" | "note">;

function wordOf(end: End, dependsOnTags: boolean): Word {
  const { denial, reported, entries, entriesDenied } = end.facts;
  if (end.kind === "refuse") {
    const { code, message, why: detail } = end.fault;
    return {
      decision: "deny",
      code,
      message,
      detail,
      note: dependsOnTags ? TAGS_UNKNOWN : undefined,
    };
  }
  const isOpen = end.kind === "document" || end.kind === "form";
  if (entries !== undefined && entriesDenied !== undefined && entriesDenied.length > 0) {
    const keys = entriesDenied.map((i) => entries[i]?.key ?? "").slice(0, KEYS_NAMED);
    const more = entriesDenied.length > KEYS_NAMED ? ", …" : "";
    const of = `${entriesDenied.length} of ${entries.length} keys`;
    const note = `${of} are refused, the others are deleted: ${keys.join(", ")}${more}`;
    const { code, message } = fault("AccessDenied");
    return { decision: "deny", code, message, detail: undefined, note };
  }
  const note = reported
    ? `Report mode lets it through; ${denial?.gate} would refuse it`
    : dependsOnTags
      ? TAGS_UNKNOWN
      : NOTES.get(end.kind);
  const decision = isOpen ? "undecided" : "allow";
  return { decision, code: undefined, message: undefined, detail: undefined, note };
}

/** Keys of a DeleteObjects that are named of those refused. */
const KEYS_NAMED = 10;
const TAGS_UNKNOWN =
  "It depends on tags that only the store has: judged here as if there were none";

const NOTES: ReadonlyMap<End["kind"], string> = new Map<End["kind"], string>([
  ["owner", "Sent with a key of the bucket's owner, which Ceph is asked for then"],
  [
    "document",
    "The document in the body decides, each key of a DeleteObjects by itself: give it with --body",
  ],
  ["form", "The fields of the form say who sends it, and are judged when they have come"],
]);
