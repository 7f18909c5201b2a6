/** Accept-Encoding that was signed and that a proxy in front has changed. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseTarget } from "../../../src/http/target.ts";
import { valuesOf } from "../../../src/http/headers.ts";
import { decided, word, type Decided } from "../../support/decided.ts";
import {
  edited,
  plus,
  signV2,
  signV4,
  without,
  type Header,
  type Outgoing,
} from "../../support/signed.ts";
import { KEYS, NOW, world } from "./world.ts";

const WORLD = world("{ signatures: [v4, v2] }");
const SCOPE = { timestamp: "20261122T120000Z" };
const PAIR = { accessKey: KEYS.lab, secretKey: "secret-lab" };
const NAME = "accept-encoding";
const ORIGINAL = "x-original-accept-encoding";

function signed(encoding: string, more: readonly Header[] = [], host = "s3.example.org"): Outgoing {
  const headers: Header[] = [["host", host], [NAME, encoding], ...more];
  const request = { method: "GET", target: "/photos/cat.jpg", headers, body: Buffer.alloc(0) };
  return signV4(request, PAIR, SCOPE);
}

/** What becomes of it; `hosts`: what a trusted proxy says of them; undefined: none is in front. */
function arriving({ method, target, headers }: Outgoing, hosts?: readonly string[]): Decided {
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(parsed.error);
  const head = { method, target: parsed.value, headers: headers.flat() };
  const peer = { sourceAddress: "192.0.2.1", secure: false, forwardedHosts: hosts };
  return decided(WORLD, { ...head, ...peer }, NOW);
}

const changed = (request: Outgoing, to: string): Outgoing => edited(request, NAME, () => to);

describe("admit() proves an Accept-Encoding that a trusted proxy changed:", () => {
  const rows = [
    ["identity, without a word", changed(signed("identity"), "gzip, br")],
    ["identity, dropped", without(signed("identity"), NAME)],
    [
      "what the proxy says",
      plus(changed(signed("gzip, deflate"), "br"), [ORIGINAL, "gzip, deflate"]),
    ],
    [
      "identity, although the proxy says something else",
      plus(changed(signed("identity"), "br"), [ORIGINAL, "gzip"]),
    ],
    [
      "with a changed host",
      edited(changed(signed("identity"), "br"), "host", () => "gateway.internal"),
    ],
  ] as const;
  for (const [what, request] of rows) {
    test(what, () => {
      const verdict = arriving(request, []);
      assert.ok(verdict.kind === "forward", word(verdict));
      const sent = valuesOf(verdict.request.head.headers, NAME);
      assert.deepEqual(sent, [what === "what the proxy says" ? "gzip, deflate" : "identity"]);
      assert.deepEqual(valuesOf(verdict.request.head.headers, ORIGINAL), []);
      assert.equal(word(arriving(request)), "SignatureDoesNotMatch", "without a trusted proxy");
    });
  }
});

describe("admit() does not prove", () => {
  const other = "x-original-range";
  const rows = [
    ["another value than both", changed(signed("deflate"), "br")],
    [
      "one of two originals",
      plus(changed(signed("gzip"), "br"), [ORIGINAL, "gzip"], [ORIGINAL, "br"]),
    ],
    [
      "a changed range",
      edited(signed("identity", [["range", "bytes=0-1"]]), "range", () => "bytes=0-9"),
    ],
    [
      "a range that was dropped, whatever is said of it",
      plus(without(signed("identity", [["range", "bytes=0-1"]]), "range"), [other, "bytes=0-1"]),
    ],
    [
      "an ACL",
      edited(signed("identity", [["x-amz-acl", "private"]]), "x-amz-acl", () => "public-read"),
    ],
    ["another method", { ...changed(signed("identity"), "br"), method: "DELETE" }],
    ["another key", { ...changed(signed("identity"), "br"), target: "/photos/dog.jpg" }],
  ] as const;
  for (const [what, request] of rows) {
    test(`${what}, even of a trusted proxy`, () => {
      assert.equal(word(arriving(request, [])), "SignatureDoesNotMatch");
    });
  }
});

test("version 2 signs no Accept-Encoding: what a proxy makes of it changes nothing", () => {
  const headers: Header[] = [
    ["host", "s3.example.org"],
    [NAME, "identity"],
  ];
  const request = { method: "GET", target: "/photos/cat", headers, body: Buffer.alloc(0) };
  const date = "Sun, 22 Nov 2026 12:00:00 GMT";
  const right = changed(signV2(request, PAIR, date), "br");
  const verdict = arriving(right, []);
  assert.ok(verdict.kind === "forward", word(verdict));
  assert.deepEqual(valuesOf(verdict.request.head.headers, NAME), ["br"]);
  const wrong = changed(signV2(request, { ...PAIR, secretKey: "wrong" }, date), "br");
  assert.equal(word(arriving(wrong, [])), "SignatureDoesNotMatch");
});

test("no other encoding is tried where the signature covers none", () => {
  const request = edited(without(signed("identity"), NAME), "authorization", (value) =>
    value.replace(`${NAME};`, ""),
  );
  assert.equal(word(arriving(request, [])), "SignatureDoesNotMatch");
});

test("the refusal quotes the Accept-Encoding that arrived", () => {
  const verdict = arriving(changed(signed("deflate"), "br"), []);
  assert.ok(verdict.kind === "refuse");
  const elements = new Map(verdict.fault.elements);
  assert.match(elements.get("CanonicalRequest") ?? "", /^accept-encoding:br$/m);
});
