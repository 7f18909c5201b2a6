import assert from "node:assert/strict";
import { codeIn, type Reply } from "../clients/probe.ts";
import type { Row } from "./row.ts";
import type { Site } from "./site.ts";

/** Returns a row: the document's words, and a check that they hold. */
export function row(says: string, holds: Row["holds"]): Row {
  return { says, holds };
}

const DENIED = /AccessDenied|Access Denied|403|Forbidden|was denied/;

/** Checks that the call is refused for missing rights, and for nothing else. */
export async function refused(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, DENIED);
}

/**
 * Checks that the document does not offer the call: it is refused for missing rights, as unknown,
 * or as malformed.
 */
export async function notOffered(call: Promise<unknown>, codes: RegExp): Promise<void> {
  await assert.rejects(call, codes);
}

/**
 * Checks that a call passes all rules: it works, or the store reports something missing (such as
 * 404).
 */
export async function passes(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const said = String(error);
    assert.match(said, /404|NoSuch|NotFound|InvalidObjectState|MalformedXML/, said);
  }
}

/** Checks an answer without credentials. */
export function answered(reply: Reply, status: number, text?: string): void {
  assert.equal(reply.status, status, reply.body.toString());
  if (text !== undefined) assert.equal(reply.body.toString(), text);
}

export function denied(reply: Reply): void {
  assert.equal(reply.status, 403, reply.body.toString());
  if (reply.body.length > 0) assert.equal(codeIn(reply.body), "AccessDenied");
}

/** Returns a field of boto3's result. */
export function fieldOf(value: unknown, name: string): unknown {
  assert.ok(typeof value === "object" && value !== null, JSON.stringify(value));
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

export async function textOf(
  site: Site,
  user: string,
  Bucket: string,
  Key: string,
): Promise<string> {
  return String(fieldOf(await site.boto(user, "get_object", { Bucket, Key }), "Body"));
}

export async function keysIn(site: Site, user: string, Bucket: string): Promise<readonly string[]> {
  const listed = fieldOf(await site.boto(user, "list_objects_v2", { Bucket }), "Contents") ?? [];
  assert.ok(Array.isArray(listed));
  return listed.map((one) => String(fieldOf(one, "Key")));
}

/** Makes a bucket of `user` with these objects; the content of each is its key. */
export async function bucketWith(
  site: Site,
  user: string,
  Bucket: string,
  ...keys: readonly string[]
): Promise<void> {
  await site.boto(user, "create_bucket", { Bucket });
  for (const Key of keys) await site.boto(user, "put_object", { Bucket, Key, Body: Key });
}

export async function putPolicy(
  site: Site,
  user: string,
  Bucket: string,
  policy: object,
): Promise<void> {
  await site.boto(user, "put_bucket_policy", { Bucket, Policy: JSON.stringify(policy) });
}

/** Returns a link by boto3, by its default version or `signature`. */
export async function linkOf(
  site: Site,
  user: string,
  ClientMethod: string,
  Params: Readonly<Record<string, string>>,
  ExpiresIn = 600,
  signature?: "s3v4" | "s3",
): Promise<string> {
  const asked = { ClientMethod, Params, ExpiresIn };
  return String(await site.boto(user, "generate_presigned_url", asked, signature));
}
