import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestHead } from "../../../src/http/head.ts";
import { endToEnd } from "../../../src/http/hop-by-hop.ts";
import { passedHeaders } from "../../../src/http/passed-headers.ts";

const HEAD: RequestHead = {
  method: "GET",
  target: { raw: "/dashboard/", path: "/dashboard/", query: [] },
  headers: [],
  sourceAddress: "192.0.2.7",
  secure: false,
};
const OWN =
  "x-forwarded-for 192.0.2.7 x-forwarded-proto http x-forwarded-host s3.example.org".split(" ");
const HOST = ["host", "s3.example.org"];

const tables = [
  [
    "end-to-end fields stay, in their order",
    ["b", "1", "a", "2", "b", "3"],
    ["b", "1", "a", "2", "b", "3"],
  ],
  [
    "a dashboard's login stays",
    ["authorization", "Bearer x", "cookie", "a"],
    ["authorization", "Bearer x", "cookie", "a"],
  ],
  [
    "what claims to know the client is replaced",
    [
      "x-forwarded-for",
      "10.0.0.1",
      "forwarded",
      "for=10.0.0.1",
      "x-forwarded-anything",
      "1",
      "x-real-ip",
      "10.0.0.1",
      "x-rewrite-url",
      "/",
      "x_forwarded_for",
      "10.0.0.1",
      "x-real_ip",
      "10.0.0.1",
      "x-forwarded",
      "for=10.0.0.1",
    ],
    [],
  ],
  [
    "fields of the connection go, named ones too",
    ["connection", "close, x-a", "x-a", "1", "te", "trailers", "trailer", "x"],
    [],
  ],
  [
    "what makes the message stays, even if named",
    ["connection", "host, content-length", "content-length", "4"],
    ["content-length", "4"],
  ],
  ["an expectation was answered", ["expect", "100-continue"], []],
  ["an upgrade is not the target's to read", ["connection", "upgrade", "upgrade", "h2c"], []],
  [
    "a body in chunks stays in chunks",
    ["transfer-encoding", "chunked"],
    ["transfer-encoding", "chunked"],
  ],
] as const;
for (const [name, came, passed] of tables) {
  test(`passedHeaders(): ${name}`, () => {
    const headers = [...HOST, ...came];
    assert.deepEqual(passedHeaders({ ...HEAD, headers }), [...HOST, ...passed, ...OWN]);
  });
}

test("passedHeaders() says https of a client that came so, and nothing of an unknown address", () => {
  const head = { ...HEAD, headers: HOST, secure: true, sourceAddress: undefined };
  const own = ["x-forwarded-proto", "https", "x-forwarded-host", "s3.example.org"];
  assert.deepEqual(passedHeaders(head), [...HOST, ...own]);
});

test("endToEnd() reads several Connection fields", () => {
  const headers = ["connection", "a", "connection", "B ,c", "a", "1", "b", "2", "c", "3", "d", "4"];
  assert.deepEqual(endToEnd(headers), ["d", "4"]);
});
