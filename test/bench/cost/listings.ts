import { recognize } from "../../../src/admission/recognize.ts";
import { visibleBuckets } from "../../../src/admission/visible-buckets.ts";
import { createBucketListReader } from "../../../src/s3/list-buckets.ts";
import { gatewayOf, headOf } from "../../unit/admission/people.ts";
import { NOW } from "../../unit/admission/world.ts";
import { threadCpuMs } from "../support/cpu.ts";
import type { Family } from "./families.ts";
import { listed, repeated } from "./fill.ts";

/** The size of a list of some two thousand buckets. */
const LIST_BYTES = 256 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** Returns the filter of a list that comes in chunks, for a user with 200 such statements. */
function filtering(name: string, statement: (number: number) => object): Family {
  const policy = Array.from({ length: 200 }, (_, i) => ({
    Effect: "Allow",
    Action: "s3:*",
    ...statement(i),
  }));
  const snapshot = gatewayOf({ accounts: { lab: { users: { alice: { policy } } } } });
  const step = recognize(snapshot, headOf("lab:alice", "GET /"), NOW).next();
  if (step.done !== true || step.value.kind !== "subject") throw new Error("It is refused");
  const { subject } = step.value;
  const make = (bytes: number): (() => unknown) => {
    const list = listOf(bytes);
    return () => filter(list, () => {});
  };
  const filter = (list: Buffer, turn: () => void): void => {
    const { keeps } = visibleBuckets(snapshot, subject, NOW);
    const reader = createBucketListReader();
    for (let at = 0; at < list.length; at += CHUNK_BYTES) {
      const pieces = reader.push(list.subarray(at, at + CHUNK_BYTES));
      if (!pieces.ok) throw new Error(pieces.error);
      for (const { bucket } of pieces.value) {
        if (bucket === undefined) continue;
        const judging = keeps(bucket, undefined);
        while (judging.next().done !== true) turn();
      }
      turn();
    }
  };
  const longestStepMs = (bytes: number): number => {
    let longest = 0;
    let began = threadCpuMs();
    filter(listOf(bytes), () => {
      const now = threadCpuMs();
      longest = Math.max(longest, now - began);
      began = now;
    });
    return longest;
  };
  return { parser: "ListBuckets, filtered", name, bytesMax: LIST_BYTES, make, longestStepMs };
}

function listOf(bytes: number): Buffer {
  const entries = listed(bytes, (i) => `<Bucket><Name>bucket-${i}</Name>${DATE}</Bucket>`, "");
  return Buffer.from(`<ListAllMyBucketsResult><Buckets>${entries}</Buckets>`);
}

const DATE = `<CreationDate>2026-11-22T12:00:00.000Z</CreationDate>${repeated(" ", 20)}`;

export const LISTING_FAMILIES: readonly Family[] = [
  filtering("200 patterns that fit none", (i) => {
    return { Resource: `arn:aws:s3:::none-${i}-*/key-${i}*` };
  }),
  filtering("200 patterns that begin with *", (i) => {
    return { Resource: `arn:aws:s3:::*none-${i}/key-${i}*` };
  }),
  filtering("200 conditions that do not hold", (i) => ({
    Resource: `arn:aws:s3:::*/key-${i}*`,
    Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } },
  })),
];
