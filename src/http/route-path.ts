import { err, ok, type Result } from "../lib/result.ts";
import { decode } from "./percent.ts";

/**
 * The relation of a raw path to the prefix of a route. `doubtful`: below the prefix as sent, but
 * another reader could take it for a path outside.
 */
export type Fit = "outside" | "bare" | "inside" | "doubtful";

/** A path that a route can have: `/dashboard/`, `/tools/grafana/`. Nothing in it needs encoding. */
export function parseRoutePath(text: string): Result<string, string> {
  if (text === "/") return err("The path / would take every request away from S3");
  const segments = text.slice(1, -1).split("/");
  const whole = text.startsWith("/") && text.endsWith("/") && segments.every(isPlainSegment);
  return whole ? ok(text) : err("Expected a path such as /dashboard/, with a slash at both ends");
}

function isPlainSegment(segment: string): boolean {
  return /^[A-Za-z0-9_~.-]{1,64}$/.test(segment) && !isDots(segment);
}

/**
 * Compares a path with a route's prefix. `path`: raw, without the query. `prefix`: as
 * parseRoutePath() returns it. Compared byte by byte: paths that only decoding or folding would
 * make equal are outside. Bare is the prefix without its last slash.
 */
export function fitOf(path: string, prefix: string): Fit {
  if (path.startsWith(prefix)) return isDoubtful(path.slice(prefix.length)) ? "doubtful" : "inside";
  return path.length === prefix.length - 1 && prefix.startsWith(path) ? "bare" : "outside";
}

/** The most encodings of one text: nobody who means well encodes more often. */
const DECODINGS_MAX = 4;

/**
 * Returns true if some reader could find a dot segment (RFC 3986 section 5.2.4) in `rest`. Readers
 * may decode more than once, take a backslash or an encoded slash for a separator, or allow
 * parameters after the dots. An encoded slash alone is no reason: Ceph's dashboard names
 * `tenant%2Fbucket` so.
 */
function isDoubtful(rest: string): boolean {
  const decoded = decode(rest);
  if (decoded === undefined || rest.includes("\\") || hasControl(decoded)) return true;
  let text = decoded;
  for (let i = 0; i < DECODINGS_MAX; i++) {
    const again = decodeAscii(text);
    if (again === text) return text.split(/[/\\]/).some(isDots);
    if (hasControl(again)) return true;
    text = again;
  }
  return true;
}

/** Returns `text` decoded once more, in its ASCII part, which is all that matters here. */
function decodeAscii(text: string): string {
  return text.replaceAll(/%([0-7][0-9A-Fa-f])/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function isDots(segment: string): boolean {
  const semicolon = segment.indexOf(";");
  const name = semicolon < 0 ? segment : segment.slice(0, semicolon);
  return name === "." || name === "..";
}

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
