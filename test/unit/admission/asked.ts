/**
 * Decisions that are told what they ask for, with all that they asked, and gateways that keep the
 * records of buckets whose owners the store knows by their own keys.
 */
import assert from "node:assert/strict";
import { admit } from "../../../src/admission/admit.ts";
import { answerFrom } from "../../../src/admission/deciding.ts";
import type { Answer, Need } from "../../../src/admission/known.ts";
import type { Key } from "../../../src/admission/principal.ts";
import type { BucketRecord } from "../../../src/admission/record.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import type { Verdict } from "../../../src/admission/verdict.ts";
import { compileSnapshot, recordReader } from "../../../src/config/compile.ts";
import type { Config } from "../../../src/config/config.ts";
import { readDocument } from "../../../src/s3/document-reader.ts";
import type { Tags } from "../../../src/s3/tags.ts";
import { goodConfig } from "../../support/config.ts";
import { filesOf, headOf, type People, type Sent } from "./people.ts";
import { NOW } from "./world.ts";

/** The answers of those who are asked. */
type Answers = {
  readonly tags?: Readonly<Record<string, Tags>>;
  readonly owner?: Key;
  readonly records?: Readonly<Record<string, BucketRecord>>;
  readonly body?: string;
};

/** The verdict, and all that was asked for before it, in order and however often. */
export function settle(
  snapshot: Snapshot,
  who: string | undefined,
  line: string,
  sent: Sent = {},
  answers: Answers = {},
): { readonly verdict: Verdict; readonly needs: readonly Need[] } {
  const needs: Need[] = [];
  const step = answerFrom(admit(snapshot, headOf(who, line, sent), NOW), (need): Answer => {
    needs.push(need);
    switch (need.kind) {
      case "tags":
        return { kind: "tags", tags: answers.tags?.[need.name] ?? new Map() };
      case "owner":
        return { kind: "owner", key: answers.owner };
      case "record":
        return { kind: "record", record: answers.records?.[need.bucket.id] };
      case "document": {
        const document = readDocument(
          need.operation,
          need.headers,
          Buffer.from(answers.body ?? ""),
        );
        assert.ok(document.ok);
        return { kind: "document", document: document.value };
      }
      default:
        return assert.fail(need.kind);
    }
  });
  assert(step.done === true);
  return { verdict: step.value, needs };
}

/** `people` without keys at the store for `account`, whose own keys the store knows. */
export function asItself(people: People, account: string, keys?: readonly object[]): Config {
  const files = filesOf(people);
  const { accounts, buckets } = JSON.parse(files["accounts.yaml"] ?? "");
  for (const one of accounts) {
    if (one.name !== account) continue;
    delete one.upstream;
    if (keys !== undefined) one.keys = keys;
  }
  const gateway = JSON.parse(files["gateway.yaml"] ?? "");
  const state = { directory: "records" };
  return goodConfig({
    ...files,
    "accounts.yaml": JSON.stringify({ accounts, buckets }),
    "gateway.yaml": JSON.stringify({ ...gateway, state }),
  });
}

/** A gateway that finds the record of `bucket`, which is A's, with this policy. */
export function keeping(
  config: Config,
  policy: string | undefined,
): { readonly snapshot: Snapshot; readonly records: Readonly<Record<string, BucketRecord>> } {
  const record = recordReader(config)("bucket", { owner: "A", policy });
  assert.ok(record.ok);
  const elsewhere = { keys: false, records: true };
  return {
    snapshot: { ...compileSnapshot(config, 1), elsewhere },
    records: { bucket: record.value },
  };
}
