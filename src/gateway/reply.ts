import type { StoreChange } from "../admission/record-change.ts";
import type { Renamed } from "../admission/outgoing.ts";
import type { ReplyPlan } from "../admission/reply-plan.ts";
import { firstValue, type HeaderList } from "../http/headers.ts";
import { mergeDeleteResult } from "../s3/delete-objects.ts";
import { FAULTS } from "../s3/fault-table.ts";
import { withShownNames } from "../s3/mapped-names.ts";
import { postResponse } from "../s3/post-object.ts";
import { xmlEscape } from "../s3/xml.ts";
import type { StoreOutcome } from "../state/store-change.ts";

/** A whole answer of the store, held in memory. */
export type Reply = {
  readonly status: number;
  readonly statusText: string;
  /** The headers without hop-by-hop fields and Content-Length. */
  readonly headers: HeaderList;
  readonly body: Buffer;
};

/** The most that is held of an answer that must be rewritten; 1,000 deleted keys stay far below. */
const REWRITE_BYTES_MAX = 8 * 1024 * 1024;

/** The most that is held of an error in order to fill its message; a longer one passes as it is. */
export const ERROR_BYTES_MAX = 64 * 1024;

/**
 * Returns the number of bytes of this answer that must be held before it can be passed on: 0 means
 * none, it streams. `status` and `contentType` are the store's.
 */
export function heldBytesMax(
  plan: ReplyPlan,
  status: number,
  contentType: string,
  renamed: Renamed | undefined,
): number {
  if (renamed?.inAnswer === true && status === 200) return REWRITE_BYTES_MAX;
  if (plan.kind === "post" || plan.kind === "remember") return REWRITE_BYTES_MAX;
  const rewritten =
    plan.kind === "location" || plan.kind === "region" || plan.kind === "merge-delete";
  if (rewritten && status === 200) return REWRITE_BYTES_MAX;
  const least = renamed === undefined ? 400 : 300;
  return status >= least && contentType.includes("xml") ? ERROR_BYTES_MAX : 0;
}

/**
 * Returns true if `start`, all that has come of a document so far, is only what may stand before
 * it. A store that puts a large object together sends blanks meanwhile, so that nobody takes the
 * connection for dead ("CompleteMultipartUpload", S3 API Reference).
 */
export function isProlog(start: Buffer): boolean {
  return PROLOG.test(start.toString("latin1"));
}

const PROLOG = /^\s*(?:<\?xml[^>]*\?>\s*)?$/;
/** The most of it at once, more than any store sends. */
export const PROLOG_BYTES_MAX = 1024;

/**
 * Returns the outcome of a change to a bucket that is to be remembered, by the answer. An error of
 * the server may come from a proxy whose store goes on.
 */
export function outcomeOf(kind: StoreChange["kind"], status: number, body: Buffer): StoreOutcome {
  if (status < 300) return "done";
  if (status >= 500) return status === 501 ? "not-done" : "unknown";
  return errorCodeOf(body) === DONE_BEFORE[kind] ? "done" : "not-done";
}

/**
 * Errors that say that the bucket is as it was wanted, perhaps by an earlier request whose answer was
 * lost. It is the caller's only if its claim says that the bucket was absent (see store-change.ts).
 */
const DONE_BEFORE: Readonly<Record<StoreChange["kind"], string>> = {
  created: "BucketAlreadyOwnedByYou",
  removed: "NoSuchBucket",
};

/** The answer as the client must see it. */
export function rewrite(plan: ReplyPlan, reply: Reply): Reply {
  if (reply.status >= 400) return { ...reply, body: withMessage(reply.body) };
  switch (plan.kind) {
    case "relay":
    case "extended":
    case "hide-missing":
    case "filter-buckets":
    case "remember":
      return reply;
    case "location":
      return { ...reply, body: withLocation(reply.body, plan.url) };
    case "region":
      return { ...reply, body: locationConstraint(plan.region) };
    case "merge-delete":
      return {
        ...reply,
        body: Buffer.from(mergeDeleteResult(reply.body.toString(), plan.denied)),
      };
    case "post":
      return postReply(plan, reply);
  }
}

/** Returns the same with the clients' names of buckets, if the store has others. */
export function withNames(reply: Reply, renamed: Renamed | undefined): Reply {
  if (renamed === undefined || (reply.status < 300 && !renamed.inAnswer)) return reply;
  const xml = reply.body.toString("utf8");
  return { ...reply, body: Buffer.from(withShownNames(xml, renamed.names)) };
}

function postReply(plan: ReplyPlan & { kind: "post" }, reply: Reply): Reply {
  const etag = firstValue(reply.headers, "etag") ?? "";
  const answer = postResponse(plan.put, { bucket: plan.bucket, url: plan.url, etag });
  const body = Buffer.from(answer.body);
  return {
    status: answer.status,
    statusText: "",
    headers: [...kept(reply.headers), ...answer.headers],
    body,
  };
}

/**
 * Fills the message: old clients crash on an error without one, and RGW leaves most of them empty.
 */
function withMessage(body: Buffer): Buffer {
  const xml = body.toString("utf8");
  const code = errorCodeOf(body);
  if (code === undefined) return body;
  const message = `<Message>${xmlEscape(messageFor(code))}</Message>`;
  for (const empty of ["<Message></Message>", "<Message/>", "<Message />"]) {
    if (xml.includes(empty)) return Buffer.from(xml.replace(empty, () => message));
  }
  if (xml.includes("<Message>")) return body;
  return Buffer.from(xml.replace("</Code>", () => `</Code>${message}`));
}

/** Codes that stores answer with and the gateway itself never does. */
const STORE_MESSAGES: ReadonlyMap<string, string> = new Map([
  ["BucketAlreadyOwnedByYou", "The bucket already exists and you own it"],
  ["BucketNotEmpty", "The bucket you tried to delete is not empty"],
  ["InvalidPart", "One or more of the specified parts could not be found"],
  ["InvalidPartOrder", "The list of parts was not in ascending order"],
  ["InvalidRange", "The requested range is not satisfiable"],
  ["NoSuchCORSConfiguration", "The CORS configuration does not exist"],
  ["NoSuchKey", "The specified key does not exist"],
  ["NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"],
  ["NoSuchTagSet", "There is no tag set associated with the bucket"],
  ["NoSuchUpload", "The specified multipart upload does not exist"],
  ["NoSuchVersion", "The specified version does not exist"],
  ["NoSuchWebsiteConfiguration", "The bucket does not have a website configuration"],
  ["PreconditionFailed", "At least one of the preconditions you specified did not hold"],
  ["QuotaExceeded", "The quota of the bucket or account is used up"],
  ["TooManyBuckets", "You have attempted to create more buckets than allowed"],
]);

function messageFor(code: string): string {
  const own = Object.entries(FAULTS).find(([name]) => name === code)?.[1].message;
  return own ?? STORE_MESSAGES.get(code) ?? `The store refused the request: ${code}`;
}

function withLocation(body: Buffer, url: string): Buffer {
  const xml = body.toString("utf8");
  const start = xml.indexOf("<Location>");
  const end = xml.indexOf("</Location>");
  if (start < 0 || end < start) return body;
  return Buffer.from(`${xml.slice(0, start)}<Location>${xmlEscape(url)}${xml.slice(end)}`);
}

/** The document of "GetBucketLocation", S3 API Reference. */
function locationConstraint(region: string): Buffer {
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${xmlEscape(region)}</LocationConstraint>`,
  );
}

/** The S3 error code of an error document; undefined if it has none. */
export function errorCodeOf(body: Buffer): string | undefined {
  return between(body.toString("utf8"), "<Code>", "</Code>");
}

function between(text: string, open: string, close: string): string | undefined {
  const start = text.indexOf(open);
  const end = text.indexOf(close, start);
  return start < 0 || end < 0 ? undefined : text.slice(start + open.length, end);
}

/** Returns the headers of a PutObject answer that a form's answer keeps. */
function kept(headers: HeaderList): string[] {
  const out: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (isKept(name)) out.push(name, headers[i + 1] ?? "");
  }
  return out;
}

function isKept(name: string): boolean {
  return (
    name.startsWith("x-amz-") ||
    name.startsWith("access-control-") ||
    name === "etag" ||
    name === "vary"
  );
}
