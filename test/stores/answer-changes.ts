/**
 * Lists the gateway's changes to a store's answer, each with its reason; the rest must be the same.
 */
import type { StoreKind } from "../../src/s3/store-kinds.ts";
import type { PlainAnswer } from "../support/plain-store.ts";

/** The parts of an answer to compare, without the parts that differ between any two answers. */
export type Comparable = {
  readonly line: string;
  /** `name: value`, names in lower case, in the order received. */
  readonly headers: readonly string[];
  readonly body: string;
};

/** The words that replace the names of the buckets in an answer. */
export type Names = readonly (readonly [bucket: string, word: string])[];

/**
 * Headers that are not compared, with the reasons. Names are in lower case: RFC 9110 section 5.1
 * ignores case.
 */
const NOT_COMPARED: ReadonlyMap<string, string> = new Map([
  ["date", "of the answer: each is given at its own time"],
  ["connection", "hop by hop (RFC 9110 section 7.6.1)"],
  ["keep-alive", "hop by hop"],
  ["transfer-encoding", "hop by hop: chunks end at the gateway, and begin anew there"],
  ["x-amz-request-id", "each request has its own"],
  ["x-amz-id-2", "versitygw has another in each answer"],
]);

/** Elements and headers that are different in the answer to another request of the same kind. */
const OF_ONE_REQUEST: readonly RegExp[] = [
  /(?<=<(?:RequestId|HostId)>)[^<]*/g,
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g,
  /(?<=^last-modified: ).*/g,
];
/** The same for a request that made something. */
const OF_ONE_CHANGE: readonly RegExp[] = [
  /(?<=<(?:UploadId|VersionId|DeleteMarkerVersionId)>)[^<]*/g,
  /(?<=^x-amz-(?:version-id|copy-source-version-id): ).*/g,
];

/** Stores whose fields have another order in each answer: versitygw's come from a map of Go's. */
const UNORDERED: ReadonlySet<StoreKind> = new Set<StoreKind>(["versitygw"]);

/**
 * Returns an answer of a store of `kind` in the form to compare. `isChange`: it is one of two
 * requests that each made something.
 */
export function comparable(
  kind: StoreKind,
  answer: PlainAnswer,
  names: Names,
  isChange: boolean,
): Comparable {
  const { status, reason, body } = answer;
  const settle = (text: string): string => settled(text, names, isChange);
  // The length stands last if the gateway held an answer to read it (every error is held). The
  // order of fields with different names means nothing (RFC 9110 section 5.3).
  const isLength = ([name]: readonly [string, string]): number => Number(name === "content-length");
  const headers = headersOf(answer)
    .filter(([name]) => !NOT_COMPARED.has(name))
    .toSorted((a, b) => isLength(a) - isLength(b));
  const lines = headers.map(([name, value]) => settle(`${name}: ${value}`));
  return {
    line: `${status} ${reason}`,
    headers: UNORDERED.has(kind) ? lines.toSorted() : lines,
    body: settle(body),
  };
}

function headersOf({ rawHeaders }: PlainAnswer): readonly (readonly [string, string])[] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, i) => [
    (rawHeaders[i * 2] ?? "").toLowerCase(),
    rawHeaders[i * 2 + 1] ?? "",
  ]);
}

function settled(text: string, names: Names, isChange: boolean): string {
  let whole = text;
  for (const [bucket, word] of names) whole = whole.replaceAll(bucket, word);
  const patterns = isChange ? [...OF_ONE_REQUEST, ...OF_ONE_CHANGE] : OF_ONE_REQUEST.slice(0, 1);
  for (const pattern of patterns) whole = whole.replaceAll(pattern, "*");
  return whole;
}

/** One reason to change an answer. */
type Change = {
  readonly why: string;
  readonly applies: (direct: Comparable) => boolean;
  /** Takes the change out of an answer, of the store's as of the gateway's. */
  readonly without: (answer: Comparable) => Comparable;
};

const isError = ({ line }: Comparable): boolean => /^[45]/.test(line);
const withoutHeaders =
  (drops: (name: string) => boolean) =>
  (answer: Comparable): Comparable => ({
    ...answer,
    headers: answer.headers.filter((header) => !drops(header.slice(0, header.indexOf(":")))),
  });

/** All changes. */
const CHANGES: readonly Change[] = [
  {
    why: "a vendor's own headers stay behind: clients send them back with a copy, and it is refused",
    applies: () => true,
    without: withoutHeaders((name) => /^(?:x-rgw|rgwx-|x-minio-)/.test(name)),
  },
  {
    why: "RGW leaves <Message> empty, on which old clients crash: it is filled, and the length with it",
    applies: (direct) => isError(direct) && direct.body.includes("<Message></Message>"),
    without: (answer) => ({
      ...withoutHeaders((name) => name === "content-length")(answer),
      body: answer.body.replace(/(?<=<Message>)[^<]*(?=<\/Message>)/, ""),
    }),
  },
  {
    why: "an upload's Location names the address that the client knows, not the store's own",
    applies: ({ body }) => body.includes("<CompleteMultipartUploadResult"),
    without: (answer) => ({
      ...withoutHeaders((name) => name === "content-length")(answer),
      body: answer.body.replace(/(?<=<Location>)[^<]*(?=<\/Location>)/, ""),
    }),
  },
];

/**
 * Returns both answers without the changes that the gateway has a reason for: they must be the same
 * then.
 */
export function unchanged(
  direct: Comparable,
  through: Comparable,
): readonly [direct: Comparable, through: Comparable] {
  const changes = CHANGES.filter(({ applies }) => applies(direct));
  const without = (answer: Comparable): Comparable =>
    changes.reduce((rest, change) => change.without(rest), answer);
  return [without(direct), without(through)];
}
