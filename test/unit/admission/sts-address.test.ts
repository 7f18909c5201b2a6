/** Which requests on the S3 port are for STS: all others stay S3. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isForSts } from "../../../src/admission/sts-address.ts";
import type { RequestHead } from "../../../src/http/head.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { sealingKey } from "../../../src/session/seal.ts";
import { world } from "./world.ts";

const OWN = "sts.example.org";
const { hosts } = world();
const sealing = [sealingKey("k", Buffer.alloc(32))];

function headOf(line: string, host: string | undefined): RequestHead {
  const [method = "", raw = ""] = line.split(" ");
  const target = parseTarget(raw);
  assert.ok(target.ok);
  const headers = host === undefined ? [] : ["host", host];
  return { method, target: target.value, headers, sourceAddress: "192.0.2.1", secure: false };
}

const rows = [
  // On a host of its own, whatever it is.
  [OWN, "POST /", true],
  [OWN, "GET /", true],
  [OWN, "PUT /bucket/key", true],
  [`${OWN}:8443`, "GET /bucket", true],
  ["STS.Example.ORG", "DELETE /bucket", true],
  [`x.${OWN}`, "GET /bucket", false],
  // Elsewhere only where S3 has nothing.
  ["s3.example.org", "POST /", true],
  ["127.0.0.1:8080", "POST /", true],
  [undefined, "POST /", true],
  ["s3.example.org", "POST /?Action=AssumeRole", true],
  ["s3.example.org", "GET /?Action=GetCallerIdentity", true],
  ["s3.example.org", "GET /?Action=", true],
  ["s3.example.org", "GET /", false],
  ["s3.example.org", "GET /?action=AssumeRole", false],
  ["s3.example.org", "PUT /?Action=AssumeRole", false],
  ["s3.example.org", "HEAD /?Action=AssumeRole", false],
  ["s3.example.org", "POST /bucket", false],
  ["s3.example.org", "POST /bucket/?Action=AssumeRole", false],
  ["s3.example.org", "GET /bucket?Action=AssumeRole", false],
  ["s3.example.org", "POST //", false],
  // A form for the bucket that the host names.
  ["photos.s3.example.org", "POST /", false],
  ["photos.s3.example.org", "GET /?Action=AssumeRole", false],
  // No bucket's name, so no address at all.
  ["x.s3.example.org", "POST /", false],
] as const;

describe("isForSts()", () => {
  for (const [host, line, expected] of rows) {
    test(`${line} on ${host ?? "no host"}: ${expected}`, () => {
      const head = headOf(line, host);
      assert.equal(isForSts({ sealing, stsDomains: [OWN], hosts }, head), expected);
      const none = { sealing: [], stsDomains: [OWN], hosts };
      assert.equal(isForSts(none, head), false, "without keys that seal");
    });
  }

  test("knows no host of its own if none is set", () => {
    const shared = { sealing, stsDomains: [], hosts };
    assert.equal(isForSts(shared, headOf("GET /bucket", OWN)), false);
    assert.equal(isForSts(shared, headOf("POST /", OWN)), true);
  });
});
