import { gzipSync } from "node:zlib";
import { atEnd, atHead, head, OK, says, saysAndEnds, trickle } from "./acts.ts";
import type { Fault } from "./fault.ts";

const ZIPPED = gzipSync("hello");

/** Odd but whole answers: they pass, or are refused, and nothing of one reaches another client. */
export const ODDITIES: readonly Fault[] = [
  {
    name: "trickles its answer byte by byte",
    play: atEnd((socket) => trickle(socket, Buffer.from(OK), 5)),
    told: "200 ok",
    kinds: [],
  },
  {
    name: "reads a little at a time",
    play: {
      onRequest: (socket, { received, length }) => {
        socket.pause();
        setTimeout(() => socket.resume(), 2);
        if (received === length) socket.write(OK);
      },
    },
    told: "200 ok",
    kinds: [],
  },
  {
    name: "says 102 and 103 before it answers",
    play: says(`HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Hints\r\nlink: a\r\n\r\n${OK}`),
    told: "200 ok",
    kinds: [],
  },
  {
    name: "answers in HTTP/1.0 and ends the connection",
    play: saysAndEnds("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok"),
    told: "200 ok",
    kinds: [],
  },
  {
    name: "answers in HTTP/1.0 with keep-alive",
    play: says("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok"),
    told: "200 ok",
    kinds: [],
  },
  {
    name: "sends a compressed body",
    play: says(
      Buffer.concat([
        Buffer.from(head("content-encoding: gzip", `content-length: ${ZIPPED.length}`)),
        ZIPPED,
      ]),
    ),
    told: `200 ${ZIPPED.toString("latin1")}`,
    kinds: [],
  },
  {
    name: "sends trailers",
    play: says(
      `${head("transfer-encoding: chunked")}2\r\nok\r\n0\r\nx-amz-checksum-crc32: aaaa\r\n\r\n`,
    ),
    told: "200 ok",
    kinds: [],
  },
  {
    name: "answers before it has read the upload, and reads on",
    play: atHead((socket) => void socket.write(OK)),
    told: "200 ok",
    kinds: [],
  },
  {
    name: "answers before it has read the upload, and ends the connection",
    play: atHead(
      (socket) =>
        void socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"),
    ),
    told: "200 ok",
    kinds: [],
  },
  {
    name: "answers and at once ends the connection that it said to keep",
    play: saysAndEnds(OK),
    told: "200 ok",
    kinds: [],
  },
  {
    name: "answers and at once breaks the connection that it said to keep",
    play: atEnd((socket) => void socket.write(OK, () => socket.resetAndDestroy())),
    told: "200 ok",
    kinds: ["reset"],
  },
  {
    name: "answers twice",
    play: says(`${OK}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nstolen`),
    told: "200 ok",
    kinds: [],
  },
  {
    name: "sends more than it said",
    play: says(`${OK}and more`),
    told: "200 ok",
    kinds: [],
  },
  {
    name: "sends a body with 204",
    play: says("HTTP/1.1 204 No Content\r\ncontent-length: 6\r\n\r\nstolen"),
    told: "204 ",
    but: { head: "204 " },
    kinds: [],
  },
];
