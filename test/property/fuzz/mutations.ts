import type { Header, Outgoing } from "../../support/signed.ts";

/** One change of a request on the wire, drawn as numbers so that a failure can be made smaller. */
export type Mutation = {
  readonly what: string;
  readonly a: number;
  readonly b: number;
};

type Mutator = (request: Outgoing, a: number, b: number) => Outgoing;

/** Characters with a meaning somewhere between a socket and a signature. */
const NASTY = " \t%+/?&=;,:.#\\\"'<>@aZ09-_~\u007f\u0080\u00e9\u00ff".split("");
const MORE_QUERY = [
  "acl",
  "acl=",
  "versionId=v2",
  "uploads",
  "delete",
  "tagging=",
  "x",
  "",
  "a=b=c",
];
const MORE_HEADERS: readonly Header[] = [
  ["x-amz-copy-source", "/other/secret"],
  ["x-amz-acl", "public-read"],
  ["x-amz-meta-more", "a"],
  ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
  ["x-amz-date", "20260228T235931Z"],
  ["x-amz-security-token", "a"],
  ["x-amz-bypass-governance-retention", "true"],
  ["content-encoding", "aws-chunked"],
  ["content-md5", "XUFAKrxLKna5cZ2REBfFkg=="],
  ["range", "bytes=0-0"],
  ["date", "Sat, 28 Feb 2026 23:59:30 GMT"],
  ["authorization", "AWS AKIAOWNER:a"],
  ["host", "other.s3.example.org"],
  ["x-forwarded-for", "192.0.2.1"],
];
const METHODS = ["GET", "PUT", "HEAD", "POST", "DELETE", "OPTIONS", "get", "PATCH"];
const HOSTS = [
  "s3.example.org",
  "S3.EXAMPLE.ORG:8080",
  "bucket.s3.example.org",
  "s3.example.org.",
  "a",
];

export const MUTATORS: Readonly<Record<string, Mutator>> = {
  "a byte of the target changed": (request, a, b) => ({
    ...request,
    target: replaced(request.target, a, 1, nasty(b)),
  }),
  "a byte of the target added": (request, a, b) => ({
    ...request,
    target: replaced(request.target, a, 0, nasty(b)),
  }),
  "bytes of the target removed": (request, a, b) => ({
    ...request,
    target: replaced(request.target, a, 1 + (b % 4), ""),
  }),
  "a byte of the target encoded": (request, a) => ({
    ...request,
    target: replaced(
      request.target,
      a,
      1,
      hexOf(request.target.charCodeAt(a % request.target.length)),
    ),
  }),
  "an escape in another case": (request, a) => ({
    ...request,
    target: recased(request.target, a),
  }),
  "a path of other segments": (request, _, b) => ({
    ...request,
    target: request.target.replace(
      /^\/[^?]*/,
      (path) =>
        [`/${path}`, `/.${path}`, `/a/..${path}`, `${path}/`, `${path}/.`, `//${path}`][b % 6] ??
        path,
    ),
  }),
  "a parameter added": (request, a, b) =>
    withPieces(request, (pieces) => {
      return pieces.toSpliced(a % (pieces.length + 1), 0, MORE_QUERY[b % MORE_QUERY.length] ?? "");
    }),
  "a parameter twice": (request, a) =>
    withPieces(request, (pieces) => [...pieces, pieces[a % pieces.length] ?? ""]),
  "a parameter removed": (request, a) =>
    withPieces(request, (pieces) => pieces.toSpliced(a % pieces.length, 1)),
  "parameters in another order": (request) => withPieces(request, (pieces) => pieces.toReversed()),
  "another method": (request, a) => ({ ...request, method: METHODS[a % METHODS.length] ?? "" }),
  "another host": (request, a) =>
    withValue(
      request,
      request.headers.findIndex(([name]) => name === "host"),
      () => {
        return HOSTS[a % HOSTS.length] ?? "";
      },
    ),
  "a byte of a value changed": (request, a, b) =>
    withValue(request, a, (value) => replaced(value, b, 1, nasty(a + b))),
  "a byte of a value added": (request, a, b) =>
    withValue(request, a, (value) => replaced(value, b, 0, nasty(a + b))),
  "bytes of a value removed": (request, a, b) =>
    withValue(request, a, (value) => replaced(value, b, 1 + (a % 4), "")),
  "a value in another case": (request, a, b) =>
    withValue(request, a, (value) => (b % 2 === 0 ? value.toUpperCase() : value.toLowerCase())),
  "more blanks in a value": (request, a, b) =>
    withValue(request, a, (value) => replaced(` ${value}\t `, b, 0, "  ")),
  "a value with another's": (request, a, b) =>
    withValue(request, a, () => request.headers[b % request.headers.length]?.[1] ?? ""),
  "a header removed": (request, a) => ({
    ...request,
    headers: request.headers.toSpliced(a % request.headers.length, 1),
  }),
  "a header twice": (request, a, b) => {
    const twice = request.headers[a % request.headers.length] ?? ["a", "b"];
    return withMore(request, b, twice);
  },
  "a header added": (request, a, b) =>
    withMore(request, b, MORE_HEADERS[a % MORE_HEADERS.length] ?? ["a", "b"]),
  "headers in another order": (request, a) => {
    const at = a % request.headers.length;
    return { ...request, headers: [...request.headers.slice(at), ...request.headers.slice(0, at)] };
  },
  "a name in another case": (request, a) => ({
    ...request,
    headers: request.headers.map(([name, value], i): Header => {
      return i === a % request.headers.length ? [name.toUpperCase(), value] : [name, value];
    }),
  }),
  "another name": (request, a, b) => ({
    ...request,
    headers: request.headers.map(([name, value], i): Header => {
      const other = replaced(name, b, 1, "abz-"[b % 4] ?? "a");
      return i === a % request.headers.length ? [other, value] : [name, value];
    }),
  }),
};

export function mutated(request: Outgoing, mutations: readonly Mutation[]): Outgoing {
  let result = request;
  for (const { what, a, b } of mutations) result = MUTATORS[what]?.(result, a, b) ?? result;
  return result;
}

export function nasty(at: number): string {
  return NASTY[at % NASTY.length] ?? "";
}

export function replaced(text: string, at: number, count: number, by: string): string {
  const place = text.length === 0 ? 0 : at % text.length;
  return text.slice(0, place) + by + text.slice(place + count);
}

function hexOf(code: number): string {
  return `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Returns the text with the first escape at or after `at` in small letters. */
function recased(text: string, at: number): string {
  const place = text.indexOf("%", at % text.length);
  if (place < 0) return text;
  return text.slice(0, place) + text.slice(place, place + 3).toLowerCase() + text.slice(place + 3);
}

function withPieces(
  request: Outgoing,
  change: (pieces: readonly string[]) => readonly string[],
): Outgoing {
  const [path = "", query] = request.target.split("?");
  const pieces = change(query === undefined ? [] : query.split("&"));
  return { ...request, target: pieces.length === 0 ? path : `${path}?${pieces.join("&")}` };
}

function withValue(request: Outgoing, at: number, change: (value: string) => string): Outgoing {
  const place = Math.max(at, 0) % request.headers.length;
  const headers = request.headers.map(([name, value], i): Header => {
    return i === place ? [name, change(value)] : [name, value];
  });
  return { ...request, headers };
}

function withMore(request: Outgoing, at: number, header: Header): Outgoing {
  const headers = request.headers.toSpliced(at % (request.headers.length + 1), 0, header);
  return { ...request, headers };
}
