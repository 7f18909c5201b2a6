/**
 * Every signing example of the Amazon S3 API Reference, Signature Version 4, with the values it
 * publishes: header authentication, presigned URL, signed chunks, signed trailer, POST form.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { KeyRing } from "../../src/signature/key-ring.ts";
import { signHead } from "../../src/signature/sign.ts";
import { chunkSignature, trailerSignature } from "../../src/signature/v4-chunk.ts";
import { parseFormClaim, verifyFormClaim } from "../../src/signature/v4-form.ts";
import { EXAMPLE, headOf, judge, RULES } from "../unit/signature/heads.ts";

const NOW = "2013-05-24T00:00:00Z";
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HOST = "Host: examplebucket.s3.amazonaws.com";
const DATE = "x-amz-date: 20130524T000000Z";
const CREDENTIAL = "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";

const authorization = (signedHeaders: string, signature: string): string =>
  `Authorization: AWS4-HMAC-SHA256 ${CREDENTIAL},SignedHeaders=${signedHeaders},Signature=${signature}`;

const HEADER_EXAMPLES = [
  [
    "GET Object",
    headOf(
      "GET",
      "/test.txt",
      HOST,
      "Range: bytes=0-9",
      `x-amz-content-sha256: ${EMPTY}`,
      DATE,
      authorization(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      ),
    ),
  ],
  [
    "PUT Object",
    headOf(
      "PUT",
      "/test$file.text",
      HOST,
      "Date: Fri, 24 May 2013 00:00:00 GMT",
      DATE,
      "x-amz-storage-class: REDUCED_REDUNDANCY",
      "x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      authorization(
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
      ),
    ),
  ],
  [
    "GET Bucket Lifecycle",
    headOf(
      "GET",
      "/?lifecycle",
      HOST,
      `x-amz-content-sha256: ${EMPTY}`,
      DATE,
      authorization(
        "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
      ),
    ),
  ],
  [
    "Get Bucket (List Objects)",
    headOf(
      "GET",
      "/?max-keys=2&prefix=J",
      HOST,
      `x-amz-content-sha256: ${EMPTY}`,
      DATE,
      authorization(
        "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
      ),
    ),
  ],
] as const;

for (const [name, head] of HEADER_EXAMPLES) {
  test(`verifyClaim() proves AWS's example "${name}"`, () => {
    const proved = judge(head, NOW);
    assert.ok(proved.ok, JSON.stringify(proved));
  });
}

test("verifyClaim() proves AWS's example of a presigned URL", () => {
  const head = headOf(
    "GET",
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    HOST,
  );
  assert.ok(judge(head, NOW).ok);
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const CHUNKS = ["a".repeat(65_536), "a".repeat(1024), ""] as const;

test("chunkSignature() returns the signatures of AWS's example of a chunked upload", () => {
  const head = headOf(
    "PUT",
    "/examplebucket/chunkObject.txt",
    "Host: s3.amazonaws.com",
    DATE,
    "x-amz-storage-class: REDUCED_REDUNDANCY",
    "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "Content-Encoding: aws-chunked",
    "x-amz-decoded-content-length: 66560",
    "Content-Length: 66824",
    authorization(
      "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
      "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    ),
  );
  const proved = judge(head, NOW);
  assert.ok(proved.ok && proved.value.kind === "v4");
  const { proof } = proved.value;
  const signatures = [proof.seedSignature];
  for (const chunk of CHUNKS) {
    signatures.push(chunkSignature(proof, signatures.at(-1) ?? "", sha256(chunk)));
  }
  assert.deepEqual(signatures, [
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
  ]);
});

test("trailerSignature() returns the signature of AWS's example with a trailing header", () => {
  const head = headOf(
    "PUT",
    "/examplebucket/chunkObject.txt",
    "Host: s3.amazonaws.com",
    DATE,
    "x-amz-storage-class: REDUCED_REDUNDANCY",
    "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "Content-Encoding: aws-chunked",
    "x-amz-decoded-content-length: 66560",
    "x-amz-trailer: x-amz-checksum-crc32c",
    "Content-Length: 66824",
    authorization(
      "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
      "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    ),
  );
  const proved = judge(head, NOW);
  assert.ok(proved.ok && proved.value.kind === "v4");
  const { proof } = proved.value;
  const signatures: string[] = [];
  for (const chunk of CHUNKS) {
    signatures.push(chunkSignature(proof, signatures.at(-1) ?? proof.seedSignature, sha256(chunk)));
  }
  assert.deepEqual(signatures, [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
  ]);
  assert.equal(
    trailerSignature(proof, signatures.at(-1) ?? "", sha256("x-amz-checksum-crc32c:sOO8/Q==\n")),
    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
  );
});

/** The policy of "Examples: Browser-Based Upload using HTTP POST", lines ended by CR LF. */
const POLICY =
  "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";

test("verifyFormClaim() proves AWS's example of a POST policy", () => {
  const claim = parseFormClaim(
    new Map([
      ["policy", POLICY],
      ["x-amz-algorithm", "AWS4-HMAC-SHA256"],
      ["x-amz-credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"],
      ["x-amz-date", "20151229T000000Z"],
      ["x-amz-signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"],
    ]),
    RULES,
  );
  assert.ok(claim.ok && claim.value.kind === "v4");
  assert.ok(verifyFormClaim(claim.value, POLICY, EXAMPLE.secret, { ring: new KeyRing(1) }).ok);
});

// AWS has no other example whose signed headers are those that `signHead` signs.
test("signHead() writes the Authorization header of AWS's example of a listing", () => {
  const written = signHead(
    {
      method: "GET",
      path: "/",
      query: "max-keys=2&prefix=J",
      headers: [
        ["host", "examplebucket.s3.amazonaws.com"],
        ["x-amz-content-sha256", EMPTY],
        ["x-amz-date", "20130524T000000Z"],
      ].flat(),
    },
    EXAMPLE,
    "us-east-1",
    new KeyRing(1),
  );
  assert.equal(
    written,
    `AWS4-HMAC-SHA256 ${CREDENTIAL}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7`,
  );
});
