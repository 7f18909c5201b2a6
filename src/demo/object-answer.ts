import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { DemoFault, found } from "./demo-fault.ts";
import type { DemoRequest } from "./demo-request.ts";
import type { DemoBucket, StoredObject } from "./objects.ts";

/** Bytes of an object, both ends included. */
export type ByteRange = { readonly start: number; readonly end: number };

/** Answers GetObject and HeadObject, by the conditions and the range of RFC 9110. */
export async function answerObject(
  { method, key, query, headers }: DemoRequest,
  bucket: DemoBucket,
  response: ServerResponse,
): Promise<void> {
  const object = found(bucket.get(key), "NoSuchKey");
  const part = query.get("partNumber");
  const state = conditionsOf(object, headers);
  const range =
    part === undefined ? rangeOf(headers["range"], object.size) : partOf(object, Number(part));
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  for (const [name, value] of Object.entries(object.headers)) response.setHeader(name, value);
  for (const [name, value] of query) {
    if (name.startsWith("response-")) response.setHeader(name.slice("response-".length), value);
  }
  response.setHeader("etag", `"${object.etag}"`);
  response.setHeader("last-modified", new Date(object.modifiedMs).toUTCString());
  response.setHeader("accept-ranges", "bytes");
  if (state === "not modified") return void response.writeHead(304).end();
  if (part !== undefined) response.setHeader("x-amz-mp-parts-count", object.pieces.length);
  if (range !== undefined) {
    response.setHeader("content-range", `bytes ${start}-${end}/${object.size}`);
  }
  response.setHeader("content-length", end - start + 1);
  response.writeHead(range === undefined ? 200 : 206);
  if (method === "HEAD") response.end();
  else await pipeline(bucket.read(object, start, end), response);
}

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * The conditions of a request on an object that may not be there (RFC 9110, section 13). Throws
 * PreconditionFailed if one is not met. `start`: of their names.
 */
export function conditionsOf(
  object: StoredObject | undefined,
  headers: Headers,
  start = "",
): "met" | "not modified" {
  const match = headers[`${start}if-match`];
  const noneMatch = headers[`${start}if-none-match`];
  const since = dateOf(headers[`${start}if-modified-since`]);
  const unmodified = dateOf(headers[`${start}if-unmodified-since`]);
  // An HTTP date has no milliseconds.
  const modified = Math.floor((object?.modifiedMs ?? 0) / 1000) * 1000;
  const isOther = match !== undefined && !names(match, object);
  const isChanged = match === undefined && unmodified !== undefined && modified > unmodified;
  if (isOther || isChanged) throw new DemoFault("PreconditionFailed");
  const isSame = noneMatch !== undefined && names(noneMatch, object);
  const isOld = noneMatch === undefined && since !== undefined && modified <= since;
  return isSame || isOld ? "not modified" : "met";
}

/** Throws PreconditionFailed if a write over `before` has conditions that are not met. */
export function proveWritable(before: StoredObject | undefined, headers: Headers): void {
  if (conditionsOf(before, headers) === "not modified") throw new DemoFault("PreconditionFailed");
}

function names(list: string, object: StoredObject | undefined): boolean {
  if (object === undefined) return false;
  return list
    .split(",")
    .map((tag) => tag.trim().replace(/^W\//, "").replaceAll('"', ""))
    .some((tag) => tag === "*" || tag === object.etag);
}

function dateOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? undefined : time;
}

/** Returns the range of bytes; `undefined` if all are asked for, or more than one range. */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(size - Number(to), 0) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (start > end) throw new DemoFault("InvalidRange");
  return { start, end };
}

function partOf({ pieces }: StoredObject, number: number): ByteRange {
  const piece = pieces[number - 1];
  if (piece === undefined) throw new DemoFault("InvalidPart");
  const before = pieces.slice(0, number - 1).reduce((sum, { size }) => sum + size, 0);
  return { start: before, end: before + piece.size - 1 };
}
