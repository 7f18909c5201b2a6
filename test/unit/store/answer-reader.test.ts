import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Lender, type Release } from "../../../src/lend/lender.ts";
import { AnswerReader } from "../../../src/store/answer-reader.ts";
import { StoreError } from "../../../src/store/store-error.ts";

const RESET = new StoreError("reset", "the end");

type Told = {
  /** One line for each event; the body's bytes are one line, however they came. */
  readonly events: readonly string[];
  /** Pieces of which nothing was released. */
  readonly held: number;
};

type Reading = {
  readonly method?: string;
  /** Whether each read is written over at once, or is in a lent buffer. */
  readonly memory?: "common" | "lent";
  /** Events at which the listener pauses; it goes on when all bytes have come. */
  readonly pausesAt?: (event: string) => boolean;
  /** The connection's end, behind all bytes. */
  readonly end?: "proper" | "broken";
};

/** What a reader tells of `pieces`, the reads of one connection. */
function read(pieces: readonly Buffer[], reading: Reading = {}): Told {
  const { method = "GET", memory = "common", pausesAt = () => false, end } = reading;
  const lender = new Lender([{ bytes: 4096, most: 1_000, kept: 0 }]);
  const events: string[] = [];
  const told: { readonly bytes: Buffer; readonly release: Release }[] = [];
  let waits = false;
  const note = (event: string): void => {
    // What is told while nothing may be told is told wrongly.
    events.push(waits ? `${event} while it is paused` : event);
    if (!pausesAt(event)) return;
    waits = true;
    reader.pause();
  };
  const reader: AnswerReader = new AnswerReader({
    interim: (status) => note(`interim ${status}`),
    answer: ({ status, reason, fields, framing }) =>
      note(`${status} ${reason} ${fields.join("|")} ${framing.kind}`),
    data: (bytes, release) => {
      told.push({ bytes: memory === "lent" ? bytes : Buffer.from(bytes), release });
      const last = events.at(-1) ?? "";
      if (last.startsWith("data ")) events.pop();
      note(`${last.startsWith("data ") ? last : "data "}${bytes.toString("latin1")}`);
    },
    end: (trailers, surplus) =>
      note(`end ${trailers.join("|")}${surplus ? " and something behind it" : ""}`),
    failed: ({ kind, message }) => note(`${kind}: ${message}`),
  });
  const goOn = (): void => {
    while (waits) {
      waits = false;
      reader.resume();
    }
  };
  const common = Buffer.alloc(65_536);
  reader.expect(method);
  for (const piece of pieces) {
    if (memory === "lent") {
      const loan = lender.lend();
      assert.ok(loan !== undefined);
      piece.copy(loan.bytes);
      reader.take(loan.bytes.subarray(0, piece.length), loan);
      loan.end();
    } else {
      piece.copy(common);
      reader.take(common.subarray(0, piece.length), undefined);
      common.fill("#", 0, piece.length);
    }
  }
  goOn();
  if (end !== undefined) reader.end(RESET, end === "proper");
  goOn();
  reader.forget();
  for (const { release } of told) release();
  return { events, held: lender.lent };
}

/** Cuts `bytes` at `offsets`. */
function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...offsets, bytes.length])].toSorted((one, other) => one - other);
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to));
}

const LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: "e"\r\n\r\nbody';
const CHUNKS =
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" +
  "3;a=b\r\nbod\r\n1\r\ny\r\n0\r\nX-Sum: 1\r\n\r\n";
const INTERIM = "HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n";
const NONE = "HTTP/1.1 204 No Content\r\n\r\n";
const ERROR = "HTTP/1.1 500 Oh\r\ncontent-type: text/plain\r\n\r\nuntil the end";
const OF_LENGTH = ['200 OK content-length|4|etag|"e" length', "data body", "end "];
const OF_CHUNKS = ["200 OK transfer-encoding|chunked chunked", "data body", "end x-sum|1"];

const ANSWERS: readonly (readonly [string, string, Reading, readonly string[]])[] = [
  ["a body of known length", LENGTH, {}, OF_LENGTH],
  ["chunks and trailers", CHUNKS, {}, OF_CHUNKS],
  ["interim answers before it", INTERIM + LENGTH, {}, ["interim 103", "interim 102", ...OF_LENGTH]],
  ["no body", NONE, {}, ["204 No Content  none", "end "]],
  [
    "a length of a body that HEAD does not have",
    "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n",
    { method: "HEAD" },
    ["200 OK content-length|4 none", "end "],
  ],
  [
    "an error that ends with the connection",
    ERROR,
    { end: "proper" },
    ["500 Oh content-type|text/plain until-close", "data until the end", "end "],
  ],
  [
    "an error that breaks off",
    ERROR,
    { end: "broken" },
    ["500 Oh content-type|text/plain until-close", "data until the end", "reset: the end"],
  ],
  [
    "half a body of known length",
    LENGTH.slice(0, -2),
    { end: "proper" },
    ['200 OK content-length|4|etag|"e" length', "data bo", "reset: the end"],
  ],
  [
    "chunks without their end",
    CHUNKS.slice(0, -2),
    { end: "proper" },
    ["200 OK transfer-encoding|chunked chunked", "data body", "reset: the end"],
  ],
  ["half a head", LENGTH.slice(0, 30), { end: "proper" }, ["reset: the end"]],
  ["nothing", "", { end: "proper" }, ["reset: the end"]],
];

for (const [what, text, reading, expected] of ANSWERS) {
  test(`AnswerReader reads an answer with ${what}, whatever pieces it comes in`, () => {
    const bytes = Buffer.from(text, "latin1");
    const splits = [
      [bytes],
      cut(bytes, [...bytes.keys()]),
      ...[...bytes.keys()].map((at) => cut(bytes, [at])),
    ];
    for (const memory of ["common", "lent"] as const) {
      for (const pieces of splits) {
        const { events, held } = read(pieces, { ...reading, memory });
        assert.deepEqual(events, expected, `${memory}: ${pieces.map(String).join(" + ")}`);
        assert.equal(held, 0, "a lent buffer was kept");
      }
    }
  });
}

test("AnswerReader reads the same with any splits, pauses and memory", () => {
  const texts = ANSWERS.map(([, text, reading]) => ({ text, reading }));
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(fc.nat({ max: 150 })),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
      fc.constantFrom("common" as const, "lent" as const),
      ({ text, reading }, offsets, pauses, memory) => {
        const bytes = Buffer.from(text, "latin1");
        const pieces = cut(
          bytes,
          offsets.filter((at) => at < bytes.length),
        );
        let asked = 0;
        const pausesAt = (): boolean => pauses[asked++ % pauses.length] === true;
        const paused = read(pieces, { ...reading, memory, pausesAt });
        assert.deepEqual(paused, read([bytes], { ...reading, memory }));
      },
    ),
  );
});

/** A reader that keeps what it is told of, and the bytes of an answer in lent memory. */
function lending(): {
  readonly lender: Lender;
  readonly reader: AnswerReader;
  readonly releases: Release[];
  readonly take: (text: string) => void;
} {
  const lender = new Lender([{ bytes: 4096, most: 10, kept: 10 }]);
  const releases: Release[] = [];
  const reader = new AnswerReader({
    interim: () => {},
    answer: () => {},
    data: (_bytes, release) => void releases.push(release),
    end: () => {},
    failed: () => {},
  });
  const take = (text: string): void => {
    const loan = lender.lend();
    assert.ok(loan !== undefined);
    reader.take(loan.bytes.subarray(0, loan.bytes.write(text)), loan);
    loan.end();
  };
  reader.expect("GET");
  return { lender, reader, releases, take };
}

test("AnswerReader lends a read on until its pieces are released", () => {
  const { lender, releases, take } = lending();
  const data = CHUNKS.indexOf("\r\n0\r\n");
  take(CHUNKS.slice(0, data));
  take(CHUNKS.slice(data));
  assert.deepEqual([lender.lent, releases.length], [1, 1]);
  releases[0]?.();
  assert.equal(lender.lent, 0);
});

test("AnswerReader passes on all chunks of a read as one piece, and those before a bad one", () => {
  const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  for (const [end, last] of [
    ["", []],
    ["0\r\n\r\n", ["end"]],
    ["x\r\n", ["protocol"]],
  ] as const) {
    for (const pauses of [false, true]) {
      const events: string[] = [];
      const reader: AnswerReader = new AnswerReader({
        interim: () => {},
        answer: () => {},
        data: (bytes) => {
          events.push(bytes.toString("latin1"));
          if (pauses) reader.pause();
        },
        end: () => events.push("end"),
        failed: ({ kind }) => events.push(kind),
      });
      reader.expect("GET");
      reader.take(Buffer.from(`${head}1\r\na\r\n2\r\nbc\r\n1;e\r\nd\r\n${end}`), undefined);
      if (pauses) assert.deepEqual(events, ["abcd"]);
      reader.resume();
      assert.deepEqual(events, ["abcd", ...last]);
    }
  }
});

test("AnswerReader releases what came while it was paused, if nobody wants it", () => {
  const { lender, reader, releases, take } = lending();
  take(LENGTH.slice(0, -4));
  reader.pause();
  take("bo");
  take("d");
  assert.deepEqual([lender.lent, releases.length], [2, 0]);
  reader.forget();
  assert.equal(lender.lent, 0);
});

for (const [what, behind] of [
  ["bytes", "more"],
  ["another answer", LENGTH],
] as const) {
  test(`AnswerReader notices ${what} after an answer`, () => {
    for (const [text, events] of [
      [LENGTH, OF_LENGTH],
      [CHUNKS, OF_CHUNKS],
      [NONE, ["204 No Content  none", "end "]],
    ] as const) {
      const told = read([Buffer.from(text + behind)]).events;
      assert.deepEqual(told, [...events.slice(0, -1), `${events.at(-1)} and something behind it`]);
      const later = read([Buffer.from(text), Buffer.from(behind)], {
        pausesAt: (event) => !event.startsWith("end"),
      });
      assert.deepEqual(later.events, told, "it came while the reader was paused");
    }
  });
}

const REFUSED = [
  ["a success that ends with the connection", "HTTP/1.1 200 OK\r\n\r\nhalf"],
  ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na"],
  [
    "length and chunks",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
  ],
  ["another coding", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n"],
  ["a status above 599", "HTTP/1.1 600 What\r\ncontent-length: 0\r\n\r\n"],
  ["another version", "HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n"],
  ["an obs-fold", "HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 0\r\n\r\n"],
  ["a lone LF", "HTTP/1.1 200 OK\na: b\r\ncontent-length: 0\r\n\r\n"],
  ["a head beyond 16 KiB", `HTTP/1.1 200 OK\r\na: ${"b".repeat(16_400)}\r\n\r\n`],
  ["100 Continue", "HTTP/1.1 100 Continue\r\n\r\n"],
  ["101 Switching Protocols", "HTTP/1.1 101 Switching\r\nupgrade: a\r\n\r\n"],
] as const;
for (const [what, text] of REFUSED) {
  test(`AnswerReader refuses an answer with ${what}, and passes on nothing of it`, () => {
    for (const step of [text.length, 1]) {
      const offsets = Array.from({ length: Math.ceil(text.length / step) }, (_, i) => i * step);
      const { events } = read(cut(Buffer.from(text), offsets));
      assert.equal(events.length, 1);
      assert.match(events[0] ?? "", /^protocol: The store's answer cannot be passed on: ./);
    }
  });
}

test("AnswerReader passes on what came before a bad chunk, and then fails", () => {
  const { events } = read([Buffer.from(CHUNKS.replace("\r\n1\r\n", "\r\nzz\r\n"))]);
  assert.deepEqual(events.slice(1, 2), ["data bod"]);
  assert.match(events[2] ?? "", /^protocol: .*chunks/);
});

test("AnswerReader allows 32 interim answers", () => {
  const interim = "HTTP/1.1 103 Hints\r\n\r\n";
  const told = (count: number): string =>
    read([Buffer.from(interim.repeat(count) + LENGTH)]).events.at(-1) ?? "";
  assert.equal(told(32), "end ");
  assert.match(told(33), /^protocol: .*32 interim/);
});
