import type { IncomingHttpHeaders } from "node:http";
import type { HeaderList } from "../http/headers.ts";
import { connectionOptions, isHopByHop } from "../http/hop-by-hop.ts";
import { isVendorAnswer } from "../s3/vendor.ts";

/**
 * The store's header fields, names in lower case, without those of its connection or its vendor.
 * undici has read their bytes as latin1, and Node writes them so: they pass unchanged.
 */
export function endToEnd(fields: IncomingHttpHeaders): string[] {
  const headers: string[] = [];
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined || isHopByHop(name) || isVendorAnswer(name)) continue;
    if (typeof value === "string") headers.push(name, value);
    else for (const one of value) headers.push(name, one);
  }
  const { connection } = fields;
  if (connection === undefined || connection === "keep-alive") return headers;
  // undici gives a list where the field stands several times, whatever Node's types say.
  return without(headers, [connection].flat().flatMap(connectionOptions));
}

export function without(headers: HeaderList, names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!names.includes(name)) kept.push(name, headers[i + 1] ?? "");
  }
  return kept;
}

export const LENGTH: readonly string[] = ["content-length"];

export function trailersOf(fields: IncomingHttpHeaders): [string, string][] {
  const trailers: [string, string][] = [];
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value ?? []].flat()) trailers.push([name, one]);
  }
  return trailers;
}
