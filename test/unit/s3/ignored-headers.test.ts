/** The headers that kinds of store ignore. test/stores/headers.test.ts measures them on real stores. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  IGNORED,
  isIgnored,
  isIgnoredByValue,
  isMeasured,
  withoutEffect,
  type IgnoredHeaders,
} from "../../../src/s3/ignored-headers.ts";
import { isOperationName } from "../../../src/s3/operations.ts";
import { commands, membersOf } from "./sdk-model.ts";

/** The names of all request headers in the SDK's model. */
const MODELLED: ReadonlySet<string> = new Set(
  commands.flatMap(({ name }) =>
    membersOf(name).flatMap(({ traits }) =>
      "httpHeader" in traits ? [String(traits.httpHeader).toLowerCase()] : [],
    ),
  ),
);

for (const [kind, ignored] of Object.entries(IGNORED)) {
  test(`what ${kind} ignores are headers and operations of the S3 API`, () => {
    const rows = [...ignored];
    assert.deepEqual(
      rows.map(([operation]) => operation).filter((name) => name !== "*" && !isOperationName(name)),
      [],
    );
    const names = rows.flatMap(([, headers]) => [...headers]);
    assert.deepEqual(
      names.filter((name) => !MODELLED.has(name)),
      [],
    );
    assert.deepEqual(
      rows.filter(([, { size }]) => size === 0),
      [],
    );
  });
}

/** A store that ignores whatever the API has. */
const ALL: IgnoredHeaders = new Map([["*", MODELLED]]);

/** The requests for something that a client would believe to have, by the API Reference of PutObject. */
const PROMISED = [
  /^if-(?:none-)?match$/,
  /^x-amz-acl$/,
  /^x-amz-grant-/,
  /^x-amz-object-lock-/,
  /^x-amz-server-side-encryption(?:-aws-kms-key-id|-customer-algorithm)?$/,
  /^x-amz-website-redirect-location$/,
];

describe("withoutEffect() of a store that ignores all headers", () => {
  for (const name of MODELLED) {
    const isPromise = PROMISED.some((one) => one.test(name));
    test(`${isPromise ? "finds" : "passes over"} ${name}`, () => {
      const found = withoutEffect(ALL, "PutObject", ["host", "h", name, "value"]);
      assert.equal(found, isPromise ? name : undefined);
    });
  }

  for (const [name, value] of [
    ["x-amz-object-lock-legal-hold", "OFF"],
    ["x-amz-acl", "private"],
    ["x-amz-acl", "bucket-owner-full-control"],
  ] as const) {
    test(`passes over ${name}: ${value}, which asks for nothing`, () => {
      assert.equal(withoutEffect(ALL, "PutObject", [name, value]), undefined);
    });
  }

  test("takes no value for a name", () => {
    assert.equal(withoutEffect(ALL, "PutObject", ["x-amz-meta-a", "x-amz-acl"]), undefined);
  });
});

test("withoutEffect() goes by the operation", () => {
  const ignored: IgnoredHeaders = new Map([["CopyObject", new Set(["x-amz-acl"])]]);
  const headers = ["x-amz-acl", "public-read"];
  assert.equal(withoutEffect(ignored, "CopyObject", headers), "x-amz-acl");
  assert.equal(withoutEffect(ignored, "PutObject", headers), undefined);
});

test("withoutEffect() finds nothing at a store that nobody measured", () => {
  assert.equal(isMeasured(IGNORED.generic), false);
  assert.equal(isMeasured(IGNORED.aws), true);
  assert.equal(withoutEffect(IGNORED.generic, "PutObject", ["x-amz-acl", "x"]), undefined);
});

test("isIgnoredByValue() finds a header with a value, of the operation or of all", () => {
  const ignored: IgnoredHeaders = new Map([
    ["*", new Set(["x-amz-acl: private", "x-amz-tagging"])],
    ["CopyObject", new Set(["x-amz-storage-class: GLACIER"])],
  ]);
  assert.equal(isIgnoredByValue(ignored, "PutObject", "x-amz-acl"), true);
  assert.equal(isIgnoredByValue(ignored, "CopyObject", "x-amz-storage-class"), true);
  assert.equal(isIgnoredByValue(ignored, "PutObject", "x-amz-storage-class"), false);
  assert.equal(isIgnoredByValue(ignored, "PutObject", "x-amz-tagging"), false);
  assert.equal(isIgnoredByValue(ignored, "PutObject", "x-amz"), false);
  assert.equal(isIgnored(ignored, "PutObject", "x-amz-acl"), false);
});
