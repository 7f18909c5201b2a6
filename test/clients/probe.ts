import { once } from "node:events";
import { request, type OutgoingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Facts, Site } from "./day.ts";

export type Reply = {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
};

/** Sends one request with nothing added and no redirect followed, like a browser or curl. */
export async function probe(
  method: string,
  url: string,
  headers: OutgoingHttpHeaders = {},
  body: Buffer | string = "",
): Promise<Reply> {
  const outgoing = request(url, { method, headers, agent: false });
  outgoing.end(body);
  const [incoming] = await once(outgoing, "response");
  const bytes = await buffer(incoming);
  return { status: incoming.statusCode, headers: incoming.headers, body: bytes };
}

/** Returns the status of an anonymous request for an object. `key` needs no encoding. */
export async function anonymousStatus(site: Site, key: string): Promise<number> {
  return (await probe("GET", `${site.endpoint}/${site.bucket}/${key}`)).status;
}

/** Returns the S3 error code of an error document; `undefined` if there is none. */
export function codeIn(body: Buffer): string | undefined {
  return /<Code>([^<]*)<\/Code>/.exec(body.toString())?.[1];
}

/** Sends a browser's question before it uses another origin's object. */
export async function preflight(site: Site, key: string): Promise<Record<string, string | number>> {
  const reply = await probe("OPTIONS", `${site.endpoint}/${site.bucket}/${key}`, {
    origin: "https://example.org",
    "access-control-request-method": "GET",
  });
  const origin = reply.headers["access-control-allow-origin"];
  return { status: reply.status, origin: typeof origin === "string" ? origin : "" };
}

/** Sends an HTML form whose last field is the file, as a browser does. */
export async function postForm(
  url: string,
  fields: Readonly<Record<string, string>>,
  content: string,
): Promise<Reply> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", new Blob([content]), "fox.txt");
  const encoded = new Response(form);
  const type = encoded.headers.get("content-type") ?? "";
  const body = Buffer.from(await encoded.arrayBuffer());
  return probe("POST", url, { "content-type": type, "content-length": body.length }, body);
}

/**
 * Returns the same URL with the last digit of its signature changed (V4 hex, V2 base64 before
 * `%3D`).
 */
export function tamper(url: string): string {
  return url.replace(/(Signature=[^&]*?)([0-9a-zA-Z])((?:%3D)?(?:&|$))/, (_, head, digit, tail) => {
    return `${head}${digit === "0" ? "1" : "0"}${tail}`;
  });
}

/** Returns the facts of a probe's reply. */
export function seen(reply: Reply): Facts {
  if (reply.status < 300) return { ok: true, status: reply.status, text: reply.body.toString() };
  return { ok: false, status: reply.status, code: codeIn(reply.body) ?? "" };
}

/** Returns the facts of an upload's reply, and the content of the store if it succeeded. */
export async function stored(reply: Reply, read: () => Promise<string>): Promise<Facts> {
  const facts = seen(reply);
  return reply.status < 300 ? { ...facts, text: await read() } : facts;
}

export function unquoted(etag: string | undefined): string {
  return (etag ?? "").replaceAll('"', "");
}
