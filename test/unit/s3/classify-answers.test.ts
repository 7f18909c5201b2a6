/** The refusals of classify() that AWS has too: its words, and the elements that it names the fault with. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseTarget } from "../../../src/http/target.ts";
import { parseAddress } from "../../../src/s3/address.ts";
import { classify } from "../../../src/s3/classify.ts";
import { CEPH_EXTENSIONS } from "../../../src/s3/extensions.ts";
import type { Fault } from "../../../src/s3/faults.ts";

function refusal(request: string, headers: readonly string[] = []): Fault {
  const [method = "", raw = ""] = request.split(" ");
  const target = parseTarget(raw);
  assert.ok(target.ok);
  const located = parseAddress(target.value.path, undefined, { domains: [], accountDomains: [] });
  assert.ok(located.ok);
  const found = classify(method, located.value.address, target.value.query, headers);
  assert.ok(!found.ok, `${request} is an operation`);
  return found.error;
}

const NOT_ALLOWED = "The specified method is not allowed against this resource.";
const COPY = ["x-amz-copy-source", "bucket/source"];
const NONE: readonly string[] = [];

/** The answers as versitygw's tests quote them: see aws-answers.ts. */
const ANSWERS = [
  ["GET /bucket/k?uploads", NONE, "Key is not expected for the GET method ?uploads subresource"],
  ["DELETE /bucket/k?uploads", NONE, NOT_ALLOWED, "Method=DELETE", "ResourceType=UPLOADS"],
  ["HEAD /bucket?acl", NONE, NOT_ALLOWED, "Method=HEAD", "ResourceType=ACL"],
  ["PATCH /bucket/k", NONE, NOT_ALLOWED, "Method=PATCH", "ResourceType=OBJECT"],
  ["PATCH /bucket", NONE, NOT_ALLOWED, "Method=PATCH", "ResourceType=BUCKET"],
  ["DELETE /", NONE, NOT_ALLOWED, "Method=DELETE", "ResourceType=SERVICE"],
  ["GET /bucket/k?policy", NONE, "There is no such thing as the ?policy sub-resource for a key"],
  ["GET /bucket/k?delete", NONE, "There is no such thing as the ?delete sub-resource for a key"],
  ["PUT /bucket/k?uploads", NONE, NOT_ALLOWED, "Method=PUT", "ResourceType=UPLOADS"],
  [
    "POST /bucket",
    NONE,
    "At least one of the pre-conditions you specified did not hold",
    "Condition=Bucket POST must be of the enclosure-type multipart/form-data",
  ],
  [
    "GET /bucket/k",
    COPY,
    "You can only specify a copy source header for copy requests.",
    "ArgumentName=x-amz-copy-source",
    "ArgumentValue=bucket/source",
  ],
  [
    "PUT /bucket/k?partNumber=1",
    NONE,
    "This operation does not accept partNumber without uploadId",
    "ArgumentName=partNumber",
    "ArgumentValue=1",
  ],
] as const;

describe("classify() answers as AWS does", () => {
  for (const [request, headers, message, ...elements] of ANSWERS) {
    test(`${request} with ${JSON.stringify(headers)}`, () => {
      const fault = refusal(request, headers);
      assert.equal(fault.message, message);
      assert.deepEqual(
        fault.elements.map(([name, value]) => `${name}=${value}`),
        elements,
      );
    });
  }
});

/** The messages that tell how to mend a request of which AWS has no answer. */
const OURS = [
  ["a rename's source elsewhere", "PUT /bucket/k", ["x-amz-rename-source", "b/s"], /rename-source/],
  ["another method of a part", "GET /bucket?partNumber=1", NONE, /"partNumber" does not belong/],
  ["another name in an upload", "PUT /bucket/k?part=1", NONE, /"part" does not belong to PutObj/],
  ["a part of a copy", "PUT /bucket/k?partNumber=1", COPY, /does not belong to CopyObject/],
  ["a part's number", "PUT /bucket/k?uploadId=u&x-id=a", NONE, /needs the .*"partNumber"/],
  ["a name without a value", "PUT /bucket?analytics&id=", NONE, /"id" must not be empty/],
  ["a flag's value", "GET /bucket?acl=private", NONE, /"acl" takes no value: got "private"/],
  ["a fixed value", "GET /bucket?list-type=3", NONE, /"list-type" must be "2": got "3"/],
] as const;

for (const [what, request, headers, wanted] of OURS) {
  test(`classify() names what is wrong with ${what}`, () => {
    assert.match(refusal(request, headers).message, wanted);
  });
}

test("classify() names the parameter of a store's own whose value is not served", () => {
  const bucket = { tenant: undefined, name: "bucket" };
  const target = parseTarget("/bucket?read-stats=yes");
  assert.ok(target.ok);
  const { query } = target.value;
  const extensions = CEPH_EXTENSIONS;
  const understood = { ignoredHeaders: new Set<string>(), beyondBounds: false, extensions };
  const found = classify("HEAD", { kind: "bucket", bucket }, query, [], understood);
  assert.deepEqual(found.ok ? [] : found.error.elements, [
    ["ArgumentName", "read-stats"],
    ["ArgumentValue", "yes"],
  ]);
});
