import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ANSWER_HEADS, readAnswerHead } from "../../../src/wire/answer-head.ts";
import type { HeadKind } from "../../../src/wire/head-gatherer.ts";
import { readRequestHead, REQUEST_HEADS } from "../../../src/wire/request-head.ts";
import { eachByte, gathered, type Gathering } from "./parts.ts";

const BYTES_MAX = 200;

const GET = "GET /bucket/key?x=1 HTTP/1.1\r\n";

/** A request's head: `lines` behind a good first line. */
const fields = (...lines: readonly string[]): string =>
  `${GET}${lines.map((l) => `${l}\r\n`).join("")}`;

test("a request's head is read as it came", () => {
  const head = readRequestHead(
    "PUT /b/k%20?a=%2F HTTP/1.1\r\nHost: s3.example\r\nX-AMZ-Meta-A: \r\n" +
      "x-odd: \t a \xe9\tb \t\r\nContent-Length: 12\r\n",
  );
  assert.deepEqual(head, {
    ok: true,
    value: {
      method: "PUT",
      target: "/b/k%20?a=%2F",
      minor: 1,
      fields: [
        "host",
        "s3.example",
        "x-amz-meta-a",
        "",
        "x-odd",
        "a \xe9\tb",
        "content-length",
        "12",
      ],
      framing: { kind: "length", bytes: 12 },
      goesOn: true,
    },
  });
});

/** Each with the problem that is told of it. RFC 9112 sections 2.2, 3, 5, 6.1 and 6.3. */
const BAD_REQUESTS: readonly (readonly [text: string, problem: string])[] = [
  ["BREW /b HTTP/1.1\r\n", "method"],
  ["get /b HTTP/1.1\r\n", "method"],
  [" GET /b HTTP/1.1\r\n", "method"],
  ["GET\t/b HTTP/1.1\r\n", "method"],
  ["GET\r\nhost: a b\r\n", "method"],
  ["PRI * HTTP/2.0\r\n", "start-line"],
  ["GET  HTTP/1.1\r\n", "target"],
  ["GET /a\tb HTTP/1.1\r\n", "target"],
  ["GET /a\0b HTTP/1.1\r\n", "target"],
  ["GET /\xe9 HTTP/1.1\r\n", "target"],
  ["GET /a b HTTP/1.1\r\n", "start-line"],
  ["GET /a\r\n", "start-line"],
  ["GET /a HTTP/1.1 \r\n", "start-line"],
  ["GET /a  HTTP/1.1\r\n", "start-line"],
  ["GET /a HTTP/1.2\r\n", "start-line"],
  ["GET /a HTTP/0.9\r\n", "start-line"],
  ["GET /a http/1.1\r\n", "start-line"],
  ["GET /a HTTP/1.1\n", "start-line"],
  ["GET /a HTTP/1.1\nhost: a\r\n", "start-line"],
  ["GET /a HTTP/1.1\r\r\n", "start-line"],
  [fields("a: b\n"), "field"],
  [fields("a: b\rc"), "field"],
  [fields("a: b\r"), "field"],
  [fields("a: b", " c"), "field"],
  [fields("a: b", "\tc: d"), "field"],
  [fields(" a: b"), "field"],
  [fields("a : b"), "field"],
  [fields("a b: c"), "field"],
  [fields(": b"), "field"],
  [fields("a"), "field"],
  [fields("a", "b: c"), "field"],
  [fields("a\xe9: b"), "field"],
  [fields("a: \0"), "field"],
  [fields("a: \x0b"), "field"],
  [fields("a: \x7f"), "field"],
  [fields("content-length:"), "length"],
  [fields("content-length: +4"), "length"],
  [fields("content-length: -4"), "length"],
  [fields("content-length: 4, 4"), "length"],
  [fields("content-length: 4 4"), "length"],
  [fields("content-length: 0x4"), "length"],
  [fields("content-length: 4.0"), "length"],
  [fields("content-length: 4", "Content-Length: 4"), "length"],
  [fields("content-length: 9007199254740992"), "length"],
  [fields("content-length: 00000000000000001"), "length"],
  [fields("transfer-encoding:"), "coding"],
  [fields("transfer-encoding: gzip"), "coding"],
  [fields("transfer-encoding: chunked\t"), "coding"],
  [fields("transfer-encoding:\tchunked"), "coding"],
  [fields("transfer-encoding: gzip, chunked"), "coding"],
  [fields("transfer-encoding: chunked, chunked"), "coding"],
  [fields("transfer-encoding: chunked", "transfer-encoding: chunked"), "coding"],
  [fields("transfer-encoding: chunked;a=b"), "coding"],
  [fields("transfer-encoding: chunked", "content-length: 4"), "coding"],
  [fields("content-length: 4", "transfer-encoding: chunked"), "coding"],
  [fields("content-length: 0", "transfer-encoding: chunked"), "coding"],
  ["PUT /a HTTP/1.0\r\ntransfer-encoding: chunked\r\n", "coding"],
];

for (const [text, problem] of BAD_REQUESTS) {
  test(`refused as a request, for its ${problem}: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(readRequestHead(text), { ok: false, error: problem });
  });
}

/** RFC 9112 section 9.3. */
const CONNECTIONS: readonly (readonly [minor: 0 | 1, lines: readonly string[], goesOn: boolean])[] =
  [
    [1, [], true],
    [1, ["connection: close"], false],
    [1, ["connection: keep-alive, Close"], false],
    [1, ["connection: x", "connection: close"], false],
    [1, ["connection: closed"], true],
    [0, [], false],
    [0, ["connection: keep-alive"], true],
    [0, ["connection: keep-alive", "connection: close"], false],
  ];

for (const [minor, lines, goesOn] of CONNECTIONS) {
  test(`HTTP/1.${minor} with "${lines.join(", ")}" goes on: ${goesOn}`, () => {
    const head = readRequestHead(fields(...lines).replace("HTTP/1.1", `HTTP/1.${minor}`));
    assert.equal(head.ok && head.value.goesOn, goesOn);
    assert.equal(head.ok && head.value.minor, minor);
  });
}

/** How an answer to a method ends, and the connection with it. */
const ANSWERS: readonly (readonly [
  method: string,
  text: string,
  framing: string | undefined,
  goesOn?: boolean,
])[] = [
  ["GET", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n", "length", true],
  ["GET", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n", "none", true],
  ["GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n", "chunked", true],
  ["GET", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n", "length", false],
  ["GET", "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n", "length", false],
  ["GET", "HTTP/1.0 200 OK\r\ncontent-length: 5\r\nconnection: keep-alive\r\n", "length", true],
  ["HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n", "none", true],
  ["HEAD", "HTTP/1.1 200 OK\r\n", "none", true],
  ["GET", "HTTP/1.1 204 No Content\r\n", "none", true],
  ["GET", "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n", "none", true],
  ["GET", "HTTP/1.1 100 Continue\r\n", "none", true],
  ["GET", "HTTP/1.1 404 Not Found\r\n", "until-close", false],
  ["GET", "HTTP/1.0 500 \r\n", "until-close", false],
  ["GET", "HTTP/1.1 404\r\ncontent-length: 5\r\n", "length", true],
  ["GET", "HTTP/1.1 200 O\0K\r\ncontent-length: 5\r\n", "length", true],
  ["GET", "HTTP/1.1 200 OK\r\n", undefined],
  ["PUT", "HTTP/1.0 200 OK\r\nconnection: close\r\n", undefined],
  ["GET", "HTTP/1.1 600 What\r\ncontent-length: 5\r\n", undefined],
  ["GET", "HTTP/1.1 101 Switching Protocols\r\n", undefined],
  ["GET", "HTTP/1.1 099 What\r\ncontent-length: 5\r\n", undefined],
  ["GET", "HTTP/1.1 20 OK\r\ncontent-length: 5\r\n", undefined],
  ["GET", "HTTP/1.1  200 OK\r\ncontent-length: 5\r\n", undefined],
  ["GET", "HTTP/1.1 2000 OK\r\ncontent-length: 5\r\n", undefined],
  ["GET", "HTTP/2.0 200 OK\r\ncontent-length: 5\r\n", undefined],
  ["GET", "HTTP/1.1 200 OK\ncontent-length: 5\r\n", undefined],
  ["GET", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n", undefined],
  ["GET", "HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n", undefined],
  ["GET", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n", undefined],
  ["GET", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n", undefined],
  ["GET", "HTTP/1.1 404 No\r\ntransfer-encoding: identity\r\n", undefined],
  ["GET", "HTTP/1.1 200 OK\r\n content-length: 5\r\n", undefined],
  ["GET", "HTTP/1.1 200 OK\r\ncontent-length : 5\r\n", undefined],
];

for (const [method, text, framing, goesOn] of ANSWERS) {
  test(`an answer to ${method} ends by ${framing ?? "nothing that is read"}: ${JSON.stringify(text)}`, () => {
    const head = readAnswerHead(text, method);
    assert.equal(head.ok ? head.value.framing.kind : undefined, framing);
    if (head.ok) assert.equal(head.value.goesOn, goesOn);
  });
}

test("a head ends at its empty line, and the bytes after it are the body's", () => {
  const bytes = Buffer.from(`\r\n\r\n${GET}a: b\r\n\r\nbody`);
  const found = { text: `${GET}a: b\r\n`, rest: "body" };
  assert.deepEqual(gathered(REQUEST_HEADS, bytes, [], BYTES_MAX), found);
  assert.deepEqual(gathered(REQUEST_HEADS, bytes, eachByte(bytes), BYTES_MAX), found);
});

test("a head may be as long as the limit, and no byte longer", () => {
  for (const kind of [REQUEST_HEADS, ANSWER_HEADS]) {
    const start = kind === REQUEST_HEADS ? GET : "HTTP/1.1 200 OK\r\n";
    const bytes = Buffer.from(`${start}a: ${"b".repeat(50)}\r\n\r\n`);
    for (const cuts of [[], eachByte(bytes)]) {
      assert.equal(gathered(kind, bytes, cuts, bytes.length).rest, "");
      assert.deepEqual(gathered(kind, bytes, cuts, bytes.length - 1), { problem: "head-bytes" });
    }
  }
});

/** Refused at once, since nothing that follows would mend it, and who sent it waits for an answer. */
const HOPELESS: readonly (readonly [kind: HeadKind, start: string, problem: string])[] = [
  [REQUEST_HEADS, "\x16\x03\x01", "method"],
  [REQUEST_HEADS, "PROXY ", "method"],
  [REQUEST_HEADS, "\r\n\r\n\0", "method"],
  [REQUEST_HEADS, "\r\rG", "start-line"],
  [REQUEST_HEADS, "\n", "method"],
  [ANSWER_HEADS, "\r\n", "start-line"],
  [ANSWER_HEADS, "HTTP/2", "start-line"],
  [ANSWER_HEADS, "220 ready", "start-line"],
];

for (const [kind, start, problem] of HOPELESS) {
  test(`no head begins with ${JSON.stringify(start)}`, () => {
    const bytes = Buffer.from(start, "latin1");
    assert.deepEqual(gathered(kind, bytes, eachByte(bytes), BYTES_MAX), { problem });
    assert.deepEqual(gathered(kind, bytes, [], BYTES_MAX), { problem });
  });
}

/** What a reader of requests makes of it in the end. */
function outcome({ text, rest, problem }: Gathering): unknown {
  if (text === undefined) return problem;
  const head = readRequestHead(text);
  // Behind a head that is refused nothing is read.
  return head.ok ? { head, rest } : head.error;
}

test("a request is read alike in whatever pieces it comes", () => {
  const start = fc.constantFrom("GET /a HTTP/1.1\r\n", "GET /a HTTP/1.1\n", "BREW", "\r\n", "");
  const words = fc.constantFrom(
    "GET",
    "PRI",
    " ",
    "/",
    "HTTP/1.1",
    "\r\n",
    "\n",
    "\r",
    ":",
    "a",
    "\0",
    "\xe9",
    "content-length: 4\r\n",
    "transfer-encoding: chunked\r\n",
  );
  const rest = fc.array(words, { maxLength: 12 });
  fc.assert(
    fc.property(
      start,
      rest,
      fc.array(fc.nat(60), { maxLength: 4 }),
      fc.integer({ min: 4, max: 60 }),
      (first, more, at, bytesMax) => {
        const bytes = Buffer.from(`${first}${more.join("")}\r\n\r\nbody`, "latin1");
        const cuts = at.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b);
        const whole = outcome(gathered(REQUEST_HEADS, bytes, [], bytesMax));
        assert.deepEqual(outcome(gathered(REQUEST_HEADS, bytes, cuts, bytesMax)), whole);
        assert.deepEqual(outcome(gathered(REQUEST_HEADS, bytes, eachByte(bytes), bytesMax)), whole);
      },
    ),
    { numRuns: 3_000 },
  );
});
