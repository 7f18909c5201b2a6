import assert from "node:assert/strict";
import { test } from "node:test";
import aws4 from "aws4";
import { KeyRing } from "../../../src/signature/key-ring.ts";
import {
  authorizationV2,
  presignedQuery,
  presignedQueryV2,
} from "../../../src/signature/presign.ts";
import { EXAMPLE, headOf } from "./heads.ts";

const SIGNED_AT = Date.UTC(2013, 4, 24);
const ring = new KeyRing(1);

test("presignedQuery() writes the published example of a presigned URL", () => {
  // "Authenticating Requests: Using Query Parameters", the example of a GET.
  const head = headOf("GET", "/test.txt", "Host: examplebucket.s3.amazonaws.com");
  const lifetime = { signedAtMs: SIGNED_AT, seconds: 86_400 };
  assert.equal(
    presignedQuery(head, { ...EXAMPLE, sessionToken: undefined }, "us-east-1", lifetime, ring),
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
});

const parametersOf = (query = "") => Object.fromEntries(new URLSearchParams(query));

/** The parameters of the URL that aws4 presigns for a week. */
function byAws4(target: string, headers: Readonly<Record<string, string>>, sessionToken?: string) {
  const path = `${target}&X-Amz-Expires=604800&X-Amz-Date=20130524T000000Z`;
  const signed = aws4.sign(
    { service: "s3", region: "eu-west-1", signQuery: true, method: "PUT", path, headers },
    {
      accessKeyId: EXAMPLE.accessKeyId,
      secretAccessKey: EXAMPLE.secret,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  );
  return parametersOf(signed.path?.split("?", 2)[1]);
}

for (const [name, lines, sessionToken] of [
  ["Host alone", ["Host: b.example.org"]],
  ["a session token", ["Host: b.example.org"], "a/token+of=STS"],
  ["headers of S3", ["X-Amz-Meta-B: b", "X-Amz-Acl: private", "Host: b.example.org"]],
] as const) {
  test(`presignedQuery() signs as aws4 does: ${name}`, () => {
    const target = "/a%20key?versionId=v%2F1&a=";
    const headers = Object.fromEntries(lines.map((line) => line.split(": ")));
    const lifetime = { signedAtMs: SIGNED_AT, seconds: 604_800 };
    // What a client's HTTP library may change is not signed.
    const head = headOf("PUT", target, ...lines, "Accept: */*");
    const credential = { ...EXAMPLE, sessionToken };
    assert.deepEqual(
      parametersOf(presignedQuery(head, credential, "eu-west-1", lifetime, ring)),
      byAws4(target, headers, sessionToken),
    );
  });
}

test("presignedQuery() signs the digest of the body where the head names one", () => {
  // Computed from a canonical request written by hand, with Python's hmac.
  const digest = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
  const head = headOf("PUT", "/b/k", "Host: h", `x-amz-content-sha256: ${digest}`);
  const lifetime = { signedAtMs: SIGNED_AT, seconds: 1 };
  const credential = { ...EXAMPLE, sessionToken: undefined };
  const query = presignedQuery(head, credential, "us-east-1", lifetime, ring);
  assert.equal(
    parametersOf(query)["X-Amz-Signature"],
    "3af3daff904cd5b7c15724a1acf36a04a623e7ff1863484ab157864af94298b2",
  );
});

// "Signing and authenticating REST requests": the list of all buckets, and the presigned GET.
test("authorizationV2() and presignedQueryV2() write the published examples", () => {
  const date = "Wed, 28 Mar 2007 01:29:59 +0000";
  const list = headOf("GET", "/", "Host: s3.us-west-1.amazonaws.com", `Date: ${date}`);
  assert.equal(
    authorizationV2(list, EXAMPLE, date),
    "AWS AKIAIOSFODNN7EXAMPLE:qGdzdERIC03wnaRNKh6OqZehG9s=",
  );
  const get = headOf("GET", "/johnsmith/photos/puppy.jpg", "Host: s3.us-west-1.amazonaws.com");
  assert.equal(
    presignedQueryV2(get, EXAMPLE, 1_175_139_620_999),
    "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1175139620&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D",
  );
});
