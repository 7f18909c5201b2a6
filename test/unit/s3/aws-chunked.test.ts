import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createDeframer,
  deframe,
  unfinished,
  type Deframer,
  type ChunkFraming,
} from "../../../src/s3/aws-chunked.ts";

const UNSIGNED = { signed: false, trailer: true };
const PLAIN = { signed: false, trailer: false };
const SIGNED = { signed: true, trailer: false };
const SIGNED_TRAILER = { signed: true, trailer: true };
const A = "a".repeat(64);
const B = "b".repeat(64);

type Outcome = {
  data: string;
  signatures: readonly string[];
  trailers: readonly (readonly [string, string])[];
  trailerSignature: string | undefined;
};

/** Reads `text` in pieces of `step` bytes; a string is the message of the refusal. */
function read(framing: ChunkFraming, text: string, step = text.length): Outcome | string {
  const deframer = createDeframer(framing);
  const outcome = {
    data: "",
    signatures: [] as string[],
    trailers: [],
    trailerSignature: undefined,
  };
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += step) {
    const problem = readPiece(deframer, bytes.subarray(at, at + step), outcome);
    if (problem !== undefined) return problem;
  }
  return unfinished(deframer)?.message ?? outcome;
}

function readPiece(deframer: Deframer, bytes: Buffer, outcome: Outcome & { signatures: string[] }) {
  const tokens = deframe(deframer, bytes);
  for (const token of tokens) {
    if (token.kind === "data") outcome.data += token.bytes.toString("latin1");
    else if (token.kind === "chunk") outcome.signatures.push(token.signature);
    else
      Object.assign(outcome, {
        trailers: token.trailers,
        trailerSignature: token.trailerSignature,
      });
  }
  const { problem } = deframer;
  // AWS's message says too little to mend anything.
  if (problem !== undefined) assert.match(problem.why ?? "", /^The .* is malformed: \S.*\S$/);
  return problem && `${problem.code}: ${problem.message}`;
}

const CRC = "x-amz-checksum-crc32:y/Q5Jg==";
const WELL_FORMED = [
  [
    "an empty body",
    PLAIN,
    "0\r\n\r\n",
    { data: "", signatures: [""], trailers: [], trailerSignature: undefined },
  ],
  [
    "sizes in both cases and with zeros in front",
    PLAIN,
    "00A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
    {
      data: "01234567890123456789",
      signatures: ["", "", ""],
      trailers: [],
      trailerSignature: undefined,
    },
  ],
  [
    "data that looks like framing",
    PLAIN,
    "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
    { data: "\r\n0\r\n\r\n", signatures: ["", ""], trailers: [], trailerSignature: undefined },
  ],
  [
    "the trailer of the SDKs",
    UNSIGNED,
    `9\r\n123456789\r\n0\r\n${CRC}\r\n\r\n`,
    {
      data: "123456789",
      signatures: ["", ""],
      trailers: [["x-amz-checksum-crc32", "y/Q5Jg=="]],
      trailerSignature: undefined,
    },
  ],
  [
    "the trailer of minio-go",
    UNSIGNED,
    `9\r\n123456789\r\n0\r\n${CRC}\n\r\n\r\n`,
    {
      data: "123456789",
      signatures: ["", ""],
      trailers: [["x-amz-checksum-crc32", "y/Q5Jg=="]],
      trailerSignature: undefined,
    },
  ],
  [
    "signed chunks",
    SIGNED,
    `1;chunk-signature=${A}\r\nx\r\n0;chunk-signature=${B}\r\n\r\n`,
    { data: "x", signatures: [A, B], trailers: [], trailerSignature: undefined },
  ],
  [
    "the signed trailer of the SDKs",
    SIGNED_TRAILER,
    `0;chunk-signature=${A}\r\n${CRC}\r\nx-amz-trailer-signature:${B}\r\n\r\n`,
    {
      data: "",
      signatures: [A],
      trailers: [["x-amz-checksum-crc32", "y/Q5Jg=="]],
      trailerSignature: B,
    },
  ],
  [
    "the signed trailer as the S3 page prints it",
    SIGNED_TRAILER,
    `0;chunk-signature=${A}\r\n${CRC}\n\r\nx-amz-trailer-signature:${B}\r\n\r\n`,
    {
      data: "",
      signatures: [A],
      trailers: [["x-amz-checksum-crc32", "y/Q5Jg=="]],
      trailerSignature: B,
    },
  ],
  [
    "two trailers",
    UNSIGNED,
    `0\r\n${CRC}\r\nx-amz-checksum-sha1:x\r\n\r\n`,
    {
      data: "",
      signatures: [""],
      trailers: [
        ["x-amz-checksum-crc32", "y/Q5Jg=="],
        ["x-amz-checksum-sha1", "x"],
      ],
      trailerSignature: undefined,
    },
  ],
  [
    "a trailer name in any case",
    UNSIGNED,
    "0\r\nX-Amz-Checksum-CRC32:y/Q5Jg==\r\n\r\n",
    {
      data: "",
      signatures: [""],
      trailers: [["x-amz-checksum-crc32", "y/Q5Jg=="]],
      trailerSignature: undefined,
    },
  ],
] as const;

for (const [name, framing, text, expected] of WELL_FORMED) {
  test(`deframe() reads ${name}, whole or byte by byte`, () => {
    assert.deepEqual(read(framing, text), expected);
    assert.deepEqual(read(framing, text, 1), expected);
    assert.deepEqual(read(framing, text, 3), expected);
  });
}

/** A line of the trailer section with so many bytes, its end included. */
function lineOf(bytes: number, name: string): string {
  return `${name}:${"v".repeat(bytes - name.length - 3)}\r\n`;
}

const FULL = lineOf(1024, "a") + lineOf(1024, "b") + lineOf(1024, "c");
const LONG = "x".repeat(1100);
const MANY = Array.from({ length: 9 }, (_, i) => `x-${i}:${"v".repeat(500)}\r\n`).join("");
const REFUSED = [
  ["a line feed without carriage return", PLAIN, "1\nx\r\n0\r\n\r\n", "IncompleteBody"],
  ["a size that is no number", PLAIN, "g\r\n", "IncompleteBody"],
  ["a size with a sign", PLAIN, "-1\r\nx", "IncompleteBody"],
  ["a size with 0x", PLAIN, "0x1\r\nx\r\n0\r\n\r\n", "IncompleteBody"],
  ["a size with a space", PLAIN, "1 \r\nx\r\n0\r\n\r\n", "IncompleteBody"],
  ["no size", PLAIN, "\r\n", "IncompleteBody"],
  ["a size of ten digits", PLAIN, "0000000001\r\nx", "IncompleteBody"],
  ["a chunk above 5 GiB", PLAIN, "140000001\r\nx", "IncompleteBody"],
  ["a header line that never ends", PLAIN, "1".repeat(1100), "IncompleteBody"],
  ["an overlong extension", SIGNED, `1;chunk-signature=${LONG}\r\n`, "IncompleteBody"],
  ["an unknown extension", PLAIN, "1;name=value\r\nx\r\n0\r\n\r\n", "IncompleteBody"],
  [
    "an extension behind the signature",
    SIGNED,
    `1;chunk-signature=${A};x=y\r\nx`,
    "IncompleteBody",
  ],
  ["a signature where none is due", PLAIN, `0;chunk-signature=${A}\r\n\r\n`, "IncompleteBody"],
  ["a chunk without its signature", SIGNED, "0\r\n\r\n", "IncompleteBody"],
  ["a signature that is too short", SIGNED, "0;chunk-signature=abc\r\n\r\n", "IncompleteBody"],
  [
    "a signature in upper case",
    SIGNED,
    `0;chunk-signature=${"A".repeat(64)}\r\n\r\n`,
    "IncompleteBody",
  ],
  ["data longer than its chunk", PLAIN, "1\r\nxy\r\n0\r\n\r\n", "IncompleteBody"],
  ["data shorter than its chunk", PLAIN, "3\r\nx\r\n0\r\n\r\n", "IncompleteBody"],
  ["bytes behind the end", PLAIN, "0\r\n\r\nx", "IncompleteBody"],
  ["a second body behind the end", PLAIN, "0\r\n\r\n0\r\n\r\n", "IncompleteBody"],
  ["a trailer that was not announced", PLAIN, `0\r\n${CRC}\r\n\r\n`, "MalformedTrailerError"],
  [
    "a trailer without colon",
    UNSIGNED,
    "0\r\nx-amz-checksum-crc32\r\n\r\n",
    "MalformedTrailerError",
  ],
  [
    "a trailer with a space before its value",
    UNSIGNED,
    "0\r\nx-amz-checksum-crc32: y/Q5Jg==\r\n\r\n",
    "MalformedTrailerError",
  ],
  [
    "a trailer with a space in its name",
    UNSIGNED,
    "0\r\nx-amz checksum:y/Q5Jg==\r\n\r\n",
    "MalformedTrailerError",
  ],
  [
    "a trailer value with a control character",
    UNSIGNED,
    "0\r\na:b\tc\r\n\r\n",
    "MalformedTrailerError",
  ],
  ["a trailer twice", UNSIGNED, `0\r\n${CRC}\r\n${CRC}\r\n\r\n`, "MalformedTrailerError"],
  [
    "a trailer that ends in LF alone",
    UNSIGNED,
    `0\r\n${CRC}\nx:y\r\n\r\n`,
    "MalformedTrailerError",
  ],
  [
    "a signed trailer in an unsigned body",
    UNSIGNED,
    `0\r\n${CRC}\r\nx-amz-trailer-signature:${A}\r\n\r\n`,
    "MalformedTrailerError",
  ],
  [
    "a trailer signature that is not hex",
    SIGNED_TRAILER,
    `0;chunk-signature=${A}\r\n${CRC}\r\nx-amz-trailer-signature:zz\r\n\r\n`,
    "MalformedTrailerError",
  ],
  ...["0", "g"].flatMap((more) => [
    [
      `a trailer signature with ${more} before it`,
      SIGNED_TRAILER,
      `0;chunk-signature=${A}\r\nx-amz-trailer-signature:${more}${B}\r\n\r\n`,
      "MalformedTrailerError",
    ] as const,
    [
      `a trailer signature with ${more} behind it`,
      SIGNED_TRAILER,
      `0;chunk-signature=${A}\r\nx-amz-trailer-signature:${B}${more}\r\n\r\n`,
      "MalformedTrailerError",
    ] as const,
  ]),
  ["a line of 1,025 bytes", UNSIGNED, `0\r\n${lineOf(1025, "a")}\r\n`, "IncompleteBody"],
  [
    "a trailer section of 4,097 bytes",
    UNSIGNED,
    `0\r\n${FULL}${lineOf(1020, "d")}e:f\r\n\r\n`,
    "MalformedTrailerError",
  ],
  [
    "a trailer behind the signature",
    SIGNED_TRAILER,
    `0;chunk-signature=${A}\r\nx-amz-trailer-signature:${B}\r\n${CRC}\r\n\r\n`,
    "MalformedTrailerError",
  ],
  [
    "two trailer signatures",
    SIGNED_TRAILER,
    `0;chunk-signature=${A}\r\nx-amz-trailer-signature:${B}\r\nx-amz-trailer-signature:${B}\r\n\r\n`,
    "MalformedTrailerError",
  ],
  ["an overlong trailer section", UNSIGNED, `0\r\n${MANY}\r\n`, "MalformedTrailerError"],
] as const;

for (const [name, framing, text, code] of REFUSED) {
  test(`deframe() refuses ${name}, whole or byte by byte`, () => {
    for (const step of [text.length, 1]) {
      const outcome = read(framing, text, step);
      assert.ok(typeof outcome === "string", `accepted in steps of ${step}`);
      assert.equal(outcome.split(":")[0], code);
    }
  });
}

test("deframe() reads a trailer section of 4,096 bytes with lines of 1,024", () => {
  const outcome = read(UNSIGNED, `0\r\n${FULL}${lineOf(1024, "d")}\r\n`);
  assert.ok(typeof outcome === "object", JSON.stringify(outcome));
  assert.deepEqual(
    outcome.trailers.map(([name]) => name),
    ["a", "b", "c", "d"],
  );
});

test("deframe() reads the head of a chunk of 5 GiB, and returns nothing else", () => {
  const signature = "";
  const size = 5 * 1024 ** 3;
  assert.deepEqual(deframe(createDeframer(PLAIN), Buffer.from("140000000\r\n")), [
    { kind: "chunk", size, signature },
  ]);
});

test("deframe() returns the parts of a body in order", () => {
  const body = Buffer.from(`1\r\nx\r\n0\r\n${CRC}\r\n\r\n`);
  const trailers = [["x-amz-checksum-crc32", "y/Q5Jg=="]];
  assert.deepEqual(deframe(createDeframer(UNSIGNED), body), [
    { kind: "chunk", size: 1, signature: "" },
    { kind: "data", bytes: Buffer.from("x") },
    { kind: "chunk", size: 0, signature: "" },
    { kind: "end", trailers, trailerSignature: undefined },
  ]);
});

const WHOLE = `9\r\n123456789\r\n0\r\n${CRC}\r\n\r\n`;
for (let length = 0; length < WHOLE.length; length++) {
  test(`unfinished() refuses a body cut after ${length} bytes`, () => {
    const deframer = createDeframer(UNSIGNED);
    deframe(deframer, Buffer.from(WHOLE.slice(0, length)));
    assert.equal(deframer.problem, undefined);
    const problem = unfinished(deframer);
    assert.equal(problem?.code, "IncompleteBody");
    assert.match(problem?.why ?? "", /ended before/);
  });
}

test("deframe() hands out views of the bytes, not copies", () => {
  const bytes = Buffer.from("3\r\nabc\r\n0\r\n\r\n");
  const tokens = deframe(createDeframer(PLAIN), bytes);
  const data = tokens.find((token) => token.kind === "data");
  bytes[3] = 0x7a;
  assert.equal(data?.bytes.toString(), "zbc");
});
