import assert from "node:assert/strict";
import { codeIn, type Reply } from "../clients/probe.ts";
import type { Row } from "./row.ts";
import type { Site } from "./site.ts";

/** A row: the document's words, and what shows that they hold. */
export function row(says: string, holds: Row["holds"]): Row {
  return { says, holds };
}

const DENIED = /AccessDenied|Access Denied|403|Forbidden|was denied/;

/** The call is refused for want of rights, and for nothing else. */
export async function refused(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, DENIED);
}

/** What the document does not offer: refused for want of rights, as unknown, or as malformed. */
export async function notOffered(call: Promise<unknown>, codes: RegExp): Promise<void> {
  await assert.rejects(call, codes);
}

/** A call that passes all rules: it works, or the store says what it has not (such as 404). */
export async function passes(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const said = String(error);
    assert.match(said, /404|NoSuch|NotFound|InvalidObjectState|MalformedXML/, said);
  }
}

/** An answer without credentials. */
export function answered(reply: Reply, status: number, text?: string): void {
  assert.equal(reply.status, status, reply.body.toString());
  if (text !== undefined) assert.equal(reply.body.toString(), text);
}

export function denied(reply: Reply): void {
  assert.equal(reply.status, 403, reply.body.toString());
  if (reply.body.length > 0) assert.equal(codeIn(reply.body), "AccessDenied");
}

/** A field of what boto3 returned. */
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

/** `user` makes a bucket with these objects; the content of each is its key. */
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

/** A link of boto3's, by its default version or `signature`. */
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
