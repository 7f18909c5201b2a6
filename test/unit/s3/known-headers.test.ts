import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTED_ON,
  DROPPED_HEADERS,
  isUnknownAmzHeader,
  joinLists,
} from "../../../src/s3/known-headers.ts";
import { commands, membersOf } from "./sdk-model.ts";

/** Names and prefixes of all request headers in the SDK's model. */
const modelled = new Set(
  commands.flatMap(({ name }) =>
    membersOf(name).flatMap(({ traits }) => {
      if ("httpHeader" in traits) return [String(traits.httpHeader).toLowerCase()];
      if ("httpPrefixHeaders" in traits) return [`${String(traits.httpPrefixHeaders)}own-name`];
      return [];
    }),
  ),
);

test("the SDK's model yields its headers", () => {
  assert.ok(modelled.has("x-amz-acl"));
  assert.ok(modelled.has("x-amz-fwd-status"));
  assert.ok(modelled.has("x-amz-meta-own-name"));
  assert.ok(modelled.size >= 130);
});

test("isUnknownAmzHeader() knows every request header of the SDK's model", () => {
  assert.deepEqual([...modelled].filter(isUnknownAmzHeader), []);
});

/** What clients send beside the model, and who. */
const beside = [
  ["x-amz-api-version", "the SDK for C++, with every request"],
  ["x-amz-bucket-region", "the SDK for Java 1, of an object's answer"],
  ["x-amz-version-id", "the SDK for Java 1, of an object's answer"],
  ["x-amz-cf-id", "CloudFront"],
  ["x-amz-content-sha256", "all with SigV4"],
  ["x-amz-date", "all"],
  ["x-amz-decoded-content-length", "all with aws-chunked framing"],
  ["x-amz-expiration", "s3cmd modify, of an object with a lifecycle"],
  ["x-amz-security-token", "all with temporary credentials"],
  ["x-amz-tagging-count", "s3cmd modify, of an object with tags"],
  ["x-amz-te", "the SDKs for Go, version 1, and for Java, version 2"],
  ["x-amz-trailer", "all with trailing checksums"],
  ["x-amz-user-agent", "the SDK for JavaScript"],
  ["x-amz-meta-s3cmd-attrs", "s3cmd"],
  ["x-amz-meta-mtime", "rclone and s3fs"],
  ["content-type", "anybody"],
  ["amz-sdk-invocation-id", "all SDKs"],
  ["x-amzn-trace-id", "AWS Lambda"],
] as const;

for (const [name, client] of beside) {
  test(`isUnknownAmzHeader() knows ${name}, which ${client} send`, () => {
    assert.equal(isUnknownAmzHeader(name), false);
  });
}

const unknown = [
  ["what nobody has heard of", "x-amz-new-and-unknown"],
  ["nothing after the prefix", "x-amz-"],
  ["metadata without its last hyphen", "x-amz-meta"],
  ["a known name with more behind it", "x-amz-acl-x"],
  ["a checksum of an algorithm that S3 does not have", "x-amz-checksum-md4"],
  ["the token of an S3 Express session, which the gateway cannot prove", "x-amz-s3session-token"],
  ["an answer's header that no client repeats", "x-amz-restore-output-path"],
  ["a condition that RGW alone has", "x-amz-delete-if-unmodified-since"],
  ["a name that every object of JavaScript has", "x-amz-constructor"],
] as const;

for (const [what, name] of unknown) {
  test(`isUnknownAmzHeader() does not know ${what}`, () => {
    assert.equal(isUnknownAmzHeader(name), true);
  });
}

test("no header that is dropped is an input of the API's operations", () => {
  assert.deepEqual(
    [...DROPPED_HEADERS.keys()].filter((name) => modelled.has(name)),
    [],
  );
  for (const { sentBy, why } of DROPPED_HEADERS.values()) {
    assert.match(sentBy, /\w/);
    assert.match(why, /\w/);
  }
});

/** The headers that RGW reads in a request (rgw_rest_s3.cc), of version 4A and of S3 Express. */
const actedOn = [
  "x-amz-cache",
  "x-amz-copy-if-match",
  "x-amz-copy-if-modified-since",
  "x-amz-copy-if-none-match",
  "x-amz-copy-if-unmodified-since",
  "x-amz-delete-if-unmodified-since",
  "x-amz-region-set",
  "x-amz-s3session-token",
];

test("each header beside the API that has an effect somewhere is told with its reason", () => {
  assert.deepEqual([...ACTED_ON.keys()].toSorted(), actedOn);
  assert.ok([...ACTED_ON.values()].every((reason) => reason !== ""));
});

test("a header that a store acts on is unknown, and so refused", () => {
  assert.deepEqual(
    [...ACTED_ON.keys()].filter((name) => !isUnknownAmzHeader(name)),
    [],
  );
});

test("joinLists() returns the very list if no list is repeated", () => {
  const headers = ["x-amz-object-attributes", "ETag", "x-amz-meta-a", "1", "x-amz-meta-a", "2"];
  assert.equal(joinLists(headers), headers);
});

test("joinLists() joins the lines of each list in their order, and nothing else", () => {
  const headers = [
    ["x-amz-object-attributes", "ETag"],
    ["x-amz-meta-a", "1"],
    ["x-amz-optional-object-attributes", "RestoreStatus"],
    ["x-amz-object-attributes", "Checksum"],
    ["x-amz-meta-a", "2"],
    ["x-amz-object-attributes", "ObjectSize"],
  ].flat();
  const joined = [
    ["x-amz-object-attributes", "ETag,Checksum,ObjectSize"],
    ["x-amz-meta-a", "1"],
    ["x-amz-optional-object-attributes", "RestoreStatus"],
    ["x-amz-meta-a", "2"],
  ];
  assert.deepEqual(joinLists(headers), joined.flat());
});
