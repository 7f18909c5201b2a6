import assert from "node:assert/strict";
import { test } from "node:test";
import { postResponse, putFromForm, withFilename } from "../../../src/s3/post-object.ts";
import { membersOf } from "./sdk-model.ts";

const put = (fields: Readonly<Record<string, string>>, bucket = "b") =>
  putFromForm(new Map(Object.entries({ key: "k", ...fields })), bucket);

for (const [name, key, filename, expected] of [
  ["a name", "a/${filename}", "x.txt", "a/x.txt"],
  ["only the last part of a Unix path", "${filename}", "../../etc/passwd", "passwd"],
  ["only the last part of a Windows path", "u/${filename}", "C:\\docs\\x.txt", "u/x.txt"],
  ["a name with replacement patterns", "${filename}", "$&$1$$", "$&$1$$"],
  ["a name that is the variable, once", "u/${filename}", "${filename}", "u/${filename}"],
  ["every occurrence", "${filename}/${filename}", "x", "x/x"],
  ["nothing where the key has no variable", "k", "x", "k"],
] as const) {
  test(`withFilename() puts in ${name}`, () => {
    assert.equal(withFilename(new Map([["key", key]]), filename, 100)?.get("key"), expected);
  });
}

test("withFilename() puts the name in every field, as AWS does", () => {
  const page = { key: "k", "x-amz-meta-original-filename": "the ${filename}", acl: "private" };
  const fields = withFilename(new Map(Object.entries(page)), "a/x.txt", 100);
  const named = { ...page, "x-amz-meta-original-filename": "the x.txt" };
  assert.deepEqual(Object.fromEntries(fields ?? []), named);
});

test("withFilename() counts the bytes of all values with the name in them", () => {
  const fields = new Map([
    ["key", "${filename}/${filename}"],
    ["x-amz-meta-a", "${filename}"],
  ]);
  assert.notEqual(withFilename(fields, "ä.b", 13), undefined);
  assert.equal(withFilename(fields, "ä.b", 12), undefined);
});

test("putFromForm() carries the known fields over as headers", () => {
  const result = put({
    acl: "public-read",
    "content-type": "image/png",
    "cache-control": "no-cache",
    expires: "Thu, 01 Dec 1994 16:00:00 GMT",
    "x-amz-meta-uuid": "1",
    "x-amz-storage-class": "STANDARD",
    "x-amz-website-redirect-location": "/other",
    "x-amz-server-side-encryption": "AES256",
    "x-amz-checksum-crc32": "y/Q5Jg==",
    "x-amz-object-lock-mode": "GOVERNANCE",
    "x-amz-grant-read": 'id="1"',
  });
  assert.ok(result.ok);
  assert.deepEqual(
    result.value.headers,
    [
      ["x-amz-acl", "public-read"],
      ["content-type", "image/png"],
      ["cache-control", "no-cache"],
      ["expires", "Thu, 01 Dec 1994 16:00:00 GMT"],
      ["x-amz-meta-uuid", "1"],
      ["x-amz-storage-class", "STANDARD"],
      ["x-amz-website-redirect-location", "/other"],
      ["x-amz-server-side-encryption", "AES256"],
      ["x-amz-checksum-crc32", "y/Q5Jg=="],
      ["x-amz-object-lock-mode", "GOVERNANCE"],
      ["x-amz-grant-read", 'id="1"'],
    ].flat(),
  );
});

/** Headers of PutObject in the SDK's model that no form may have as a field of that name. */
const NO_FIELDS: ReadonlySet<string> = new Set([
  "content-length",
  "content-md5",
  "if-match",
  "if-none-match",
  // The fields are called `acl` and `tagging`.
  "x-amz-acl",
  "x-amz-tagging",
  "x-amz-expected-bucket-owner",
  "x-amz-object-lock-event-hold",
  "x-amz-object-lock-event-hold-duration-days",
  "x-amz-object-lock-event-hold-duration-years",
  "x-amz-request-payer",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-write-offset-bytes",
]);

/** Values that S3 has, for headers that do not take any. */
const VALUES: Readonly<Record<string, string>> = {
  "x-amz-grant-full-control": "id=a",
  "x-amz-grant-read": "id=a",
  "x-amz-grant-read-acp": "id=a",
  "x-amz-grant-write-acp": "id=a",
  "x-amz-object-lock-legal-hold": "ON",
  "x-amz-object-lock-mode": "GOVERNANCE",
  "x-amz-object-lock-retain-until-date": "2030-01-01T00:00:00Z",
  "x-amz-server-side-encryption": "AES256",
  "x-amz-server-side-encryption-customer-algorithm": "AES256",
  "x-amz-website-redirect-location": "/other",
};

const ofPutObject = membersOf("PutObject").flatMap(({ traits }) =>
  "httpHeader" in traits ? [String(traits.httpHeader).toLowerCase()] : [],
);

test("the SDK's model has the headers of PutObject", () => assert(ofPutObject.length > 40));

for (const name of [...ofPutObject, "x-amz-checksum-algorithm"]) {
  const isField = !NO_FIELDS.has(name);
  test(`putFromForm() ${isField ? "carries over" : "refuses"} the field ${name}`, () => {
    const value = VALUES[name] ?? "v";
    const result = put({ [name]: value });
    if (isField) assert.deepEqual(result.ok && result.value.headers, [name, value]);
    else assert.equal(result.ok ? undefined : result.error.code, "InvalidArgument");
  });
}

for (const name of ["authorization", "if-modified-since", "if-unmodified-since"]) {
  test(`putFromForm() refuses the field ${name}, which would mean something as a header`, () => {
    const result = put({ [name]: "x" });
    assert.equal(result.ok ? undefined : result.error.code, "InvalidArgument");
  });
}

/** RFC 9110, section 5.6.2: all that a token may have, in lower case. */
const TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";

test("putFromForm() takes user metadata of any name that a header can have", () => {
  const result = put({ [`x-amz-meta-${TOKEN}`]: "v" });
  assert.deepEqual(result.ok && result.value.headers, [`x-amz-meta-${TOKEN}`, "v"]);
  for (const name of ["", "a:", "a(", "ä", "a/b"]) {
    const wrong = put({ [`x-amz-meta-${name}`]: "v" });
    assert.equal(wrong.ok ? undefined : wrong.error.code, "InvalidArgument", name);
  }
  const inside = put({ "x-own-x-amz-meta-a": "v" });
  assert.equal(inside.ok ? undefined : inside.error.code, "InvalidArgument");
  const behind = put({ "own-x-amz-meta-a": "v" });
  assert.deepEqual(behind.ok && behind.value.headers, []);
});

test("putFromForm() passes over what S3 does not know, such as a page's button", () => {
  const result = put({ submit: "Upload", "content-language": "de", utm_source: "x" });
  assert.ok(result.ok);
  assert.deepEqual(result.value.headers, ["content-language", "de"]);
});

test("putFromForm() makes no header of fields about the form", () => {
  const result = put({
    bucket: "b",
    policy: "p",
    signature: "s",
    awsaccesskeyid: "a",
    "x-amz-algorithm": "a",
    "x-amz-credential": "c",
    "x-amz-date": "d",
    "x-amz-signature": "s",
    "x-amz-security-token": "t",
    "x-ignore-this": "x",
    "content-type": " ",
  });
  assert.deepEqual(result, {
    ok: true,
    value: { key: "k", headers: [], success: { kind: "status", status: 204 } },
  });
});

test("putFromForm() writes other than ASCII as UTF-8 bytes", () => {
  const result = put({ "x-amz-meta-name": "käse" });
  assert.ok(result.ok);
  assert.deepEqual(result.value.headers, ["x-amz-meta-name", "k\u00c3\u00a4se"]);
});

const TAGS =
  "<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag><Tag><Key>c</Key><Value/></Tag></TagSet></Tagging>";

test("putFromForm() turns the tagging document into the header's form", () => {
  const result = put({ tagging: TAGS });
  assert.ok(result.ok);
  assert.deepEqual(result.value.headers, ["x-amz-tagging", "a%20b=1%262&c="]);
});

const REFUSED = [
  [
    "a condition, which a form cannot have",
    { "if-none-match": "*" },
    "InvalidArgument",
    /"if-none-match" is unknown/,
  ],
  ["a digest in another field than S3's", { "content-md5": "x" }, "InvalidArgument", /unknown/],
  [
    "an algorithm that S3 does not have",
    { "x-amz-checksum-crc16": "x" },
    "InvalidRequest",
    /^The algorithm type you specified in x-amz-checksum- header is invalid\./,
  ],
  ["a copy source", { "x-amz-copy-source": "/b/k" }, "InvalidArgument", /unknown/],
  [
    "a bypass of retention",
    { "x-amz-bypass-governance-retention": "true" },
    "InvalidArgument",
    /unknown/,
  ],
  ["a header of the store's own", { "x-rgw-object-type": "x" }, "InvalidArgument", /unknown/],
  [
    "a metadata name that is no header name",
    { "x-amz-meta-a b": "x" },
    "InvalidArgument",
    /unknown/,
  ],
  [
    "a metadata name with a line break",
    { "x-amz-meta-a\r\nx-amz-acl": "x" },
    "InvalidArgument",
    /unknown/,
  ],
  [
    "a line break in a value",
    { "content-type": "a\r\nx-amz-acl: public-read" },
    "InvalidArgument",
    /control characters/,
  ],
  ["NUL in a value", { "x-amz-meta-a": "a\0b" }, "InvalidArgument", /control characters/],
  [
    "another bucket than the URL's",
    { bucket: "other" },
    "InvalidArgument",
    /bucket of the URL: got "other"/,
  ],
  ["an empty key", { key: "" }, "InvalidArgument", /length greater than 0/],
  ["NUL in the key", { key: "a\0b" }, "InvalidArgument", /NUL/],
  ["a key of 1025 bytes", { key: `${"ä".repeat(512)}x` }, "KeyTooLongError", /too long/],
  ["tagging that is no XML", { tagging: "a=b" }, "MalformedXML", /XML/],
  ["tagging of another root", { tagging: "<X><TagSet/></X>" }, "MalformedXML", /Tagging/],
  [
    "a tag without value",
    { tagging: "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>" },
    "MalformedXML",
    /needs a Key and a Value/,
  ],
  [
    "a tag with two keys",
    { tagging: "<Tagging><TagSet><Tag><Key>a</Key><Key>b</Key></Tag></TagSet></Tagging>" },
    "MalformedXML",
    /"Key" is repeated/,
  ],
  [
    "a tag given twice",
    {
      tagging:
        "<Tagging><TagSet><Tag><Key>a</Key><Value/></Tag><Tag><Key>a</Key><Value/></Tag></TagSet></Tagging>",
    },
    "InvalidTag",
    /same key/,
  ],
] as const;

for (const [name, fields, code, message] of REFUSED) {
  test(`putFromForm() refuses ${name}`, () => {
    const result = put(fields);
    assert.ok(!result.ok);
    assert.equal(result.error.code, code);
    assert.match(`${result.error.message} ${result.error.why}`, message);
  });
}

test("putFromForm() refuses a form without key, in S3's words", () => {
  const result = putFromForm(new Map(), "b");
  assert.ok(!result.ok);
  assert.match(result.error.message, /^Bucket POST must contain a field named 'key'/);
});

for (const [what, fields] of [
  ["no", []],
  ["an empty", [["key", ""]]],
] as const) {
  test(`putFromForm() names the field to a form with ${what} key`, () => {
    const result = putFromForm(new Map(fields), "b");
    assert.deepEqual(result.ok ? undefined : result.error.elements, [
      ["ArgumentName", "key"],
      ["ArgumentValue", ""],
    ]);
  });
}

const OBJECT = { bucket: "b", url: "http://h/b/k%20k", etag: '"e"' };
/** The answer to a form with these fields. */
function answer(fields: Readonly<Record<string, string>>) {
  const result = put({ key: "k k", ...fields });
  assert.ok(result.ok);
  return postResponse(result.value, OBJECT);
}

const STATUSES = [
  ["nothing", {}, 204],
  ["200", { success_action_status: "200" }, 200],
  ["204", { success_action_status: "204" }, 204],
  ["a status that is not offered", { success_action_status: "404" }, 204],
] as const;

for (const [name, fields, status] of STATUSES) {
  test(`postResponse() answers ${status} to ${name}`, () => {
    assert.deepEqual(answer(fields), { status, headers: ["location", OBJECT.url], body: "" });
    const result = put(fields);
    assert.deepEqual(result.ok && result.value.success, { kind: "status", status });
  });
}

test("postResponse() answers 201 with a document whose values are escaped", () => {
  const result = put({ key: "a&<b>", success_action_status: "201" });
  assert.ok(result.ok);
  assert.deepEqual(result.value.success, { kind: "status", status: 201 });
  assert.deepEqual(postResponse(result.value, OBJECT), {
    status: 201,
    headers: ["location", OBJECT.url, "content-type", "application/xml"],
    body: '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>http://h/b/k%20k</Location><Bucket>b</Bucket><Key>a&amp;&lt;b&gt;</Key><ETag>"e"</ETag></PostResponse>',
  });
});

const REDIRECTS = [
  ["a plain URL", "http://w/ok", "http://w/ok?bucket=b&key=k%20k&etag=%22e%22"],
  ["a URL with a query", "https://w/ok?a=1", "https://w/ok?a=1&bucket=b&key=k%20k&etag=%22e%22"],
  ["a URL with a fragment", "http://w/ok#top", "http://w/ok?bucket=b&key=k%20k&etag=%22e%22#top"],
] as const;

for (const [name, url, location] of REDIRECTS) {
  test(`postResponse() redirects to ${name}`, () => {
    const expected = { status: 303, headers: ["location", location], body: "" };
    assert.deepEqual(
      answer({ success_action_redirect: url, success_action_status: "201" }),
      expected,
    );
    assert.deepEqual(answer({ redirect: url }), expected);
  });
}

for (const url of [
  "",
  "/relative",
  "javascript:alert(1)",
  "javascript://https://w/ok",
  "ftp://w/",
  "http://",
  "http://w:port/",
  "http://w/\r\nSet-Cookie: a=b",
  "http://w/ä",
  "//w/ok",
]) {
  test(`postResponse() ignores the redirect ${JSON.stringify(url)}`, () => {
    assert.equal(
      answer({ success_action_redirect: url, success_action_status: "200" }).status,
      200,
    );
  });
}
