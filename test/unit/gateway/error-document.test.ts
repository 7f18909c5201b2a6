import assert from "node:assert/strict";
import { test } from "node:test";
import { errorDocument } from "../../../src/gateway/error-document.ts";
import { awsFault, fault } from "../../../src/s3/faults.ts";

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<Error>';

test("an error has AWS's words, AWS's elements, and ours in Detail", () => {
  const refused = awsFault("HeadersNotSigned", {
    elements: [["HeadersNotSigned", "x-amz-acl"]],
    why: 'Not signed: x-amz-acl, "<&>"',
    rule: "for the operator",
  });
  assert.equal(
    errorDocument(refused, "/b/k", "ID"),
    `${HEAD}<Code>AccessDenied</Code><Message>There were headers present in the request which were not signed</Message><HeadersNotSigned>x-amz-acl</HeadersNotSigned><Detail>Not signed: x-amz-acl, "&lt;&amp;&gt;"</Detail><Resource>/b/k</Resource><RequestId>ID</RequestId></Error>`,
  );
});

test("an error without more to say has no Detail", () => {
  assert.equal(
    errorDocument(fault("NoSuchBucket"), "/b", "ID"),
    `${HEAD}<Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message><Resource>/b</Resource><RequestId>ID</RequestId></Error>`,
  );
});
