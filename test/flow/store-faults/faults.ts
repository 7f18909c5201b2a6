import { always, atEnd, atHead, head, says, saysAndBreaks, saysAndEnds } from "./acts.ts";
import type { Fault } from "./fault.ts";

const LENGTH = head("content-length: 1000");
const CHUNKS = head("transfer-encoding: chunked");

const XML = "<Error><Code>InternalError</Code><Message>broken</Message></Error>";

/**
 * An answer to HEAD ends with its head, whatever the store sends behind it; one that the gateway
 * rewrites is held back until it is whole.
 */
const HALF = { head: "200 ", "upload ended": "503" } as const;

/** A request fails, and its client must know it. */
export const FAULTS: readonly Fault[] = [
  {
    name: "breaks each connection as it comes",
    play: always((socket) => void socket.resetAndDestroy()),
    told: "503",
    kinds: ["reset", "connect"],
  },
  {
    name: "ends each connection as it comes",
    play: always((socket) => void socket.end()),
    told: "503",
    kinds: ["reset"],
  },
  {
    name: "breaks off when a head has come",
    play: atHead((socket) => void socket.resetAndDestroy()),
    told: "503",
    kinds: ["reset"],
  },
  {
    name: "breaks off within an upload",
    play: {
      onRequest: (socket, { received, length }) => {
        if (received >= length / 2) socket.resetAndDestroy();
      },
    },
    told: "503",
    kinds: ["reset"],
  },
  {
    name: "ends the connection when all has come",
    play: atEnd((socket) => void socket.end()),
    told: "503",
    kinds: ["reset"],
  },
  { name: "takes all and answers nothing", play: {}, told: "503", kinds: ["timeout"] },
  {
    name: "stops reading when a head has come",
    play: atHead((socket) => void socket.pause()),
    told: "503",
    kinds: ["timeout"],
  },
  {
    name: "stands still within its head",
    play: says("HTTP/1.1 200 OK\r\ncontent-"),
    told: "503",
    kinds: ["timeout"],
  },
  {
    name: "stands still within a body of known length",
    play: says(`${LENGTH}half`),
    told: "broken",
    but: HALF,
    kinds: ["timeout"],
  },
  {
    name: "stands still within chunks",
    play: says(`${CHUNKS}4\r\nhalf\r\n`),
    told: "broken",
    but: HALF,
    kinds: ["timeout"],
  },
  {
    name: "breaks off within a body of known length",
    play: saysAndBreaks(`${LENGTH}half`),
    told: "broken",
    but: HALF,
    kinds: ["reset"],
  },
  {
    name: "ends the connection within a body of known length",
    play: saysAndEnds(`${LENGTH}half`),
    told: "broken",
    but: HALF,
    kinds: ["reset"],
  },
  {
    name: "breaks off within chunks",
    play: saysAndBreaks(`${CHUNKS}4\r\nhalf\r\n`),
    told: "broken",
    but: HALF,
    kinds: ["reset"],
  },
  {
    name: "ends the connection within chunks",
    play: saysAndEnds(`${CHUNKS}4\r\nhalf\r\n`),
    told: "broken",
    but: HALF,
    kinds: ["reset"],
  },
  {
    name: "breaks off within a body that says nothing of its end",
    play: saysAndBreaks(`${head("connection: close")}half`),
    told: "503",
    but: { head: "200 " },
    kinds: ["protocol"],
  },
  {
    name: "ends the connection within a body that says nothing of its end",
    play: saysAndEnds(`${head("connection: close")}half`),
    told: "503",
    but: { head: "200 " },
    kinds: ["protocol"],
  },
  {
    name: "breaks off within an error document",
    play: saysAndBreaks(
      `HTTP/1.1 500 Oh\r\ncontent-type: application/xml\r\ncontent-length: 1000\r\n\r\n${XML}`,
    ),
    told: "503",
    but: { head: "500 " },
    kinds: ["reset"],
  },
  {
    name: "sends a bad chunk size",
    play: says(`${CHUNKS}4\r\nhalf\r\nxyz\r\n`),
    told: "broken",
    but: HALF,
    kinds: ["protocol"],
  },
  {
    name: "sends a chunk size beyond all numbers",
    play: says(`${CHUNKS}ffffffffffffffffff\r\nhalf\r\n`),
    told: "broken",
    but: HALF,
    kinds: ["protocol"],
  },
  {
    name: "speaks SMTP",
    play: says("220 mail.example ESMTP\r\n"),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "sends random bytes",
    play: says(Buffer.from("80010203ff00fe0d0a0d0a", "hex")),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "has a status that is no number",
    play: says("HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n"),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "has a status of two digits",
    play: says("HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n"),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "has status 999",
    play: says("HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n"),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "speaks HTTP/3.7",
    play: says("HTTP/3.7 200 OK\r\ncontent-length: 0\r\n\r\n"),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "says both length and chunks",
    play: says(`${head("content-length: 3", "transfer-encoding: chunked")}0\r\n\r\n`),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "says that its body is not in chunks, and no length",
    play: saysAndEnds(`${head("transfer-encoding: identity")}half`),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "compresses the transfer",
    play: saysAndEnds(`${head("transfer-encoding: gzip, chunked")}2\r\nok\r\n0\r\n\r\n`),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "says two lengths",
    play: says(`${head("content-length: 1", "content-length: 2")}ab`),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "says a negative length",
    play: says(head("content-length: -1")),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "says a length beyond all numbers",
    play: says(head("content-length: 99999999999999999999999")),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "folds a field over two lines",
    play: says(head("x-a: b", " c", "content-length: 0")),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "has a control character in a field",
    play: says(head("x-a: b\u0001c\u0000", "content-length: 0")),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "has a lone CR in a field",
    play: says(head("x-a: b\rSet-Cookie: c", "content-length: 0")),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "has one field of 1 MiB",
    play: says(head(`x-a: ${"a".repeat(2 ** 20)}`, "content-length: 0")),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "has 400 fields, more than 16 KiB in all",
    play: says(
      head(
        ...Array.from({ length: 400 }, (_, i) => `x-${i}: ${"a".repeat(64)}`),
        "content-length: 0",
      ),
    ),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "never ends its head",
    play: atEnd((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const timer = setInterval(() => {
        if (socket.destroyed) clearInterval(timer);
        else socket.write(`x-a: ${"a".repeat(1000)}\r\n`);
      }, 5);
    }),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "has trailers of 1 MiB",
    play: says(`${CHUNKS}2\r\nok\r\n0\r\nx-a: ${"a".repeat(2 ** 20)}\r\n\r\n`),
    told: "broken",
    but: HALF,
    kinds: ["protocol"],
  },
  {
    name: "says 100 Continue unasked",
    play: says("HTTP/1.1 100 Continue\r\n\r\n"),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "says 101 unasked",
    play: says("HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\nfoo"),
    told: "503",
    kinds: ["protocol"],
  },
  {
    name: "says 103 without end",
    play: atEnd((socket) => {
      const timer = setInterval(() => {
        if (socket.destroyed) clearInterval(timer);
        else socket.write("HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n".repeat(100));
      }, 10);
    }),
    told: "503",
    kinds: ["protocol"],
  },
];
