import { admit } from "../../src/admission/admit.ts";
import type { WholeBody } from "../../src/admission/body-plan.ts";
import type { BucketRecord } from "../../src/admission/record.ts";
import type { Answer, DocumentNeed, FormHead, Need } from "../../src/admission/known.ts";
import type { Asking } from "../../src/admission/deciding.ts";
import type { Key } from "../../src/admission/principal.ts";
import type { Judging } from "../../src/admission/reply-plan.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import type { Verdict } from "../../src/admission/verdict.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { ok, type Result } from "../../src/lib/result.ts";
import { readDocument } from "../../src/s3/document-reader.ts";
import type { Revocation } from "../../src/session/revocation.ts";
import type { Fault } from "../../src/s3/faults.ts";
import type { Tags } from "../../src/s3/tags.ts";

/** The answers that a decision gets if it asks; it waits for those that are not here. */
export type Told = {
  /** Keys by access key id; `undefined` if nobody has it. */
  readonly keys?: ReadonlyMap<string, Key | undefined>;
  /** Keys by the account's name; `undefined` if it has no key. */
  readonly owners?: ReadonlyMap<string, Key | undefined>;
  /** Records by the bucket's id; `undefined` if nothing is known of it. */
  readonly records?: ReadonlyMap<string, BucketRecord | undefined>;
  /** The revoked sessions. */
  readonly revoked?: readonly Revocation[];
  /** Tags by the name of the need. */
  readonly tags?: ReadonlyMap<string, Tags>;
  /** The document in the body. */
  readonly body?: string | Buffer;
  /** A small body whose trailer becomes a header. */
  readonly whole?: WholeBody;
  readonly form?: FormHead;
  /** The length of the form's file. */
  readonly fileBytes?: number;
  /** Called for each turn that the decision leaves to others. */
  readonly onTurn?: () => void;
};

/** The result of a request: its verdict, or the questions of its decision that are still open. */
export type Decided = Verdict | ({ readonly kind: "asking" } & Asking);

/** Takes the decision on `head` as far as `told` allows. */
export function decided(
  snapshot: Snapshot,
  head: RequestHead,
  nowMs: number,
  told: Told = {},
): Decided {
  const deciding = admit(snapshot, head, nowMs);
  let step = deciding.next();
  while (step.done !== true) {
    const { need, facts } = step.value;
    const answer = need.kind === "document" ? documentIn(need, told) : ok(answerTo(need, told));
    if (!answer.ok) return { kind: "refuse", facts, fault: answer.error };
    if (answer.value === undefined) return { kind: "asking", need, facts };
    step = deciding.next(answer.value);
  }
  return step.value;
}

/** Reads the document as the shell does. */
function documentIn(
  { operation, headers }: DocumentNeed,
  { body }: Told,
): Result<Answer | undefined, Fault> {
  if (body === undefined) return ok(undefined);
  const document = readDocument(operation, headers, Buffer.from(body));
  return document.ok ? ok({ kind: "document", document: document.value }) : document;
}

/**
 * Returns a decision in a word: the error code of a refusal, the question that it asks, else the
 * verdict's kind.
 */
export function word(decision: Decided): string {
  switch (decision.kind) {
    case "refuse":
      return decision.fault.code;
    case "asking":
      return decision.need.kind;
    case "forward":
    case "answer":
    case "keep":
      return decision.kind;
  }
}

function answerTo(need: Need, told: Told): Answer | undefined {
  const { keys, owners, records, revoked, tags, whole, form, fileBytes, onTurn } = told;
  switch (need.kind) {
    case "key":
      return keys?.has(need.accessKeyId) === true
        ? { kind: "key", key: keys.get(need.accessKeyId) }
        : undefined;
    case "owner":
      return owners?.has(need.account) === true
        ? { kind: "owner", key: owners.get(need.account) }
        : undefined;
    case "record":
      return records?.has(need.bucket.id) === true
        ? { kind: "record", record: records.get(need.bucket.id) }
        : undefined;
    case "revocations":
      return revoked && { kind: "revocations", revoked };
    case "tags": {
      const found = tags?.get(need.name);
      return found && { kind: "tags", tags: found };
    }
    case "document":
      return undefined;
    case "body":
      return whole && { kind: "body", body: whole };
    case "turn":
      onTurn?.();
      return { kind: "turn" };
    case "form":
      return form && { kind: "form", head: form };
    case "file":
      return fileBytes === undefined ? undefined : { kind: "file", length: fileBytes };
  }
}

/** Finishes a judgement that leaves turns to nobody. */
export function told(judging: Judging): boolean | "spent" {
  let step = judging.next();
  while (step.done !== true) step = judging.next();
  return step.value;
}
