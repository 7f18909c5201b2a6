import { CHECKSUM_ALGORITHMS, CHECKSUM_BYTES } from "../../../src/s3/checksums.ts";
import {
  BOUNDARY,
  multipart,
  policyParts,
  signedPolicyParts,
  type Part,
} from "../../support/forms.ts";
import { timestampOf, type Header } from "../../support/signed.ts";
import { hostile, type Hostile } from "./case.ts";
import { good, KEYS, plain, type Site } from "./site.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MALFORMED = "400 MalformedPOSTRequest";
const DENIED = "403 AccessDenied";
const KEY: Part = { name: "key", value: "up/key" };
const FILE: Part = { name: "file", value: "content", filename: "a.txt" };
const CONDITIONS = [{ bucket: "bucket" }, ["starts-with", "$key", "up/"]];

type Parts = (good: readonly Part[]) => readonly Part[];

type FormOptions = {
  readonly key?: keyof typeof KEYS;
  readonly conditions?: readonly unknown[];
  readonly lifeMs?: number;
  /** All parts, from the good ones: the key, the policy's five, the file. */
  readonly parts?: Parts;
  readonly edit?: (body: string) => string;
  readonly contentType?: string;
  readonly headers?: readonly Header[];
};

function post(site: Site, options: FormOptions = {}): ReturnType<typeof plain> {
  const { key = "owner", conditions = CONDITIONS, lifeMs = HOUR_MS } = options;
  const policy = policyParts(KEYS[key], site.scope, { expiresMs: site.nowMs + lifeMs, conditions });
  const parts = [{ ...KEY, value: `up/${site.key}` }, ...policy, FILE];
  const text = multipart((options.parts ?? ((all) => all))(parts));
  const body = Buffer.from((options.edit ?? ((all) => all))(text), "latin1");
  const contentType = options.contentType ?? `multipart/form-data; boundary=${BOUNDARY}`;
  return plain(site, "POST", "/bucket", {
    body,
    headers: [["content-type", contentType], ...(options.headers ?? [])],
  });
}

const form =
  (options: FormOptions): Hostile["request"] =>
  (site) =>
    post(site, options);
const replace =
  (from: string | RegExp, to: string): ((text: string) => string) =>
  (text) => {
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`Nothing was changed by ${from}`);
    return changed;
  };
const edited = (from: string | RegExp, to: string): Hostile["request"] =>
  form({ edit: replace(from, to) });
const leftOut =
  (name: string): Parts =>
  (all) =>
    all.filter((part) => part.name !== name);
const changed =
  (name: string, change: (value: string) => string): Parts =>
  (all) =>
    all.map((part) => (part.name === name ? { ...part, value: change(part.value) } : part));
/** Parts put before the file. */
const added =
  (...more: readonly Part[]): Parts =>
  (all) => [...all.slice(0, -1), ...more, ...all.slice(-1)];
/** A form with a policy document of this text, well signed. */
const document =
  (text: (site: Site) => string): Hostile["request"] =>
  (site) => {
    const parts = signedPolicyParts(KEYS.owner, site.scope, text(site));
    return post(site, { parts: () => [KEY, ...parts, FILE] });
  };
const soon = (site: Site): string => new Date(site.nowMs + HOUR_MS).toISOString();

/** Browser forms ("POST Object") with something wrong. */
export const FORMS: readonly Hostile[] = [
  ...CHECKSUM_ALGORITHMS.map((algorithm) => {
    const name = `x-amz-checksum-${algorithm}`;
    const value = Buffer.alloc(CHECKSUM_BYTES[algorithm], 1).toString("base64");
    return hostile(
      `a form with a ${algorithm.toUpperCase()} of something else`,
      "400 BadDigest",
      form({
        conditions: [...CONDITIONS, { [name]: value }],
        parts: (all) => [...all.slice(0, -1), { name, value }, FILE],
      }),
    );
  }),
  hostile("a form without a file", "400 InvalidArgument", form({ parts: leftOut("file") })),
  hostile("a form with two files", "400 InvalidArgument", form({ parts: (all) => [...all, FILE] })),
  hostile("a form without any part", "400 InvalidArgument", form({ parts: () => [] })),
  hostile(
    "a form without a key",
    "400 InvalidArgument",
    form({ parts: leftOut("key"), conditions: [{ bucket: "bucket" }] }),
  ),
  hostile(
    "a form with an empty key",
    "400 InvalidArgument",
    form({
      parts: changed("key", () => ""),
      conditions: [{ bucket: "bucket" }, ["starts-with", "$key", ""]],
    }),
  ),
  hostile(
    "a form with its key behind the file",
    DENIED,
    form({ parts: (all) => [...all.slice(1), KEY] }),
  ),
  hostile("a form with two keys", "400 InvalidArgument", form({ parts: added(KEY) })),
  hostile(
    "a form with two keys in two cases",
    "400 InvalidArgument",
    form({ parts: added({ name: "Key", value: "other" }) }),
  ),
  hostile(
    "a form with a key of 1025 bytes",
    "400 KeyTooLongError",
    form({ parts: changed("key", () => `up/${"k".repeat(1022)}`) }),
  ),
  hostile(
    "a form with NUL in its key",
    "400 InvalidArgument",
    form({ parts: changed("key", () => "up/k\0") }),
  ),
  hostile(
    "a form whose fields are too large",
    "400 MaxPostPreDataLengthExceededError",
    form({ parts: added({ name: "x-ignore-a", value: "v".repeat(21_000) }) }),
  ),
  hostile(
    "a form with very many fields",
    "400 MaxPostPreDataLengthExceededError",
    form({
      parts: added(
        ...Array.from({ length: 400 }, (_, i) => ({ name: `x-ignore-${i}`, value: "v" })),
      ),
    }),
  ),
  hostile("a form without policy and signature", DENIED, form({ parts: () => [KEY, FILE] })),
  hostile(
    "a signed form without its policy",
    "400 InvalidArgument",
    form({ parts: leftOut("policy") }),
  ),
  ...["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"].map((name) =>
    hostile(`a form without ${name}`, "400 InvalidArgument", form({ parts: leftOut(name) })),
  ),
  hostile(
    "a form with a changed signature",
    "403 SignatureDoesNotMatch",
    form({
      parts: changed("x-amz-signature", (value) =>
        value.replace(/^./, (digit) => (digit === "0" ? "1" : "0")),
      ),
    }),
  ),
  hostile(
    "a form with a signature in capitals",
    "403 SignatureDoesNotMatch",
    form({ parts: changed("x-amz-signature", (value) => value.toUpperCase()) }),
  ),
  hostile(
    "a form with an empty signature",
    "403 SignatureDoesNotMatch",
    form({ parts: changed("x-amz-signature", () => "") }),
  ),
  hostile(
    "a form with a changed policy",
    "403 SignatureDoesNotMatch",
    form({
      parts: changed("policy", (value) =>
        Buffer.from(Buffer.from(value, "base64").toString().replace("up/", "")).toString("base64"),
      ),
    }),
  ),
  hostile(
    "a form with another key's signature",
    "403 SignatureDoesNotMatch",
    form({
      parts: changed("x-amz-credential", (value) => value.replace("AKIAOWNER", "AKIAWRITER")),
    }),
  ),
  hostile("a form of an unknown key", "403 InvalidAccessKeyId", form({ key: "unknown" })),
  hostile("a form of a disabled key", DENIED, form({ key: "disabled" })),
  hostile("a form of a reader", DENIED, form({ key: "reader" })),
  hostile("a form from another network", DENIED, form({ key: "elsewhere" })),
  hostile(
    "a form of a session key without its token",
    "400 InvalidToken",
    form({ key: "session" }),
  ),
  hostile(
    "a form with an ACL that is blocked",
    DENIED,
    form({
      key: "blocked",
      conditions: [...CONDITIONS, { acl: "public-read" }],
      parts: added({ name: "acl", value: "public-read" }),
    }),
  ),
  hostile(
    "a form with another algorithm",
    "400 InvalidArgument",
    form({ parts: changed("x-amz-algorithm", () => "AWS4-HMAC-SHA1") }),
  ),
  hostile(
    "a form with a credential for another service",
    "400 InvalidArgument",
    form({ parts: changed("x-amz-credential", (value) => value.replace("/s3/", "/sts/")) }),
  ),
  hostile(
    "a form with a date of another day",
    "400 InvalidArgument",
    form({ parts: changed("x-amz-date", () => "20130524T000000Z") }),
  ),
  hostile(
    "a form with fields of V4 and V2",
    "400 InvalidArgument",
    form({ parts: added({ name: "AWSAccessKeyId", value: "AKIAOWNER" }) }),
  ),
  hostile(
    "a form with V2 where it is not accepted",
    "400 InvalidRequest",
    (site) =>
      post(site, {
        parts: (all) => [
          KEY,
          ...all.filter(({ name }) => name === "policy"),
          { name: "AWSAccessKeyId", value: "AKIAOWNER" },
          { name: "signature", value: "a" },
          FILE,
        ],
      }),
    { gateway: "strict" },
  ),
  hostile(
    "a form with a wrong V2 signature",
    "403 SignatureDoesNotMatch",
    form({
      parts: (all) => [
        KEY,
        ...all.filter(({ name }) => name === "policy"),
        { name: "AWSAccessKeyId", value: "AKIAOWNER" },
        { name: "signature", value: "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
        FILE,
      ],
    }),
  ),
  hostile("an expired policy", DENIED, form({ lifeMs: -1000 })),
  hostile(
    "a policy that its key does not fulfil",
    DENIED,
    form({ parts: changed("key", () => "down/key") }),
  ),
  hostile(
    "a policy that its key fulfils in another case only",
    DENIED,
    form({ parts: changed("key", () => "UP/key") }),
  ),
  hostile(
    "a policy for another bucket",
    DENIED,
    form({ conditions: [{ bucket: "other" }, ["starts-with", "$key", "up/"]] }),
  ),
  hostile(
    "a policy for another bucket and a field that says so",
    DENIED,
    form({
      conditions: [{ bucket: "other" }, ["starts-with", "$key", "up/"]],
      parts: added({ name: "bucket", value: "other" }),
    }),
  ),
  hostile(
    "a field that names another bucket",
    "400 InvalidArgument",
    form({ parts: added({ name: "bucket", value: "other" }) }),
  ),
  hostile(
    "a policy that says nothing of the bucket",
    DENIED,
    form({ conditions: [["starts-with", "$key", "up/"]] }),
  ),
  hostile(
    "a field that the policy does not name",
    DENIED,
    form({ parts: added({ name: "acl", value: "private" }) }),
  ),
  hostile(
    "a metadata field that the policy does not name",
    DENIED,
    form({ parts: added({ name: "x-amz-meta-a", value: "b" }) }),
  ),
  hostile(
    "a field that the policy wants and that is not there",
    DENIED,
    form({ conditions: [...CONDITIONS, ["starts-with", "$content-type", ""]] }),
  ),
  hostile(
    "one type of a list that the policy does not allow",
    DENIED,
    form({
      conditions: [...CONDITIONS, ["starts-with", "$Content-Type", "image/"]],
      parts: added({ name: "Content-Type", value: "image/png, text/html" }),
    }),
  ),
  hostile(
    "an unknown field that the policy allows",
    "400 InvalidArgument",
    form({
      conditions: [...CONDITIONS, ["starts-with", "$x-odd", ""]],
      parts: added({ name: "x-odd", value: "a" }),
    }),
  ),
  hostile(
    "a vendor field that the policy allows",
    "400 InvalidArgument",
    form({
      conditions: [...CONDITIONS, ["starts-with", "$x-minio-replication-source", ""]],
      parts: added({ name: "x-minio-replication-source", value: "a" }),
    }),
  ),
  hostile(
    "a line break in a field that becomes a header",
    "400 InvalidArgument",
    form({
      conditions: [...CONDITIONS, ["starts-with", "$x-amz-meta-a", ""]],
      parts: added({ name: "x-amz-meta-a", value: "a\r\nx-amz-acl: public-read" }),
    }),
  ),
  hostile(
    "a file that is too short",
    "400 EntityTooSmall",
    form({ conditions: [...CONDITIONS, ["content-length-range", 8, 100]] }),
  ),
  hostile(
    "a file that is too long",
    "400 EntityTooLarge",
    form({ conditions: [...CONDITIONS, ["content-length-range", 0, 6]] }),
  ),
  hostile(
    "a filename that leads the key out of the policy",
    DENIED,
    form({
      parts: (all) =>
        changed(
          "key",
          () => "${filename}",
        )?.(all.map((part) => (part.name === "file" ? { ...part, filename: "up/../a" } : part))) ??
        [],
    }),
  ),
  hostile(
    "a policy that is no base64",
    "403 SignatureDoesNotMatch",
    form({ parts: changed("policy", () => "not base64!") }),
  ),
  hostile(
    "a signed policy that is no JSON",
    "400 InvalidPolicyDocument",
    document(() => "no json"),
  ),
  hostile(
    "a signed policy that is a list",
    "400 InvalidPolicyDocument",
    document(() => "[]"),
  ),
  hostile(
    "a signed policy without an expiration",
    "400 InvalidPolicyDocument",
    document(() => '{"conditions":[]}'),
  ),
  hostile(
    "a signed policy without conditions",
    "400 InvalidPolicyDocument",
    document((site) => `{"expiration":"${soon(site)}"}`),
  ),
  hostile(
    "a signed policy with two expirations",
    "400 InvalidPolicyDocument",
    document(
      (site) =>
        `{"expiration":"2000-01-01T00:00:00Z","expiration":"${soon(site)}","conditions":[]}`,
    ),
  ),
  hostile(
    "a signed policy with an unknown member",
    "400 InvalidPolicyDocument",
    document((site) => `{"expiration":"${soon(site)}","conditions":[],"extra":1}`),
  ),
  hostile(
    "a signed policy with an unknown operator",
    "400 InvalidPolicyDocument",
    document((site) => `{"expiration":"${soon(site)}","conditions":[["ends-with","$key","a"]]}`),
  ),
  hostile(
    "a signed policy with an expiration in local time",
    "400 InvalidPolicyDocument",
    document(() => '{"expiration":"2090-01-01T00:00:00","conditions":[]}'),
  ),
  hostile("a form without a boundary", MALFORMED, form({ contentType: "multipart/form-data" })),
  hostile(
    "a form with another boundary",
    MALFORMED,
    form({ contentType: "multipart/form-data; boundary=other" }),
  ),
  hostile(
    "a form with a boundary of 71 characters",
    MALFORMED,
    form({ contentType: `multipart/form-data; boundary=${"b".repeat(71)}` }),
  ),
  hostile(
    "a form with two boundaries",
    MALFORMED,
    form({ contentType: `multipart/form-data; boundary=${BOUNDARY}; boundary=other` }),
  ),
  hostile(
    "a form with an empty boundary",
    MALFORMED,
    form({ contentType: 'multipart/form-data; boundary=""' }),
  ),
  hostile("a form without its closing boundary", MALFORMED, edited(/\r\n--[^\r]*--\r\n$/, "")),
  hostile(
    "a form with text before its boundary",
    MALFORMED,
    form({ edit: (body) => `preamble\r\n${body}` }),
  ),
  hostile(
    "a form with text behind a boundary",
    MALFORMED,
    edited(`${BOUNDARY}\r\n`, `${BOUNDARY}x\r\n`),
  ),
  hostile(
    "a part without Content-Disposition",
    MALFORMED,
    edited(/Content-Disposition: [^\r]*/, "Content-Type: text/plain"),
  ),
  hostile("a part without a name", MALFORMED, edited('; name="key"', "")),
  hostile("a part with an empty name", MALFORMED, edited('name="key"', 'name=""')),
  hostile(
    "a part with two Content-Dispositions",
    MALFORMED,
    edited(
      /(Content-Disposition: form-data; name="key")/,
      '$1\r\nContent-Disposition: form-data; name="other"',
    ),
  ),
  hostile("a part with a folded header", MALFORMED, edited('; name="key"', ';\r\n name="key"')),
  hostile(
    "a part in base64",
    MALFORMED,
    edited('name="key"', 'name="key"\r\nContent-Transfer-Encoding: base64'),
  ),
  hostile("a field that is not UTF-8", MALFORMED, form({ parts: changed("key", () => "up/\xe9") })),
  hostile(
    "a form that is cut off in its fields",
    "400 IncompleteBody",
    (site) => {
      const request = post(site);
      return { ...request, body: request.body.subarray(0, 200) };
    },
    { cut: true },
  ),
  hostile(
    "a form that is cut off in its file",
    "400 IncompleteBody",
    (site) => {
      const request = post(site);
      return { ...request, body: request.body.subarray(0, -50) };
    },
    { cut: true },
  ),
  hostile("a form without a length", "411 MissingContentLength", (site) => {
    const { headers, body, ...rest } = post(site);
    const chunked = Buffer.concat([
      Buffer.from(`${body.length.toString(16)}\r\n`),
      body,
      Buffer.from("\r\n0\r\n\r\n"),
    ]);
    return {
      ...rest,
      headers: [
        ...headers.filter(([name]) => name !== "content-length"),
        ["transfer-encoding", "chunked"],
      ],
      body: chunked,
    };
  }),
  hostile("a form to an object", "405 MethodNotAllowed", (site) => ({
    ...post(site),
    target: "/bucket/key",
  })),
  hostile("a form to the service", "405 MethodNotAllowed", (site) => ({
    ...post(site),
    target: "/",
  })),
  hostile("a form with a signed head", "400 InvalidArgument", (site) =>
    good(site, "POST", "/bucket", {
      body: "a",
      headers: [["content-type", `multipart/form-data; boundary=${BOUNDARY}`]],
    }),
  ),
  hostile("a form with a query of its own", "400 InvalidArgument", (site) => ({
    ...post(site),
    target: "/bucket?policy-override=1",
  })),
  hostile(
    "a large form with a field behind its file",
    MALFORMED,
    form({
      parts: (all) => [
        ...all.slice(0, -1),
        { ...FILE, value: "v".repeat(70_000) },
        { name: "x-ignore-a", value: "a" },
      ],
    }),
    { store: "broken upload" },
  ),
  hostile(
    "a large form with a second file",
    MALFORMED,
    form({
      parts: (all) => [...all.slice(0, -1), { ...FILE, value: "v".repeat(70_000) }, FILE],
    }),
    { store: "broken upload" },
  ),
  ...[
    ["x-amz-meta-snowball-auto-extract", "true", "501 NotImplemented"],
    ["x-amz-meta-snowball_auto_extract", "true", "501 NotImplemented"],
    ["x-amz-meta-rgwx-source-zone", "a", "501 NotImplemented"],
    ["X-Amz-Meta-RGWX-a", "a", "501 NotImplemented"],
    ["acl", "Public-Read", "400 InvalidArgument"],
    ["x-amz-storage-class", "a b", "400 InvalidStorageClass"],
  ].map(([name = "", value = "", expected = ""]) =>
    hostile(
      `a form with ${name}: ${value}`,
      expected,
      form({
        conditions: [...CONDITIONS, { [name]: value }],
        parts: ([key = KEY, ...more]) => [key, { name, value }, ...more],
      }),
    ),
  ),
  hostile(
    "a form that is older than a link could be",
    DENIED,
    (site) => {
      const scope = { ...site.scope, timestamp: hourOld(site), region: "eu-central-1" };
      return post({ ...site, scope });
    },
    { gateway: "strict" },
  ),
  hostile("a form of tomorrow", DENIED, (site) =>
    post({ ...site, scope: { ...site.scope, timestamp: timestampOf(site.nowMs + DAY_MS) } }),
  ),
];

/** A little more than the hour of the strict gateway. */
function hourOld({ nowMs }: Site): string {
  return timestampOf(nowMs - HOUR_MS - 60_000);
}
