/** The requests of operation-rows.ts, sent to a gateway whose store knows what they ask for. */

import assert from "node:assert/strict";
import { admitBytes } from "../../support/documents.ts";
import { admitForm } from "../../../src/admission/admit-form.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import type { Verdict } from "../../../src/admission/verdict.ts";
import { policyParts } from "../../support/forms.ts";
import { timestampOf, type KeyPair } from "../../support/signed.ts";
import { ROWS, type Row } from "./operation-rows.ts";
import { judge, NOW } from "./world.ts";

/** gateway.yaml of a store that knows every operation but the one that is never forwarded. */
export const EVERY_OPERATION_SERVED = `upstream:
  endpoints: ["http://store:7480"]
  operations: [${servedOperations().join(", ")}]
identities: [{ accounts: accounts.yaml }]
`;

function servedOperations(): readonly string[] {
  const served = ROWS.filter(({ ends }) => ends === undefined);
  return [...new Set(served.map(({ operation }) => operation))];
}

export function policyDocument(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/**
 * The verdict on the row's request, with its document or form once that is asked for. Without
 * `caller` nothing is signed.
 */
export function judgeRow(snapshot: Snapshot, row: Row, caller: KeyPair | undefined): Verdict {
  const { line, headers = {}, body, form } = row;
  if (form !== undefined) return judgeForm(snapshot, row, form, caller);
  const signer = caller === undefined ? {} : { as: caller };
  const request = { ...signer, headers, ...(body === undefined ? {} : { body }) };
  const verdict = judge(snapshot, line, request);
  if (verdict.kind !== "read") return verdict;
  return admitBytes(snapshot, verdict.pending, Buffer.from(body ?? ""), NOW);
}

function judgeForm(
  snapshot: Snapshot,
  { line, headers = {} }: Row,
  form: Readonly<Record<string, string>>,
  caller: KeyPair | undefined,
): Verdict {
  const verdict = judge(snapshot, line, { headers });
  assert(verdict.kind === "form");
  const said = Object.entries(form);
  const fields = new Map([...said, ...(caller === undefined ? [] : proofOf(said, caller))]);
  return admitForm(snapshot, verdict.pending, { fields, length: 1 }, NOW);
}

type Fields = readonly (readonly [name: string, value: string])[];

/** The fields by which `caller` lets a form with `said` upload to the bucket. */
function proofOf(said: Fields, caller: KeyPair): Fields {
  const conditions = [{ bucket: "bucket" }, ...said.map(([name, value]) => ({ [name]: value }))];
  const scope = { timestamp: timestampOf(NOW) };
  const parts = policyParts(caller, scope, { expiresMs: NOW + 60_000, conditions });
  return parts.map(({ name, value }) => [name, value] as const);
}

/** The keys that a DeleteObjects held back from a store that was asked to delete the others. */
export function heldBack(verdict: Verdict): readonly string[] {
  if (verdict.kind !== "forward" || verdict.reply.kind !== "merge-delete") return [];
  return verdict.reply.denied.map(({ key }) => key);
}
