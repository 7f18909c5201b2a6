import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok, type Result } from "../../../src/lib/result.ts";
import { createBucketListReader } from "../../../src/s3/list-buckets.ts";

const HEAD =
  '<?xml version="1.0" encoding="UTF-8"?>\n<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">';
const OWNER = "<Owner><ID>a&amp;b</ID><DisplayName>Müller &lt;lab&gt;</DisplayName></Owner>";
const TAIL =
  "</Buckets><ContinuationToken>t==</ContinuationToken><Prefix>p</Prefix></ListAllMyBucketsResult>";

function bucket(name: string): string {
  return `<Bucket><Name>${name}</Name><CreationDate>2024-01-01T00:00:00.000Z</CreationDate><BucketRegion>eu</BucketRegion></Bucket>`;
}

function list(inner: string): string {
  return `${HEAD}${OWNER}<Buckets>${inner}${TAIL}`;
}

/** What is left of a list of which `keep` says what stays. */
function createBucketFilter(keep: (name: string) => boolean): {
  readonly push: (chunk: Buffer) => Result<Buffer, string>;
  readonly end: () => string | undefined;
} {
  const reader = createBucketListReader();
  return {
    push: (chunk) => {
      const pieces = reader.push(chunk);
      if (!pieces.ok) return pieces;
      const kept = pieces.value.filter((piece) => piece.bucket === undefined || keep(piece.bucket));
      return ok(Buffer.concat(kept.map(({ bytes }) => bytes)));
    },
    end: () => reader.end(),
  };
}

/** The same for a whole list. */
function filterBuckets(xml: string, keep: (name: string) => boolean): Result<string, string> {
  const filter = createBucketFilter(keep);
  const kept = filter.push(Buffer.from(xml));
  if (!kept.ok) return kept;
  const problem = filter.end();
  return problem === undefined ? ok(kept.value.toString()) : err(problem);
}

const keepsMine = (name: string): boolean => name.startsWith("mine");

function filtered(xml: string): string {
  const kept = filterBuckets(xml, keepsMine);
  assert.ok(kept.ok, kept.ok ? "" : kept.error);
  return kept.value;
}

const lists = [
  ["every bucket that may be seen", list(bucket("mine-1") + bucket("mine-2")), undefined],
  ["nothing of a list without buckets", list(""), undefined],
  ["nothing of an empty element", `${HEAD}${OWNER}<Buckets/></ListAllMyBucketsResult>`, undefined],
  ["the first bucket", list(bucket("theirs") + bucket("mine-1")), list(bucket("mine-1"))],
  ["the last bucket", list(bucket("mine-1") + bucket("theirs")), list(bucket("mine-1"))],
  [
    "buckets on both sides",
    list(bucket("a-1") + bucket("mine-1") + bucket("b-2")),
    list(bucket("mine-1")),
  ],
  ["all buckets", list(bucket("a-1") + bucket("b-2")), list("")],
  [
    "an entry, and leaves the white space around it",
    list(`\n  ${bucket("a-1")}\n  ${bucket("mine-1")}\n`),
    list(`\n  \n  ${bucket("mine-1")}\n`),
  ],
  [
    "an entry with its attributes",
    list(`<Bucket a="b"><Name>theirs</Name></Bucket>${bucket("mine-1")}`),
    list(bucket("mine-1")),
  ],
  ["an empty entry", list(`<Bucket/>${bucket("mine-1")}`), list(bucket("mine-1"))],
  ["an entry without a name", list("<Bucket><CreationDate/></Bucket>"), list("")],
  ["an entry with an empty name", list("<Bucket><Name/></Bucket>"), list("")],
  ["an entry whose name does not end", list("<Bucket><Name>mine-1</Bucket>"), list("")],
  [
    "an entry with two names",
    list("<Bucket><Name>mine-1</Name><Name>theirs</Name></Bucket>"),
    list(""),
  ],
  [
    "an entry whose first name has an attribute",
    list('<Bucket><Name a="b">theirs</Name><Name>mine-1</Name></Bucket>'),
    list(""),
  ],
  ["an entry with a reference", list("<Bucket><Name>mine&#45;1</Name></Bucket>"), list("")],
  ["an entry with markup in its name", list("<Bucket><Name>mine<a/></Name></Bucket>"), list("")],
  [
    "a bucket of a directory list",
    `<ListAllMyDirectoryBucketsResult><Buckets>${bucket("theirs")}</Buckets></ListAllMyDirectoryBucketsResult>`,
    "<ListAllMyDirectoryBucketsResult><Buckets></Buckets></ListAllMyDirectoryBucketsResult>",
  ],
] as const;

for (const [name, xml, wanted = xml] of lists) {
  const verb = wanted === xml ? "lets keep" : "lets remove";
  test(`createBucketListReader() ${verb} ${name}`, () => assert.equal(filtered(xml), wanted));

  test(`createBucketListReader() ${verb} ${name}, byte by byte`, () => {
    const filter = createBucketFilter(keepsMine);
    const bytes = Buffer.from(xml);
    const out: Buffer[] = [];
    for (let i = 0; i < bytes.length; i++) {
      const kept = filter.push(bytes.subarray(i, i + 1));
      assert.ok(kept.ok);
      out.push(kept.value);
    }
    assert.equal(filter.end(), undefined);
    assert.equal(Buffer.concat(out).toString(), wanted);
  });
}

const unreadable = [
  ["nothing", "", /cut short/],
  ["an error", "<Error><Code>AccessDenied</Code></Error>", /root is "Error"/],
  ["another list", "<ListBucketResult/>", /root is "ListBucketResult"/],
  [
    "an error behind a declaration",
    '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    /root is "Error"/,
  ],
  ["text before the root", `x${list("")}`, /not begin as XML/],
  ["JSON", '{"Buckets":[]}', /not begin as XML/],
  ["a list that breaks off in an entry", `${HEAD}<Buckets><Bucket><Name>mine`, /cut short/],
  ["a list that breaks off in a tag", `${HEAD}<Buckets><Buc`, /cut short/],
  ["a comment", list("<!-- <Bucket> -->"), /comment/],
  ["an entry with a CDATA section", list("<Bucket><![CDATA[</Bucket>]]></Bucket>"), /CDATA/],
  ["a document type", `<!DOCTYPE a>${list("")}`, /comment/],
  ["a prefix", list("<s3:Bucket><Name>theirs</Name></s3:Bucket>"), /prefix/],
  ["a root with a prefix", "<s3:ListAllMyBucketsResult></s3:ListAllMyBucketsResult>", /prefix/],
] as const;

for (const [name, xml, problem] of unreadable) {
  test(`createBucketListReader() refuses ${name}`, () => {
    const kept = filterBuckets(xml, () => true);
    assert.match(kept.ok ? "" : kept.error, problem);
  });
}

test("createBucketListReader() refuses what is compressed or UTF-16", () => {
  for (const bytes of [Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.from(list(""), "utf16le")]) {
    assert.equal(createBucketFilter(() => true).push(bytes).ok, false);
  }
});

test("createBucketListReader() refuses an entry without an end", () => {
  const filter = createBucketFilter(() => true);
  assert.ok(filter.push(Buffer.from(`${HEAD}<Buckets><Bucket>`)).ok);
  let pushes = 0;
  while (filter.push(Buffer.alloc(1024, "x")).ok) pushes++;
  assert.equal(pushes, 7);
});

test("createBucketListReader() holds an entry of 8 KiB, and no longer one", () => {
  const begun = (length: number): boolean => {
    const filter = createBucketFilter(() => true);
    return filter.push(Buffer.from(`${HEAD}<Buckets>${"<Bucket>".padEnd(length, "x")}`)).ok;
  };
  assert.equal(begun(8192), true);
  assert.equal(begun(8193), false);
});

test("createBucketListReader() passes on at once what it need not hold", () => {
  const filter = createBucketFilter(keepsMine);
  const push = (text: string): string => {
    const kept = filter.push(Buffer.from(text));
    return kept.ok ? kept.value.toString() : kept.error;
  };
  assert.equal(push(HEAD), HEAD);
  assert.equal(
    push(`<Buckets>${bucket("mine-1")}<Bucket><Name>mi`),
    `<Buckets>${bucket("mine-1")}`,
  );
  assert.equal(push("ne-2</Name></Bucket> "), "<Bucket><Name>mine-2</Name></Bucket> ");
  assert.equal(push("<Bucket><Name>theirs"), "");
  assert.equal(push("</Name></Bucket>x"), "x");
});

test("createBucketListReader() keeps no entry whose name is not plain, whatever keep() says", () => {
  for (const inside of [
    '<Name a="b">mine</Name>',
    "<Name>mine",
    "<Name></Name>",
    "<Name>a&amp;b</Name>",
    "<Name><Name>mine</Name></Name>",
    "<CreationDate/>",
  ]) {
    const kept = filterBuckets(list(`<Bucket>${inside}</Bucket>`), () => true);
    assert.deepEqual(kept, { ok: true, value: list("") }, inside);
  }
});

test("the continuation token is a piece of its own, wherever the list is split", () => {
  const bytes = Buffer.from(list(bucket("mine-1")));
  for (let at = 0; at <= bytes.length; at++) {
    const reader = createBucketListReader();
    const pieces = [bytes.subarray(0, at), bytes.subarray(at)].flatMap((half) => {
      const read = reader.push(half);
      return read.ok ? read.value : assert.fail(read.error);
    });
    const tokens = pieces.flatMap(({ token }) => (token === undefined ? [] : [token]));
    assert.deepEqual(tokens, ["t=="], `split at ${at}`);
    assert(Buffer.concat(pieces.map((piece) => piece.bytes)).equals(bytes));
  }
});

for (const [token, read] of [
  ["<ContinuationToken/>", ""],
  ["<ContinuationToken></ContinuationToken>", ""],
  ["<ContinuationToken a='b'>x</ContinuationToken>", "x"],
  ["<ContinuationToken>a&amp;b</ContinuationToken>", undefined],
  ["<ContinuationToken><b>x</b></ContinuationToken>", undefined],
] as const) {
  test(`the token in ${token} is ${read === undefined ? "refused" : `"${read}"`}`, () => {
    const pieces = createBucketListReader().push(Buffer.from(`${HEAD}${token}`));
    const found = pieces.ok ? pieces.value.find((piece) => piece.token !== undefined) : undefined;
    assert.equal(found?.token, read);
    assert.equal(pieces.ok, read !== undefined);
  });
}
