/** The requests of operation-rows.ts, sent to a gateway whose store knows what they ask for. */

import assert from "node:assert/strict";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { word, type Decided } from "../../support/decided.ts";
import { policyParts } from "../../support/forms.ts";
import { timestampOf, type KeyPair } from "../../support/signed.ts";
import { ROWS, type Row } from "./operation-rows.ts";
import { judge, NOW } from "./world.ts";

/** gateway.yaml of a store that knows every operation but the one that is never forwarded. */
export const EVERY_OPERATION_SERVED = `upstream:
  endpoints: ["http://store:7480"]
  store: aws
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
export function judgeRow(snapshot: Snapshot, row: Row, caller: KeyPair | undefined): Decided {
  const { line, headers = {}, body, form } = row;
  if (form !== undefined) return judgeForm(snapshot, row, form, caller);
  const signer = caller === undefined ? {} : { as: caller };
  const request = { ...signer, headers, ...(body === undefined ? {} : { body }) };
  return judge(snapshot, line, request, { body: body ?? "" });
}

function judgeForm(
  snapshot: Snapshot,
  { line, headers = {} }: Row,
  form: Readonly<Record<string, string>>,
  caller: KeyPair | undefined,
): Decided {
  assert.equal(word(judge(snapshot, line, { headers })), "form");
  const said = Object.entries(form);
  const fields = new Map([...said, ...(caller === undefined ? [] : proofOf(said, caller))]);
  const told = { form: { fields, fileBytesMax: 1 }, fileBytes: 1 };
  return judge(snapshot, line, { headers }, told);
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
export function heldBack(verdict: Decided): readonly string[] {
  if (verdict.kind !== "forward" || verdict.reply.kind !== "merge-delete") return [];
  return verdict.reply.denied.map(({ key }) => key);
}
