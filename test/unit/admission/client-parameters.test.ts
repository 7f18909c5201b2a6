/** Query parameters beside S3's own: links in browsers, and numbers that stores differ in. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseTarget } from "../../../src/http/target.ts";
import { decided, word, type Decided } from "../../support/decided.ts";
import { presignV4, retargeted, signV4, type Header, type Outgoing } from "../../support/signed.ts";
import { judge, KEYS, NOW, world } from "./world.ts";

const WORLD = world();
const SCOPE = { timestamp: "20261122T120000Z", expires: "60" };
const PAIR = { accessKey: KEYS.lab, secretKey: "secret-lab" };
const HOST: readonly Header[] = [["host", "gateway.example.org"]];

function request(line: string): Outgoing {
  const [method = "", target = ""] = line.split(" ");
  return { method, target, headers: HOST, body: Buffer.alloc(0) };
}

function judged({ method, target, headers }: Outgoing, snapshot = WORLD): Decided {
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(parsed.error);
  const head = { method, target: parsed.value, headers: headers.flat() };
  return decided(snapshot, { ...head, sourceAddress: "192.0.2.1", secure: false }, NOW);
}

/** What the store is asked for, or the error code. */
function outcome(verdict: Decided): string {
  return verdict.kind === "forward" ? verdict.request.head.target : word(verdict);
}

describe("admit() leaves out of a read", () => {
  const rows = [
    ["a cache buster", "v=1", ""],
    ["one without a value", "1730000000", ""],
    ["jQuery's", "_=1730000000", ""],
    ["what campaigns add", "utm_source=a&utm_medium=b&fbclid=c&gclid=d", ""],
    ["what S3 adds to success_action_redirect", "bucket=b&key=k&etag=%22e%22", ""],
    ["an id, which only a bucket's configuration has", "id=5", ""],
    ["a name in another script", "%D0%B0cl=1", ""],
    ["what stands beside a version", "v=1&versionId=a&z=2", "?versionId=a"],
    [
      "what stands beside an override",
      "v=1&response-content-type=a%2Fb",
      "?response-content-type=a%2Fb",
    ],
  ] as const;
  for (const [what, query, sent] of rows) {
    for (const method of ["GET", "HEAD"]) {
      test(`${what}, by ${method}`, () => {
        const line = request(`${method} /photos/cat.jpg?${query}`);
        const verdict = judged(signV4(line, PAIR, SCOPE));
        assert.equal(outcome(verdict), `/photos/cat.jpg${sent}`);
        assert.equal(outcome(judged(presignV4(line, PAIR, SCOPE))), `/photos/cat.jpg${sent}`);
      });
    }
  }
  test("but nothing that was added to a link", () => {
    const link = presignV4(request("GET /photos/cat.jpg"), PAIR, SCOPE);
    const longer = retargeted(link, (target) => `${target}&utm_source=a`);
    assert.equal(outcome(judged(longer)), "SignatureDoesNotMatch");
  });
  test("for nobody either, where the store judges those", () => {
    const snapshot = world("{ anonymous: upstream }");
    assert.equal(outcome(judge(snapshot, "GET /photos/cat.jpg?v=1")), "/photos/cat.jpg");
    assert.equal(outcome(judge(snapshot, "GET /photos/cat.jpg?ACL")), "InvalidArgument");
  });
});

test("a parameter that is not served is named, with what the gateway calls it", () => {
  for (const [line, name] of [
    ["PUT /photos/cat.jpg?everything", "everything"],
    ["GET /photos?unknown=1", "unknown"],
    ["GET /photos/cat.jpg?lambdaArn=a", "lambdaArn"],
  ] as const) {
    const verdict = judge(WORLD, line, { as: "lab" });
    assert.ok(verdict.kind === "refuse");
    assert.deepEqual(verdict.fault.unknown, { kind: "parameter", name });
  }
});

describe("admit() leaves the numbers of parts beyond S3's to stores that answer them otherwise:", () => {
  const part = (number: string): string => `PUT /photos/cat.jpg?partNumber=${number}&uploadId=u`;
  for (const [store, code] of [
    ["ceph", undefined],
    ["minio", undefined],
    ["aws", "InvalidArgument"],
    ["generic", "InvalidArgument"],
  ] as const) {
    const snapshot = world("{}", "", store);
    for (const number of ["0", "10001", "99999"]) {
      test(`${number} to ${store}`, () => {
        const sent = part(number).slice("PUT ".length);
        assert.equal(outcome(judge(snapshot, part(number), { as: "lab" })), code ?? sent);
      });
    }
    for (const number of ["100000", "-1", "1e1", "%2B1", "1%20", "0x1", ""]) {
      test(`never "${number}" to ${store}`, () => {
        assert.equal(outcome(judge(snapshot, part(number), { as: "lab" })), "InvalidArgument");
      });
    }
    test(`never those of a read to ${store}`, () => {
      const line = "GET /photos/cat.jpg?partNumber=0";
      assert.equal(outcome(judge(snapshot, line, { as: "lab" })), "InvalidArgument");
    });
  }
});
