import { pino } from "pino";
import { admitBody } from "../admission/admit-body.ts";
import { admit } from "../admission/admit.ts";
import { NOBODY_RULE } from "../admission/authenticate.ts";
import { decisionOf, type Decision } from "../admission/facts.ts";
import { NOTHING_KNOWN, type Known, type Need } from "../admission/known.ts";
import type { PendingBody } from "../admission/pending.ts";
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
import type { S3Document } from "../s3/document-reader.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { rememberRecords, type RememberedRecords } from "../explain/records.ts";
import { openKeptRecords } from "./kept-records.ts";
import { recordedRequest, type RecordedRequest, type WhyNot } from "./recorded-request.ts";
import { signedAgain } from "./signed-again.ts";

/** What is decided, and by what; undefined: nothing refused. */
export type Outcome = {
  readonly decision: Decision;
  readonly gate: string | undefined;
  readonly rule: string | undefined;
};

/** Decides recorded requests under one configuration. */
export type Decider = {
  /** The error: why it cannot be. */
  readonly decide: (entry: AuditEntry) => Promise<Result<Outcome, WhyNot>>;
  readonly close: () => Promise<void>;
};

/**
 * Recorded requests are built anew, signed with the keys that `config` knows and put through the
 * very `admit` that serves clients, at the time at which they came. What the gateway keeps of
 * buckets is read as it is now, and keys in Ceph are looked up.
 */
export function openDecider(config: Config): Decider {
  const kept = openKeptRecords(config);
  const records = kept && rememberRecords(kept.read);
  const identities =
    config.ceph.length === 0
      ? undefined
      : openIdentities(config, new Metrics(), pino({ level: "silent" }));
  const snapshot: Snapshot = {
    ...compileSnapshot(config, 1),
    elsewhere: { key: identities?.find, bucket: records?.find },
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
  readonly records: RememberedRecords | undefined;
};

async function decide(context: Context, entry: AuditEntry): Promise<Result<Outcome, WhyNot>> {
  if (!wasProved(entry)) return err("authentication");
  const recorded = recordedRequest(entry);
  if (!recorded.ok) return recorded;
  const { operation, inputs } = recorded.value;
  if (inputs.auth === "form" || operation === "PostObject") return err("form");
  const nowMs = Date.parse(entry.time);
  const key =
    entry.accessKeyId === undefined ? ok(undefined) : await context.keyOf(entry.accessKeyId);
  if (!key.ok) return key;
  if (entry.accessKeyId !== undefined && key.value === undefined) return ok(NOBODYS_KEY);
  const head = signedAgain(context.snapshot, entry, recorded.value, key.value, nowMs);
  return judged(context, recorded.value, head, { key: key.value, nowMs });
}

/** Whether somebody's credentials held, or there were none: of all else nobody's rules speak. */
function wasProved({ gate, rule, accessKeyId, request }: AuditEntry): boolean {
  if (gate === "authentication") return rule === NOBODY_RULE;
  return accessKeyId === undefined || request === undefined || request.auth !== "none";
}

const NOBODYS_KEY: Outcome = {
  decision: "deny",
  gate: "authentication",
  rule: "the access key is not in the configuration",
};

async function judged(
  context: Context,
  recorded: RecordedRequest,
  head: RequestHead,
  { key, nowMs }: { readonly key: Key | undefined; readonly nowMs: number },
): Promise<Result<Outcome, WhyNot>> {
  const { snapshot } = context;
  const known: Known = {
    ...NOTHING_KNOWN,
    keys: new Map(key === undefined ? [] : [[key.accessKeyId, key]]),
  };
  const verdict = await settled(context, () => admit(snapshot, head, nowMs, known));
  if (!verdict.ok) return verdict;
  if (verdict.value.kind === "form") return err("form");
  if (verdict.value.kind !== "read") return ok(outcomeOf(verdict.value));
  const { pending } = verdict.value;
  const document = documentOf(snapshot, recorded, pending);
  if (document === "no matter") return ok(outcomeOf(verdict.value));
  if (document === undefined) return err("document");
  const finished = await settled(context, () =>
    admitBody(snapshot, pending, document, nowMs, known),
  );
  return finished.ok ? ok(outcomeOf(finished.value)) : finished;
}

/** The verdict when everything that it needs was fetched, which the snapshot then finds. */
async function settled(
  { records }: Context,
  ask: () => Verdict,
): Promise<Result<Exclude<Verdict, { readonly kind: "need" }>, WhyNot>> {
  for (;;) {
    const verdict = ask();
    if (verdict.kind !== "need") return ok(verdict);
    for (const need of verdict.needs) {
      const failed = await fetched(records, need);
      if (failed !== undefined) return err(failed);
    }
  }
}

async function fetched(
  records: RememberedRecords | undefined,
  need: Need,
): Promise<WhyNot | undefined> {
  if (need.kind === "tags") return "tags";
  const found = need.kind === "bucket" ? await records?.fetch(need.name) : undefined;
  return found?.ok === true ? undefined : "elsewhere";
}

/** The document as it was read; undefined: it is not recorded, and counts. */
function documentOf(
  { policy }: Snapshot,
  { operation, inputs }: RecordedRequest,
  { asks }: PendingBody,
): S3Document | "no matter" | undefined {
  if (operation === "DeleteObjects") {
    return inputs.deletes && deleteDocument(inputs.deletes);
  }
  const counts = asks.length > 0 || policy.versionGuard || needsOfDocument(operation);
  return counts ? undefined : "no matter";
}

function deleteDocument(deletes: readonly (readonly string[])[]): S3Document {
  const unasked = { eTag: undefined, lastModifiedTime: undefined, size: undefined };
  const entries = deletes.map(([key = "", versionId]) => ({ key, versionId, ...unasked }));
  return { kind: "delete", request: { quiet: true, entries } };
}

function outcomeOf(verdict: Verdict): Outcome {
  const { facts } = verdict;
  const decision = decisionOf(facts);
  if (decision === "none" && verdict.kind === "refuse") {
    return { decision, gate: "request", rule: verdict.fault.code };
  }
  return { decision, gate: facts.denial?.gate, rule: facts.denial?.rule };
}
