import type { HeaderList } from "../http/headers.ts";
import { connectionOptions, isHopByHop, PLAIN_OPTIONS } from "../http/hop-by-hop.ts";
import { fieldWithShownName, type MappedName } from "../s3/mapped-names.ts";
import { isVendorAnswer } from "../s3/vendor.ts";

/**
 * The store's header fields without those of its connection or its vendor. Each character is a byte,
 * and is written so: they pass unchanged. `vendors`: names, in lower case, that pass all the same.
 */
export function answerFields(fields: HeaderList, vendors: readonly string[] = []): string[] {
  const headers: string[] = [];
  const named: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? "";
    const value = fields[i + 1] ?? "";
    if (name === "connection") named.push(...connectionOptions(value));
    if (isHopByHop(name) || (isVendorAnswer(name) && !vendors.includes(name))) continue;
    headers.push(name, value);
  }
  return named.some((option) => !PLAIN_OPTIONS.has(option))
    ? without(headers, new Set(named))
    : headers;
}

export function without(headers: HeaderList, names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!names.has(name)) kept.push(name, headers[i + 1] ?? "");
  }
  return kept;
}

/** Returns the fields with the clients' names of buckets, if the store has others. */
export function withShownFields(headers: HeaderList, names: readonly MappedName[]): string[] {
  return headers.map((text, i) =>
    i % 2 === 0 ? text : fieldWithShownName(headers[i - 1] ?? "", text, names),
  );
}

export const LENGTH: ReadonlySet<string> = new Set(["content-length"]);
