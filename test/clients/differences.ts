import type { Outcome, StepName } from "./day.ts";

/** A step in which some clients have another outcome than DAY's. */
export type Difference = {
  readonly step: StepName;
  readonly clients: readonly string[];
  /** `direct`: only without the gateway, which corrects it. `gateway`: only through it. */
  readonly way: "direct" | "gateway" | "both";
  readonly outcome: Outcome;
  readonly why: string;
};

/** The crash of aws-cli 2.9 when it reads an error whose <Message> is empty. */
const EMPTY_MESSAGE_CRASH = {
  ok: false,
  code: "argument of type 'NoneType' is not iterable",
} as const;

/** The refusals that the store sends without a message. */
const EMPTY_MESSAGES = [
  "gets an unsatisfiable range",
  "gets a missing key",
  "gets from a missing bucket",
  "uses a wrong secret",
  "uses an unknown key",
  "deletes a bucket that is not empty",
] as const;

/** All differences, measured on Ceph RGW 16.2. */
export const DIFFERENCES: readonly Difference[] = [
  ...EMPTY_MESSAGES.map((step): Difference => ({
    step,
    clients: ["awscli"],
    way: "direct",
    outcome: EMPTY_MESSAGE_CRASH,
    why: "RGW leaves <Message> empty, and aws-cli 2.9 crashes on that; the gateway fills it",
  })),
  {
    step: "uploads a stream",
    clients: ["aws-sdk"],
    way: "direct",
    outcome: { ok: false, code: "MissingContentLength" },
    why: "the SDK sends streams in aws-chunked framing with a trailer and without Content-Length, which RGW 16 refuses; the gateway removes the framing and knows the length",
  },
  {
    step: "uploads with trailing checksums",
    clients: ["aws-sdk", "boto3-current"],
    way: "direct",
    outcome: { ok: false, code: "MissingContentLength" },
    why: "RGW 16 knows no trailers; the gateway proves the checksum and sends the plain body",
  },
  {
    step: "uploads 64 MB in parts",
    clients: ["aws-sdk"],
    way: "direct",
    outcome: { ok: true, size: 67_108_864, intact: true, located: false },
    why: "RGW's Location names its own DNS name; the gateway's names the address that the client knows",
  },
  {
    step: "copies with new metadata",
    clients: ["s3cmd-v2"],
    way: "direct",
    outcome: { ok: false, code: "SignatureDoesNotMatch" },
    why: "s3cmd repeats RGW's own x-rgw-object-type header, which RGW signs and SigV2 does not; the gateway keeps such headers from clients",
  },
  {
    step: "keeps odd keys",
    clients: ["s3cmd-v4", "s3cmd-v2"],
    way: "both",
    outcome: { ok: true, wrong: ["odd/tail/"] },
    why: "s3cmd adds the file's name after a slash at the end",
  },
  {
    step: "keeps odd keys",
    clients: ["rclone"],
    way: "both",
    outcome: { ok: true, wrong: ["odd/a//b", "odd/../x", "odd/./y"] },
    why: "rclone cleans paths before its requests",
  },
  {
    step: "gets a missing key",
    clients: ["rclone"],
    way: "both",
    outcome: { ok: true, text: "" },
    why: "rclone takes a missing key for an empty folder",
  },
  {
    step: "opens a prefix by bucket policy",
    clients: ["minio"],
    way: "both",
    outcome: { ok: false, code: "" },
    why: "MinIO's client wants 204 for a new policy, and RGW answers 200",
  },
];
