import assert from "node:assert/strict";
import { test } from "node:test";
import { permitsPolicyChanges, privilegeNamed } from "../../../src/provider/provider.ts";
import { changed } from "./providers.ts";

for (const [actions, expected] of [
  ["s3:PutBucketPolicy", true],
  ["s3:DeleteBucketPolicy", true],
  ["s3:GetBucketPolicy", false],
  ["s3:PutObject", false],
  ["s3:*", true],
] as const) {
  test(`a privilege for ${actions} alone ${expected ? "permits" : "does not permit"} changes of policies`, () => {
    const provider = changed("qumulo", /^privileges:$/m, `privileges:\n  OWN: ["${actions}"]`);
    const own = privilegeNamed(provider, "OWN");
    assert.ok(own);
    assert.equal(permitsPolicyChanges([own]), expected);
    const read = privilegeNamed(provider, "PRIVILEGE_S3_BUCKETS_READ");
    assert.ok(read);
    assert.equal(permitsPolicyChanges([read, own]), expected);
    assert.equal(permitsPolicyChanges([]), false);
  });
}
