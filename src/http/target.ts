import { err, ok, type Result } from "../lib/result.ts";
import { decode } from "./percent.ts";

/** A parameter of the query. Parameters stand in the order received. */
export type QueryParameter = {
  /** The name, decoded once; `+` is a plus. */
  readonly name: string;
  readonly value: string;
  /** The name as sent, for the signature. */
  readonly rawName: string;
  readonly rawValue: string;
};

/** The request target, parsed once. Policy judges this value, and the store receives it. */
export type RequestTarget = {
  /**
   * The target as sent: the path with its leading `/`, then `?` and the query if there was a `?`.
   */
  readonly raw: string;
  /** The path as sent, leading `/` included, never decoded or folded. */
  readonly path: string;
  readonly query: readonly QueryParameter[];
};

const NO_QUERY: readonly QueryParameter[] = [];

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/**
 * Returns the origin-form of a target in absolute-form, which a server must understand (RFC 9112
 * section 3.2.2); any other target as it is. `host`: of the header, which must name the same
 * authority, so that every reader finds one host. The error is a sentence for the client.
 */
export function originForm(raw: string, host: string): Result<string, string> {
  if (raw.charCodeAt(0) === 0x2f) return ok(raw);
  const [whole, authority] = ABSOLUTE.exec(raw) ?? [];
  if (whole === undefined || authority === undefined) return ok(raw);
  if (authority.toLowerCase() !== host.toLowerCase()) {
    return err("The request target names another host than the Host header");
  }
  const rest = raw.slice(whole.length);
  return ok(rest.startsWith("/") ? rest : `/${rest}`);
}

/**
 * Splits an origin-form request target (RFC 9112 section 3.2.1).
 * The error is a sentence for the client. Never goes near `new URL()`, which folds `.` and `//`.
 */
export function parseTarget(raw: string): Result<RequestTarget, string> {
  if (raw.charCodeAt(0) !== 0x2f) return err("The request target must begin with a slash");
  if (raw.includes("#")) return err("The request target must not contain a fragment");
  const mark = raw.indexOf("?");
  if (mark < 0) return ok({ raw, path: raw, query: NO_QUERY });
  const query = parseQuery(raw.slice(mark + 1));
  if (query === undefined) return err("The query string is not valid percent-encoded UTF-8");
  return ok({ raw, path: raw.slice(0, mark), query });
}

function parseQuery(text: string): readonly QueryParameter[] | undefined {
  const parameters: QueryParameter[] = [];
  for (const piece of text.split("&")) {
    if (piece === "") continue;
    const equals = piece.indexOf("=");
    const rawName = equals < 0 ? piece : piece.slice(0, equals);
    const rawValue = equals < 0 ? "" : piece.slice(equals + 1);
    const name = decode(rawName);
    const value = decode(rawValue);
    if (name === undefined || value === undefined) return undefined;
    parameters.push({ name, value, rawName, rawValue });
  }
  return parameters;
}

/** The decoded value of the first parameter called `name`; undefined if there is none. */
export function queryValue(query: readonly QueryParameter[], name: string): string | undefined {
  for (const parameter of query) if (parameter.name === name) return parameter.value;
  return undefined;
}
