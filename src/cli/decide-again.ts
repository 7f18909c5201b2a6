import { pino } from "pino";
import { admit } from "../admission/admit.ts";
import { NOBODY_RULE } from "../admission/authenticate.ts";
import { decisionOf, type Decision, type Facts } from "../admission/facts.ts";
import type { Answer, Need } from "../admission/known.ts";
import type { Key } from "../admission/principal.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import type { Verdict } from "../admission/verdict.ts";
import { compileSnapshot } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import type { RequestHead } from "../http/head.ts";
import { openIdentities } from "../identity/identities.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { Metrics } from "../observe/metrics.ts";
import { needsOfDocument } from "../s3/document-asks.ts";
import type { BucketId } from "../s3/bucket.ts";
import type { S3Document } from "../s3/document-reader.ts";
import { rememberedRecords, decideBy, type ReadRecord } from "../explain/answers.ts";
import { beginPretended } from "../explain/pretended-session.ts";
import { userHolder, type Session } from "../session/session.ts";
import { identityOf, type AuditEntry } from "./audit-entry.ts";
import { openKeptRecords } from "./kept-records.ts";
import { recordedRequest, type RecordedRequest, type WhyNot } from "./recorded-request.ts";
import { signedAgain } from "./signed-again.ts";

/** The decision, and the rule behind it; `undefined` if nothing refused. */
export type Redecided = {
  readonly decision: Decision;
  readonly gate: string | undefined;
  readonly rule: string | undefined;
};

/** Decides recorded requests under one configuration. */
export type Decider = {
  /** The error: why it cannot be. */
  readonly decide: (entry: AuditEntry) => Promise<Result<Redecided, WhyNot>>;
  readonly close: () => Promise<void>;
};

/**
 * Recorded requests are built anew, signed with the keys that `config` knows and put through the
 * very `admit` that serves clients, at the time at which they came. What the gateway keeps of
 * buckets is read as it is now, and keys of other sources are looked up.
 */
export async function openDecider(config: Config): Promise<Decider> {
  const kept = await openKeptRecords(config);
  const records = kept && rememberedRecords(kept.read);
  const identities = openIdentities(config, new Metrics(), pino({ level: "silent" }));
  const snapshot: Snapshot = {
    ...compileSnapshot(config, 1),
    // Requests are decided as they came: what was revoked since then is another question.
    elsewhere: { keys: identities !== undefined, records: records !== undefined },
  };
  const keyOf = async (accessKeyId: string): Promise<Result<Key | undefined, WhyNot>> => {
    const configured = snapshot.keys.get(accessKeyId);
    if (configured !== undefined || identities === undefined) return ok(configured);
    const found = await identities.key(accessKeyId);
    return found.ok ? found : err("elsewhere");
  };
  return {
    decide: (entry) => decide({ snapshot, keyOf, records }, entry),
    close: async () => {
      await kept?.close();
      await identities?.close();
    },
  };
}

type Context = {
  readonly snapshot: Snapshot;
  readonly keyOf: (accessKeyId: string) => Promise<Result<Key | undefined, WhyNot>>;
  readonly records: ReadRecord | undefined;
};

async function decide(context: Context, entry: AuditEntry): Promise<Result<Redecided, WhyNot>> {
  if (!wasProved(entry)) return err("authentication");
  const recorded = recordedRequest(entry);
  if (!recorded.ok) return recorded;
  const { operation, inputs } = recorded.value;
  if (inputs.auth === "form" || operation === "PostObject") return err("form");
  const nowMs = Date.parse(entry.time);
  if (inputs.session !== undefined) {
    return decideSession(context, entry, recorded.value, inputs.session, nowMs);
  }
  const key =
    entry.accessKeyId === undefined ? ok(undefined) : await context.keyOf(entry.accessKeyId);
  if (!key.ok) return key;
  if (entry.accessKeyId !== undefined && key.value === undefined) return ok(NOBODYS_KEY);
  const head = signedAgain(context.snapshot, entry, recorded.value, key.value, nowMs);
  return judged(context, recorded.value, head, { key: key.value, nowMs });
}

/** Decides as a session that says the same, which goes through the very code that opens tokens. */
async function decideSession(
  context: Context,
  entry: AuditEntry,
  recorded: RecordedRequest,
  said: NonNullable<RecordedRequest["inputs"]["session"]>,
  nowMs: number,
): Promise<Result<Redecided, WhyNot>> {
  const { account, accessKeyId } = entry;
  if (account === undefined) return err("session");
  const held = await holderOf(context, entry, said.parent);
  if (!held.ok) return held;
  if (held.value === undefined) return ok(NO_PARENT);
  const { holder, parent } = held.value;
  const { issuer, subject, tags, policy, sourceIdentity } = said;
  const federated = issuer === undefined || subject === undefined ? undefined : { issuer, subject };
  const session: Session = {
    accessKeyId: accessKeyId ?? "",
    secret: "of a session that is decided again",
    account,
    holder,
    issuedMs: Date.parse(said.issuedAt),
    // The session's end is not recorded, but it had not come.
    expiresMs: nowMs + 1_000,
    tags: new Map(Object.entries(tags)),
    transitiveTags: [],
    policy,
    sourceIdentity,
    federated,
  };
  const begun = beginPretended(context.snapshot, session, identityOf(entry));
  if (!begun.ok) return err("clipped");
  const { opening, key } = begun.value;
  const head = signedAgain(opening, entry, recorded, key, nowMs);
  return judged({ ...context, snapshot: opening }, recorded, head, { key: parent, nowMs });
}

/** The holder that a session acts for, and the key that began it if it is a user's. */
type Held = { readonly holder: Session["holder"]; readonly parent: Key | undefined };

/** Returns the holder of a session; `undefined` if the user's key that began it is no more. */
async function holderOf(
  { keyOf }: Context,
  { role, session: name }: AuditEntry,
  parentId: string | undefined,
): Promise<Result<Held | undefined, WhyNot>> {
  if (role !== undefined && name !== undefined) {
    return ok({ holder: { kind: "role", role, session: name }, parent: undefined });
  }
  if (parentId === undefined) return err("session");
  const parent = await keyOf(parentId);
  if (!parent.ok) return parent;
  if (parent.value === undefined) return ok(undefined);
  // Another secret since then would end the session now; it had not when the request came.
  return ok({ holder: userHolder(parentId, parent.value.secret), parent: parent.value });
}

/**
 * Returns true if the credentials held, or there were none: rules do not apply to other requests.
 */
function wasProved({ gate, rule, accessKeyId, request }: AuditEntry): boolean {
  if (gate === "authentication") return rule === NOBODY_RULE;
  return accessKeyId === undefined || request === undefined || request.auth !== "none";
}

const NOBODYS_KEY: Redecided = {
  decision: "deny",
  gate: "authentication",
  rule: "the access key is not in the configuration",
};

const NO_PARENT: Redecided = {
  decision: "deny",
  gate: "authentication",
  rule: "the key that began the session is no more",
};

async function judged(
  { snapshot, records }: Context,
  recorded: RecordedRequest,
  head: RequestHead,
  { key, nowMs }: { readonly key: Key | undefined; readonly nowMs: number },
): Promise<Result<Redecided, WhyNot>> {
  const answer = async (need: Need): Promise<Result<Answer | undefined, WhyNot>> => {
    switch (need.kind) {
      case "key":
        return ok({ kind: "key", key });
      // Every gate has been asked by then; the key only signs.
      case "owner":
        return ok(undefined);
      case "revocations":
        return ok({ kind: "revocations", revoked: [] });
      case "record":
        return recordIn(records, need.bucket.id);
      case "document":
        return documentIn(snapshot, recorded, need.unjudged);
      case "turn":
        return ok({ kind: "turn" });
      case "tags":
        return err("tags");
      case "body":
        // Nothing is judged by it any more.
        return ok(undefined);
      case "form":
      case "file":
        return err("form");
    }
  };
  const settled = await decideBy(admit(snapshot, head, nowMs), answer);
  if (!settled.ok) return settled;
  const { value } = settled;
  return ok(value.kind === "done" ? outcomeOf(value.value) : outcomeSoFar(value.asking.facts));
}

async function recordIn(
  records: ReadRecord | undefined,
  id: BucketId,
): Promise<Result<Answer, WhyNot>> {
  const record = await records?.(id);
  return record?.ok === true ? ok({ kind: "record", record: record.value }) : err("elsewhere");
}

/** Returns the document as it can be written anew; `undefined` if nothing depends on it. */
function documentIn(
  { policy }: Snapshot,
  { operation, inputs }: RecordedRequest,
  unjudged: boolean,
): Result<Answer | undefined, WhyNot> {
  if (operation === "DeleteObjects") {
    return inputs.deletes === undefined
      ? err("document")
      : ok({ kind: "document", document: deleteDocument(inputs.deletes) });
  }
  const counts = unjudged || policy.versionGuard || needsOfDocument(operation);
  return counts ? err("document") : ok(undefined);
}

function deleteDocument(deletes: readonly (readonly string[])[]): S3Document {
  const unasked = { eTag: undefined, lastModifiedTime: undefined, size: undefined };
  const entries = deletes.map(([key = "", versionId]) => ({ key, versionId, ...unasked }));
  return { kind: "delete", request: { quiet: true, entries } };
}

function outcomeOf(verdict: Verdict): Redecided {
  const outcome = outcomeSoFar(verdict.facts);
  if (outcome.decision !== "none" || verdict.kind !== "refuse") return outcome;
  return { decision: "none", gate: "request", rule: verdict.fault.code };
}

function outcomeSoFar(facts: Facts): Redecided {
  return { decision: decisionOf(facts), gate: facts.denial?.gate, rule: facts.denial?.rule };
}
