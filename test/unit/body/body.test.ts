import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { BodyPlan } from "../../../src/admission/body-plan.ts";
import { BodyError, provenBody, provenWhole, readBody } from "../../../src/body/body.ts";
import { KeyRing } from "../../../src/signature/key-ring.ts";
import { CHECK_VALUES } from "../../support/check-values.ts";
import { cut, EXAMPLE, signedBody, unsignedBody } from "../../support/chunked.ts";

const SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
const TRAILER_SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
const CHUNKS = [Buffer.alloc(65_536, "a"), Buffer.alloc(1024, "a")];
const DATA = Buffer.concat(CHUNKS);

const proofFrom = (seedSignature: string) => ({
  signingKey: new KeyRing(1).signingKey(EXAMPLE.secret, "20130524", "us-east-1", "s3"),
  timestamp: EXAMPLE.timestamp,
  scope: EXAMPLE.scope,
  seedSignature,
});

const check = (algorithm: "crc32" | "md5" | "sha256", field: string, expectedBase64: string) => ({
  algorithm,
  field,
  expectedBase64,
});

/** What came out before the end or the refusal, and the refusal's code. */
async function outcomeOf(source: AsyncIterable<Buffer>, plan: BodyPlan) {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of provenBody(source, plan)) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    return { released: Buffer.concat(pieces).toString("latin1"), code: error.fault.code };
  }
  return { released: Buffer.concat(pieces).toString("latin1"), code: "none" };
}

const deframe = (changes: Partial<Extract<BodyPlan, { kind: "deframe" }>>): BodyPlan => ({
  kind: "deframe",
  decodedLength: 9,
  proof: undefined,
  trailers: [],
  checks: [],
  ...changes,
});

// The bodies of both published examples, signatures and all, as literals.
const PUBLISHED = Buffer.concat([
  Buffer.from(
    "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
  ),
  Buffer.alloc(65_536, "a"),
  Buffer.from(
    "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
  ),
  Buffer.alloc(1024, "a"),
  Buffer.from(
    "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
  ),
]);
const PUBLISHED_TRAILER = Buffer.concat([
  Buffer.from(
    "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n",
  ),
  Buffer.alloc(65_536, "a"),
  Buffer.from(
    "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n",
  ),
  Buffer.alloc(1024, "a"),
  Buffer.from(
    "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n",
  ),
  Buffer.from("x-amz-checksum-crc32c:sOO8/Q==\r\n"),
  Buffer.from(
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
  ),
]);

test("provenBody() proves the published example of signed chunks", async () => {
  const plan = deframe({ decodedLength: 66_560, proof: proofFrom(SEED) });
  assert.equal(PUBLISHED.length, 66_824);
  assert.deepEqual(await readBody(cut(PUBLISHED, 10, 70_000), 1e6, plan), {
    ok: true,
    value: DATA,
  });
});

const TRAILER_PLAN = deframe({
  decodedLength: 66_560,
  proof: proofFrom(TRAILER_SEED),
  trailers: ["x-amz-checksum-crc32c"],
});

test("provenBody() proves the published example with a trailer", async () => {
  const result = await readBody(cut(PUBLISHED_TRAILER, 1, 65_700), 1e6, TRAILER_PLAN);
  assert.deepEqual(result, { ok: true, value: DATA });
});

test("provenBody() proves a trailer line that ends in LF CRLF, as the example prints it", async () => {
  const printed = PUBLISHED_TRAILER.toString("latin1").replace("sOO8/Q==\r\n", "sOO8/Q==\n\r\n");
  const result = await readBody(cut(Buffer.from(printed, "latin1")), 1e6, TRAILER_PLAN);
  assert.deepEqual(result, { ok: true, value: DATA });
});

test("provenBody() refuses the wrong seed", async () => {
  const plan = deframe({ decodedLength: 66_560, proof: proofFrom(TRAILER_SEED) });
  assert.equal((await outcomeOf(cut(PUBLISHED), plan)).code, "SignatureDoesNotMatch");
});

const NINE = Buffer.from("123456789");
const CRC32 = "x-amz-checksum-crc32:y/Q5Jg==";
const UNSIGNED = deframe({ trailers: ["x-amz-checksum-crc32"] });

for (const [algorithm, value] of [
  ["crc32", "y/Q5Jg=="],
  ["crc32c", "4waSgw=="],
  ["crc64nvme", "rosUhgp5mIg="],
  ["sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="],
  ["sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="],
] as const) {
  test(`provenBody() proves an unsigned ${algorithm} trailer`, async () => {
    const name = `x-amz-checksum-${algorithm}`;
    const body = unsignedBody([NINE.subarray(0, 4), NINE.subarray(4)], `${name}:${value}`);
    const outcome = await outcomeOf(cut(body), deframe({ trailers: [name] }));
    assert.deepEqual(outcome, { released: "123456789", code: "none" });
  });
}

test("provenBody() proves framing and trailer of an empty body", async () => {
  const plan = deframe({ decodedLength: 0, trailers: ["x-amz-checksum-crc32"] });
  const body = unsignedBody([], "x-amz-checksum-crc32:AAAAAA==");
  assert.deepEqual(await outcomeOf(cut(body), plan), { released: "", code: "none" });
  const wrong = unsignedBody([], CRC32);
  assert.deepEqual(await outcomeOf(cut(wrong), plan), { released: "", code: "BadDigest" });
});

const signed = signedBody(SEED, [NINE]);
const signedTrailer = signedBody(SEED, [NINE], ["x-amz-checksum-crc32", "y/Q5Jg=="]);
const badTrailerCrc = signedBody(SEED, [NINE], ["x-amz-checksum-crc32", "AAAAAA=="]);
const lastByte = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 1);
const SIGNED = deframe({ proof: proofFrom(SEED) });
const SIGNED_TRAILER = deframe({ proof: proofFrom(SEED), trailers: ["x-amz-checksum-crc32"] });
const replaced = (body: Buffer, from: string | RegExp, to: string): Buffer =>
  Buffer.from(body.toString("latin1").replace(from, to), "latin1");
const pass = (length: number, ...checks: readonly ReturnType<typeof check>[]) => ({
  kind: "pass" as const,
  length,
  checks,
});

const REFUSED = [
  [
    "a wrong crc32 trailer",
    UNSIGNED,
    unsignedBody([NINE], "x-amz-checksum-crc32:AAAAAA=="),
    "BadDigest",
  ],
  [
    "a trailer value that is no crc32",
    UNSIGNED,
    unsignedBody([NINE], "x-amz-checksum-crc32:AAAA"),
    "InvalidRequest",
  ],
  [
    "an announced trailer that does not come",
    UNSIGNED,
    unsignedBody([NINE]),
    "MalformedTrailerError",
  ],
  [
    "another trailer than announced",
    UNSIGNED,
    unsignedBody([NINE], "x-amz-checksum-crc32c:4waSgw=="),
    "MalformedTrailerError",
  ],
  [
    "a further trailer",
    UNSIGNED,
    unsignedBody([NINE], `${CRC32}\r\nx-amz-checksum-crc32c:4waSgw==`),
    "MalformedTrailerError",
  ],
  [
    "a trailer that was not announced",
    deframe({}),
    unsignedBody([NINE], CRC32),
    "MalformedTrailerError",
  ],
  [
    "more data than decoded length",
    deframe({ decodedLength: 8 }),
    unsignedBody([NINE]),
    "IncompleteBody",
  ],
  [
    "less data than decoded length",
    deframe({ decodedLength: 10 }),
    unsignedBody([NINE]),
    "IncompleteBody",
  ],
  ["framing that is cut short", UNSIGNED, lastByte(unsignedBody([NINE], CRC32)), "IncompleteBody"],
  [
    "a wrong header checksum over framed data",
    deframe({ checks: [check("md5", "content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")] }),
    unsignedBody([NINE]),
    "BadDigest",
  ],
  ["unsigned chunks where signed ones are due", SIGNED, unsignedBody([NINE]), "IncompleteBody"],
  [
    "one changed byte of a signed chunk",
    SIGNED,
    replaced(signed.body, "123456789", "123456780"),
    "SignatureDoesNotMatch",
  ],
  [
    "a final chunk with the signature of another",
    SIGNED,
    replaced(signed.body, signed.signatures.chunks[1] ?? "", signed.signatures.chunks[0] ?? ""),
    "SignatureDoesNotMatch",
  ],
  [
    "signed chunks without the final one",
    SIGNED,
    replaced(signed.body, /0;chunk.*/s, ""),
    "IncompleteBody",
  ],
  [
    "a signed trailer without its signature",
    SIGNED_TRAILER,
    replaced(signedTrailer.body, /x-amz-trailer-signature.*\r\n\r\n/, "\r\n"),
    "SignatureDoesNotMatch",
  ],
  [
    "a signed trailer with a wrong signature",
    SIGNED_TRAILER,
    replaced(signedTrailer.body, signedTrailer.signatures.trailer, "0".repeat(64)),
    "SignatureDoesNotMatch",
  ],
  [
    "a signed trailer with a changed value",
    SIGNED_TRAILER,
    replaced(signedTrailer.body, "y/Q5Jg==", "AAAAAA=="),
    "SignatureDoesNotMatch",
  ],
  ["a well signed trailer with a wrong checksum", SIGNED_TRAILER, badTrailerCrc.body, "BadDigest"],
  ["a plain body that is too short", pass(10), NINE, "IncompleteBody"],
  ["a plain body that is too long", pass(8), NINE, "IncompleteBody"],
  [
    "a plain body with a wrong crc32",
    pass(9, check("crc32", "x-amz-checksum-crc32", "AAAAAA==")),
    NINE,
    "BadDigest",
  ],
  [
    "the second of two checks",
    pass(
      9,
      check("crc32", "x-amz-checksum-crc32", "y/Q5Jg=="),
      check("md5", "content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ),
    NINE,
    "BadDigest",
  ],
  [
    "a wrong x-amz-content-sha256",
    pass(9, check("sha256", "x-amz-content-sha256", "0".repeat(64))),
    NINE,
    "XAmzContentSHA256Mismatch",
  ],
  ["a body where there should be none", { kind: "none" }, NINE, "IncompleteBody"],
] as const;

for (const [name, plan, body, code] of REFUSED) {
  test(`provenBody() refuses ${name} and never completes it`, async () => {
    for (const offsets of [[], Array.from({ length: body.length - 1 }, (_, i) => i + 1)]) {
      const outcome = await outcomeOf(cut(body, ...offsets), plan);
      assert.equal(outcome.code, code);
      const promised =
        plan.kind === "none" ? 1 : plan.kind === "pass" ? plan.length : plan.decodedLength;
      assert.ok(outcome.released.length < promised, "the whole promised length was released");
    }
  });
}

for (const [name, plan, body, code] of REFUSED) {
  if (plan.kind !== "pass") continue;
  test(`provenWhole() refuses ${name}`, async () => {
    const whole = await provenWhole(body, plan);
    assert.equal(whole.ok ? "passed" : whole.error.code, code);
  });
}

test("provenWhole() returns a body that keeps its promises", async () => {
  const algorithms = ["crc32", "md5", "sha256", "xxhash128"] as const;
  const checks = CHECK_VALUES.flatMap(([algorithm, hex]) => {
    const value = Buffer.from(hex, "hex").toString("base64");
    return algorithms.some((one) => one === algorithm)
      ? [{ algorithm, field: `x-amz-checksum-${algorithm}`, expectedBase64: value }]
      : [];
  });
  assert.equal(checks.length, algorithms.length);
  const plan = { kind: "pass", length: 9, checks } as const;
  assert.deepEqual(await provenWhole(NINE, plan), { ok: true, value: NINE });
});

test("provenBody() passes a plain body and proves its checks", async () => {
  const plan = pass(
    9,
    check("crc32", "x-amz-checksum-crc32", "y/Q5Jg=="),
    check("md5", "content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="),
  );
  assert.deepEqual(await outcomeOf(cut(NINE, 0, 4, 4), plan), {
    released: "123456789",
    code: "none",
  });
});

test("provenBody() returns the value of the proved trailer", async () => {
  const body = provenBody(cut(unsignedBody([NINE], CRC32)), UNSIGNED);
  assert.deepEqual(await body.next(), { done: false, value: NINE });
  assert.deepEqual(await body.next(), { done: true, value: "y/Q5Jg==" });
});

test("provenBody() yields nothing for an empty body", async () => {
  const outcome = await outcomeOf(cut(Buffer.alloc(0)), { kind: "none" });
  assert.deepEqual(outcome, { released: "", code: "none" });
});

async function* broken(): AsyncGenerator<Buffer> {
  yield NINE;
  throw new Error("aborted");
}

test("provenBody() hands on the source's own failure", async () => {
  await assert.rejects(buffer(provenBody(broken(), pass(20))), /^Error: aborted$/);
});

test("provenBody() passes each piece on before it asks for the next, but for the last", async () => {
  let sent = 0;
  const end = Promise.withResolvers<void>();
  async function* source(): AsyncGenerator<Buffer> {
    for (const piece of ["abc", "def", "ghi"]) {
      sent++;
      yield Buffer.from(piece);
    }
    await end.promise;
  }
  const body = provenBody(source(), pass(9));
  assert.equal((await body.next()).value?.toString(), "abc");
  assert.equal(sent, 1);
  assert.equal((await body.next()).value?.toString(), "def");
  assert.equal(sent, 2);
  let ended = false;
  const last = body.next().finally(() => (ended = true));
  await turn();
  assert.equal(sent, 3);
  assert.equal(ended, false, "the last is held back until the body has ended");
  end.resolve();
  assert.equal((await last).value?.toString(), "ghi");
});

test("provenBody() lets go of the source when its reader stops", async () => {
  let closed = false;
  async function* source(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield NINE;
    } finally {
      closed = true;
    }
  }
  for await (const _piece of provenBody(source(), pass(1000))) break;
  assert.equal(closed, true);
});

test("readBody() refuses what is above its limit before reading", async () => {
  for (const plan of [pass(9), deframe({})]) {
    const result = await readBody(cut(NINE), 8, plan);
    assert.ok(!result.ok);
    assert.equal(result.error.code, "MaxMessageLengthExceeded");
  }
});

test("readBody() reads exactly its limit and proves x-amz-content-sha256", async () => {
  const hex = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
  const plan = pass(9, check("sha256", "x-amz-content-sha256", hex));
  assert.deepEqual(await readBody(cut(NINE, 3), 9, plan), { ok: true, value: NINE });
});

/** Pieces of `size` bytes whose memory is overwritten when the next one is asked for. */
async function* lent(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    const piece = Buffer.from(bytes.subarray(at, at + size));
    yield piece;
    piece.fill("!");
  }
}

for (const size of [1, 2, 3, 5, 8, 64]) {
  test(`a body in lent pieces of ${size} bytes is given as it came, framing taken off or not`, async () => {
    // Each piece is copied before the next is asked for, as whoever writes it must.
    const given = async (bytes: Buffer, plan: BodyPlan): Promise<string> => {
      let text = "";
      for await (const piece of provenBody(lent(bytes, size), plan)) text += piece.toString();
      return text;
    };
    const framed = Buffer.from("4\r\ndata\r\n0005\r\nagain\r\n0\r\n\r\n");
    assert.equal(await given(framed, deframe({ decodedLength: 9 })), "dataagain");
    const plain: BodyPlan = { kind: "pass", length: 9, checks: [] };
    assert.equal(await given(Buffer.from("dataagain"), plain), "dataagain");
  });
}
