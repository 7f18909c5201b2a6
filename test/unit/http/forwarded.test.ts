import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { forwardedBy } from "../../../src/http/forwarded.ts";
import type { HeaderList } from "../../../src/http/headers.ts";
import { liesIn, parseNetwork, type NetworkSet } from "../../../src/policy/network.ts";
import {
  ALLOWED,
  HONEST,
  HOSTILE,
  PEER,
  STRANGER,
  TRUSTED,
} from "../../support/forwarded-cases.ts";
import type { Header } from "../../support/signed.ts";

const PROXIES: NetworkSet = TRUSTED.map((text) => {
  const network = parseNetwork(text);
  if (!network.ok) throw new Error(network.error);
  return network.value;
});

function read(headers: readonly Header[]): ReturnType<typeof forwardedBy> {
  const list: HeaderList = headers.flat();
  return forwardedBy(list, PEER, (address) => liesIn(PROXIES, address));
}

function clientOf(headers: readonly Header[]): string | undefined {
  const forwarded = read(headers);
  return forwarded.ok ? forwarded.value.sourceAddress : "refused";
}

for (const [name, headers, client] of [...HONEST, ...HOSTILE]) {
  test(`forwardedBy() with ${name}: ${client ?? "nobody known"}`, () => {
    assert.equal(clientOf(headers), client);
  });
}

test("forwardedBy() never believes what stands left of the proxy's own entry", () => {
  const text = fc.string({
    unit: fc.constantFrom(...'198.51.100.7,:[]"=;for unkwn_%\\\t'.split("")),
  });
  fc.assert(
    fc.property(fc.array(text), text, (lines, left) => {
      const written: Header[] = lines.map((line) => ["x-forwarded-for", line]);
      const added: Header = ["x-forwarded-for", `${left}, ${STRANGER}`];
      assert.equal(clientOf([...written, added]), STRANGER);
    }),
  );
});

test("forwardedBy() lets no Forwarded of a client's become the proxy's own", () => {
  const text = fc.string({
    unit: fc.constantFrom(...'198.51.100.7,:[]"=;forproto\\ \t'.split("")),
  });
  fc.assert(
    fc.property(fc.array(text), text, (lines, left) => {
      const written: Header[] = lines.map((line) => ["forwarded", line]);
      const added: Header = ["forwarded", `${left}, for=${STRANGER}`];
      assert.ok(["refused", STRANGER].includes(clientOf([...written, added]) ?? ""));
    }),
  );
});

const schemes = [
  ["nothing", [], undefined],
  ["https", [["x-forwarded-proto", "https"]], true],
  ["HTTPS", [["x-forwarded-proto", "HTTPS"]], true],
  ["http", [["x-forwarded-proto", "http"]], false],
  ["an empty value", [["x-forwarded-proto", ""]], false],
  ["a client's https before a proxy's http", [["x-forwarded-proto", "https, http"]], false],
  [
    "the same over two lines",
    [
      ["x-forwarded-proto", "https"],
      ["x-forwarded-proto", "http"],
    ],
    false,
  ],
  ["https all the way", [["x-forwarded-proto", "https, https"]], true],
  ["Forwarded", [["forwarded", "for=192.0.2.1;proto=https"]], true],
  ["Forwarded with http", [["forwarded", "for=192.0.2.1;proto=http"]], false],
  [
    "both headers, which differ",
    [
      ["x-forwarded-proto", "https"],
      ["forwarded", "proto=http"],
    ],
    false,
  ],
] as const;
for (const [name, headers, secure] of schemes) {
  test(`forwardedBy() takes ${name} for ${secure ?? "no word"} on TLS`, () => {
    const forwarded = read(headers);
    assert.ok(forwarded.ok);
    assert.equal(forwarded.value.secure, secure);
  });
}

test("forwardedBy() returns every host that proxies name, and nothing that is none", () => {
  const forwarded = read([
    ["x-forwarded-host", "a.example.org, b.example.org"],
    ["x-forwarded-host", "c.example.org:8443"],
    ["x-forwarded-host", "photos:a.example.org, , a.example.org/photos"],
    ["forwarded", `for=${ALLOWED};host="d.example.org:8080"`],
  ]);
  assert.ok(forwarded.ok);
  assert.deepEqual(forwarded.value.hosts, [
    "a.example.org",
    "b.example.org",
    "c.example.org:8443",
    "d.example.org:8080",
  ]);
});
