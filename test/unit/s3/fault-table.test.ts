/** Our table of faults against what AWS says of its errors, and against answers of AWS. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  AGAINST_FORM_POLICY,
  CREDENTIAL_PROBLEMS,
  FAULTS,
  FORM_POLICY_PROBLEMS,
  NAMED_FAULTS,
} from "../../../src/s3/fault-table.ts";
import { awsFault, fault, filledIn } from "../../../src/s3/faults.ts";
import { AWS_ANSWERS } from "./aws-answers.ts";

/** The list of the SDK's documentation of `Error`: code to description and status. */
const MODELLED = modelled(
  readFileSync(
    new URL(
      "../../../node_modules/@aws-sdk/client-s3/dist-types/models/models_0.d.ts",
      import.meta.url,
    ),
    "utf8",
  ),
);

type Modelled = { readonly status: number; readonly description: string };

function modelled(source: string): ReadonlyMap<string, Modelled> {
  const text = source.replaceAll(/\s*\n\s*\*\s?/g, " ").replaceAll(/\s+/g, " ");
  const rows = text.split("<i>Code:</i>").slice(1);
  return new Map(
    rows.flatMap((row): readonly [string, Modelled][] => {
      const [, code] = /^ ?(\w+) ?</.exec(row) ?? [];
      const [, description] = /<i>Description:<\/i> ?(.*?) ?<\/p>/.exec(row) ?? [];
      const [, status] = /<i>HTTP Status Code:<\/i> ?(\d{3})/.exec(row) ?? [];
      if (code === undefined || description === undefined || status === undefined) return [];
      return [[code, { status: Number(status), description }]];
    }),
  );
}

/** Codes that S3 answers and the SDK's list does not have. Each has an answer of AWS to show. */
const NOT_MODELLED = new Set([
  "AuthorizationQueryParametersError",
  "InvalidRedirectLocation",
  "InvalidTag",
  "MalformedPolicy",
  "MalformedTrailerError",
  "RequestHeaderSectionTooLarge",
  "XAmzContentSHA256Mismatch",
]);

describe("the table of faults and the SDK's model", () => {
  test("the SDK's list is read", () => assert(MODELLED.size > 70, `${MODELLED.size}`));

  test("every code is one that the SDK knows, or one of a few", () => {
    const unknown = Object.keys(FAULTS).filter((code) => !MODELLED.has(code));
    assert.deepEqual(unknown.toSorted(), [...NOT_MODELLED].toSorted());
  });

  for (const [code, row] of Object.entries(FAULTS)) {
    const model = MODELLED.get(code);
    if (model === undefined) continue;
    test(`${code} has the status of the SDK's list`, () => assert.equal(row.status, model.status));
  }
});

describe("the table of faults says where a text was read:", () => {
  const described = new Set(Array.from(MODELLED.values(), ({ description }) => description));
  for (const [code, { message, from }] of Object.entries(FAULTS)) {
    test(`${code}: ${from}`, () => {
      const isListed = MODELLED.get(code)?.description === message;
      assert.equal(from, isListed ? "api" : quoted(code, message));
    });
  }
  for (const [name, { code, message, from }] of Object.entries(NAMED_FAULTS)) {
    test(`${name}: ${from}`, () => {
      assert.equal(from, described.has(message) ? "api" : quoted(code, message));
    });
  }
});

/**
 * Returns "answer" if AWS has answered this, as others quote it. Of a text that ends in a sentence
 * of another table, the beginning counts.
 */
function quoted(code: string, message: string): "answer" | "ours" {
  const isQuoted = AWS_ANSWERS.some((answer) => {
    if (answer.code !== code) return false;
    if (!message.endsWith("{}")) return answer.message === message;
    return answer.message.startsWith(message.slice(0, -2));
  });
  return isQuoted ? "answer" : "ours";
}

describe("the table of faults and answers of AWS", () => {
  const ours = new Set(
    [
      ...Object.entries(FAULTS).map(([code, row]) => ({ code, message: row.message })),
      ...Object.values(NAMED_FAULTS),
      ...within(
        "AuthorizationHeaderMalformed",
        NAMED_FAULTS.MalformedAuthorization.message,
        Object.values(CREDENTIAL_PROBLEMS),
      ),
      ...within(
        "AuthorizationQueryParametersError",
        NAMED_FAULTS.QueryCredential.message,
        Object.values(CREDENTIAL_PROBLEMS),
      ),
      ...within(
        "InvalidPolicyDocument",
        NAMED_FAULTS.FormPolicy.message,
        Object.values(FORM_POLICY_PROBLEMS),
      ),
      ...within(
        "AccessDenied",
        NAMED_FAULTS.AgainstFormPolicy.message,
        Object.values(AGAINST_FORM_POLICY),
      ),
    ].map(({ code, message }) => `${code}: ${message}`),
  );

  for (const { code, status, message, source } of AWS_ANSWERS) {
    test(`${code}: ${message}`, () => {
      assert(ours.has(`${code}: ${message}`), `not in our table; quoted by ${source}`);
      const row = Object.entries(FAULTS).find(([name]) => name === code)?.[1];
      assert.equal(row?.status, status);
    });
  }
});

function within(
  code: string,
  message: string,
  problems: readonly string[],
): readonly { readonly code: string; readonly message: string }[] {
  return problems.map((problem) => ({ code, message: filledIn(message, [problem]) }));
}

test("awsFault() fills in values as they are, also such as look like places for values", () => {
  const { code, message, why } = awsFault("QueryDateOther", { values: ["{}", "$&"], why: "w" });
  assert.equal(code, "AuthorizationQueryParametersError");
  assert.equal(
    message,
    'Invalid credential date "{}". This date is not the same as X-Amz-Date: "$&".',
  );
  assert.equal(why, "w");
});

test("awsFault() fills in a value that is all of the message, and none that has no place", () => {
  assert.equal(awsFault("FormCredential", { values: ["v"] }).message, "v");
  assert.equal(awsFault("VersionId", { values: ["v"] }).message, "Invalid version id specified");
});

test("a fault has no elements unless they are given", () => {
  assert.deepEqual(fault("AccessDenied").elements, []);
  assert.deepEqual(awsFault("VersionId").elements, []);
});

test("fault() says our own words, or the code's", () => {
  assert.equal(fault("InvalidRequest", "ours").message, "ours");
  assert.equal(fault("NoSuchBucket").message, "The specified bucket does not exist");
});
