/** How a body must travel and be proved, from its head alone. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, test } from "node:test";
import type { BodyPlan } from "../../../src/admission/body-plan.ts";
import { valuesOf } from "../../../src/http/headers.ts";
import { judge, world, type Ask } from "./world.ts";

const WORLD = world();
const PUT = "PUT /photos/a";
const GET = "GET /photos/a";
const COMPLETE = "POST /photos/a?uploadId=u";
const TAGGING = "PUT /photos/a?tagging";
const SHA256 = "x-amz-content-sha256";
const DECODED = "x-amz-decoded-content-length";
const UNSIGNED = { [SHA256]: "UNSIGNED-PAYLOAD" };
const CHUNKED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const OF_MEOW = hash("sha256", "meow");
const OF_NOTHING = hash("sha256", "");
const CRC32 = { "x-amz-checksum-crc32": "AAAAAA==" };

type Headers = NonNullable<Ask["headers"]>;

/** The plan, or the code of the refusal. */
function planOf(line: string, headers: Headers): BodyPlan | string {
  const verdict = judge(WORLD, line, { as: "lab", headers });
  if (verdict.kind === "refuse") return verdict.fault.code;
  if (verdict.kind === "forward") return verdict.body;
  assert(verdict.kind === "asking");
  const { need } = verdict;
  assert(need.kind === "document" || need.kind === "body");
  return need.plan;
}

const refused = [
  ["a framed length that is not declared", PUT, { ...UNSIGNED, [DECODED]: "5" }, "InvalidRequest"],
  [
    "a trailer that is not declared",
    PUT,
    { ...UNSIGNED, "x-amz-trailer": "x-amz-checksum-crc32" },
    "InvalidRequest",
  ],
  [
    "framing among codings that is not declared",
    PUT,
    { ...UNSIGNED, "content-encoding": "gzip, AWS-Chunked" },
    "InvalidRequest",
  ],
  ["framing of nothing", GET, { "content-encoding": "aws-chunked" }, "InvalidRequest"],
  ["a body where none belongs", GET, { "content-length": "1" }, "InvalidRequest"],
  ["chunks where no body belongs", GET, { "transfer-encoding": "chunked" }, "InvalidRequest"],
  ["chunks of S3 there", GET, { [SHA256]: CHUNKED, [DECODED]: "0" }, "InvalidRequest"],
  ["a digest of what is missing", GET, { [SHA256]: OF_MEOW }, "XAmzContentSHA256Mismatch"],
  [
    "an upload whose body was taken away",
    PUT,
    { [SHA256]: OF_MEOW, "content-length": "0" },
    "XAmzContentSHA256Mismatch",
  ],
  [
    "an upload whose body and length were taken away",
    PUT,
    { [SHA256]: OF_MEOW },
    "XAmzContentSHA256Mismatch",
  ],
  [
    "an upload in HTTP's chunks",
    PUT,
    { ...UNSIGNED, "transfer-encoding": "chunked" },
    "MissingContentLength",
  ],
  [
    "an upload in S3's chunks without its length",
    PUT,
    { [SHA256]: TRAILER, "content-length": "5" },
    "MissingContentLength",
  ],
  ...["", "-1", "+1", "1 0", "0x1", "1e3", "1.0", "a1", "1a", "1".repeat(16)].flatMap((length) => [
    [
      `a body of "${length}" bytes`,
      PUT,
      { ...UNSIGNED, "content-length": length },
      "MissingContentLength",
    ] as const,
    [
      `chunks of "${length}" bytes`,
      PUT,
      { [SHA256]: TRAILER, [DECODED]: length },
      "MissingContentLength",
    ] as const,
  ]),
  ["a body of 5 GiB and one", PUT, { "content-length": "5368709121" }, "EntityTooLarge"],
  ["the same in chunks", PUT, { [SHA256]: TRAILER, [DECODED]: "5368709121" }, "EntityTooLarge"],
  [
    "a trailer in chunks that have none",
    PUT,
    { [SHA256]: CHUNKED, [DECODED]: "5", "x-amz-trailer": "x-amz-checksum-crc32" },
    "InvalidRequest",
  ],
  [
    "a checksum of no algorithm's length",
    PUT,
    { ...UNSIGNED, "x-amz-checksum-crc32": "AAAA" },
    "InvalidRequest",
  ],
  [
    "the same in chunks",
    PUT,
    { [SHA256]: TRAILER, [DECODED]: "5", "x-amz-checksum-crc32": "AAAA" },
    "InvalidRequest",
  ],
  [
    "the same of a finished object",
    COMPLETE,
    { ...UNSIGNED, "x-amz-checksum-crc32": "AAAA" },
    "InvalidRequest",
  ],
] as const satisfies readonly (readonly [string, string, Headers, string])[];

describe("planBody() refuses", () => {
  for (const [what, line, headers, code] of refused) {
    test(`${what}: ${line} ${Object.keys(headers).join(" ")}`, () => {
      assert.equal(planOf(line, headers), code);
    });
  }

  test("a digest of what is missing with both digests, as S3 does", () => {
    const verdict = judge(WORLD, GET, { as: "lab", headers: { [SHA256]: OF_MEOW } });
    assert(verdict.kind === "refuse");
    assert.deepEqual(verdict.fault.elements, [
      ["ClientComputedContentSHA256", OF_MEOW],
      ["S3ComputedContentSHA256", OF_NOTHING],
    ]);
  });

  test("a body that is too large with its size and the largest", () => {
    const verdict = judge(WORLD, PUT, { as: "lab", headers: { "content-length": "5368709121" } });
    assert(verdict.kind === "refuse");
    assert.deepEqual(verdict.fault.elements, [
      ["ProposedSize", "5368709121"],
      ["MaxSizeAllowed", "5368709120"],
    ]);
  });
});

const pass = (length: number, ...checks: readonly object[]) => ({ kind: "pass", length, checks });
const check = (algorithm: string, field: string, expectedBase64: string) => ({
  algorithm,
  field,
  expectedBase64,
});
const deframe = (more: object) => ({
  kind: "deframe",
  decodedLength: 5,
  proof: undefined,
  trailers: [],
  checks: [],
  ...more,
});
const OF_CRC32 = check("crc32", "x-amz-checksum-crc32", "AAAAAA==");
const ANNOUNCED = { [SHA256]: TRAILER, [DECODED]: "5", "x-amz-trailer": "x-amz-checksum-crc32" };

const planned = [
  ["no body where none belongs", GET, {}, { kind: "none" }],
  ["a length of nothing there", GET, { "content-length": "0" }, { kind: "none" }],
  ["no digest there", GET, UNSIGNED, { kind: "none" }],
  ["an upload of nothing", PUT, { "content-length": "0" }, pass(0)],
  ["an upload without a length", PUT, UNSIGNED, pass(0)],
  ["an upload of 5 GiB", PUT, { ...UNSIGNED, "content-length": "5368709120" }, pass(5_368_709_120)],
  [
    "a digest of an object, which the store proves",
    PUT,
    { [SHA256]: OF_MEOW, "content-length": "4" },
    pass(4),
  ],
  [
    "a digest of a document",
    TAGGING,
    { [SHA256]: OF_MEOW, "content-length": "4", ...CRC32 },
    pass(4, OF_CRC32, check("sha256", SHA256, OF_MEOW)),
  ],
  [
    "a document without a digest",
    TAGGING,
    { ...UNSIGNED, "content-length": "4", ...CRC32 },
    pass(4, OF_CRC32),
  ],
  [
    "a checksum of an object",
    PUT,
    { ...UNSIGNED, "content-length": "4", ...CRC32 },
    pass(4, OF_CRC32),
  ],
  [
    "a checksum of a finished object, which is none of its document",
    COMPLETE,
    { ...UNSIGNED, "content-length": "4", ...CRC32 },
    pass(4),
  ],
  [
    "codings of which none is framing",
    PUT,
    { ...UNSIGNED, "content-length": "4", "content-encoding": "gzip, xaws-chunked" },
    pass(4),
  ],
  ["chunks with a trailer", PUT, ANNOUNCED, deframe({ trailers: ["x-amz-checksum-crc32"] })],
  ["chunks without one", PUT, { [SHA256]: TRAILER, [DECODED]: "5" }, deframe({})],
  [
    "chunks with a checksum",
    PUT,
    { [SHA256]: TRAILER, [DECODED]: "5", ...CRC32 },
    deframe({ checks: [OF_CRC32] }),
  ],
] as const;

describe("planBody() takes", () => {
  for (const [what, line, headers, expected] of planned) {
    test(what, () => assert.deepEqual(planOf(line, headers), expected));
  }

  for (const payload of [CHUNKED, `${CHUNKED}-TRAILER`]) {
    test(`signed chunks with the proof of their first: ${payload}`, () => {
      const plan = planOf(PUT, { [SHA256]: payload, [DECODED]: "5" });
      assert(typeof plan === "object" && plan.kind === "deframe");
      assert.notEqual(plan.proof, undefined);
    });
  }
});

test("chunks without a coding are framed again with no other", () => {
  const verdict = judge(world("{}", ", trailers: true"), PUT, { as: "lab", headers: ANNOUNCED });
  assert(verdict.kind === "forward");
  assert.deepEqual(valuesOf(verdict.request.head.headers, "content-encoding"), ["aws-chunked"]);
});
