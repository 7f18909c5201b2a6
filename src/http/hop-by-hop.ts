import { withoutBlanks } from "./blanks.ts";
import { valuesOf, type HeaderList } from "./headers.ts";

/**
 * The fields that are about one connection only (RFC 9110 section 7.6.1) and must not be forwarded.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** `name` in lower case. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name);
}

/** The options of a connection that name no field. */
export const PLAIN_OPTIONS: ReadonlySet<string> = new Set(["keep-alive", "close"]);

/** The values that nearly every `Connection` field has: one of these alone. */
const USUAL_OPTIONS: ReadonlyMap<string, readonly string[]> = new Map(
  [...PLAIN_OPTIONS].map((option) => [option, [option]]),
);

/** The options of a `Connection` field, in lower case: each may name a further such field. */
export function connectionOptions(value: string): readonly string[] {
  const usual = USUAL_OPTIONS.get(value);
  if (usual !== undefined) return usual;
  const options: string[] = [];
  for (const option of value.split(",")) {
    const name = withoutBlanks(option).toLowerCase();
    if (name !== "") options.push(name);
  }
  return options;
}

/**
 * Returns `headers` without the fields about one connection, and those that their `Connection`
 * names besides. `Host` and the body's length stay even if named: without them it is another
 * message.
 */
export function endToEnd(headers: HeaderList): string[] {
  const named = new Set(valuesOf(headers, "connection").flatMap(connectionOptions));
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (isHopByHop(name) || name === "trailer" || (named.has(name) && !ESSENTIAL.has(name)))
      continue;
    kept.push(name, headers[i + 1] ?? "");
  }
  return kept;
}

const ESSENTIAL: ReadonlySet<string> = new Set(["host", "content-length"]);
