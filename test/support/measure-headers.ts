/**
 * Measures the headers that a store acts on. Each is sent with an operation that it changes, and
 * then its effect is looked for. A store that refuses the request has acted on it.
 */
import type { OperationName } from "../../src/s3/operations.ts";
import { md5 } from "./signed.ts";
import { ask, type PlainAnswer, type PlainStore } from "./plain-store.ts";

type Headers = Readonly<Record<string, string>>;

/** One header of one operation, and whether the store acted on it. */
type Probe = {
  readonly operation: OperationName;
  readonly header: string;
  readonly acts: (store: PlainStore, bucket: string) => Promise<boolean>;
};

const EVERYBODY = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';
const OLD_TAGS = { "x-amz-tagging": "of=source" };
const UNKNOWN_OWNER = "000000000000";
const CUSTOMER_KEY = {
  "x-amz-server-side-encryption-customer-key": Buffer.alloc(32, 1).toString("base64"),
  "x-amz-server-side-encryption-customer-key-md5": md5(Buffer.alloc(32, 1)),
};
const refused = ({ status }: PlainAnswer): boolean => status >= 300;

/** The requests that create objects; all of them make `new`. */
const CREATIONS = {
  PutObject: (store: PlainStore, bucket: string, headers: Headers) =>
    ask(store, "PUT", `/${bucket}/new`, { body: "new", headers }),
  CopyObject: (store: PlainStore, bucket: string, headers: Headers) =>
    ask(store, "PUT", `/${bucket}/new`, {
      headers: { "x-amz-copy-source": `/${bucket}/source`, ...headers },
    }),
  CreateMultipartUpload: uploaded,
} as const satisfies Partial<Record<OperationName, unknown>>;
type Creation = keyof typeof CREATIONS;

/** Returns the look of `new` after it was made with `headers`; `undefined` if that was refused. */
async function made(
  operation: Creation,
  headers: Headers,
  store: PlainStore,
  bucket: string,
  look: string,
): Promise<PlainAnswer | undefined> {
  if (refused(await CREATIONS[operation](store, bucket, headers))) return undefined;
  return ask(store, "GET", `/${bucket}/new${look}`);
}

/** A probe of a header whose effect on `new` is seen by `GET new` with `look` after it. */
function onNew(
  operation: Creation,
  header: string,
  value: string,
  look: string,
  seen: (answer: PlainAnswer) => boolean,
  more: Headers = {},
): Probe {
  const acts = async (store: PlainStore, bucket: string): Promise<boolean> => {
    const answer = await made(operation, { ...more, [header]: value }, store, bucket, look);
    return answer === undefined || seen(answer);
  };
  return { operation, header, acts };
}

/** A probe of a header that must be refused. */
function refusing(
  operation: OperationName,
  header: string,
  send: (store: PlainStore, bucket: string) => Promise<PlainAnswer>,
): Probe {
  return { operation, header, acts: async (store, bucket) => refused(await send(store, bucket)) };
}

const isPublic = ({ body }: PlainAnswer): boolean => body.includes("AllUsers");
const shows =
  (header: string, value: string) =>
  ({ headers }: PlainAnswer): boolean =>
    headers[header] === value;
const OPERATIONS: readonly Creation[] = ["PutObject", "CopyObject", "CreateMultipartUpload"];

const PROBES: readonly Probe[] = [
  ...OPERATIONS.flatMap((operation) => [
    onNew(operation, "x-amz-acl", "public-read", "?acl", isPublic),
    onNew(operation, "x-amz-grant-read", EVERYBODY, "?acl", isPublic),
    onNew(
      operation,
      "x-amz-storage-class",
      "STANDARD_IA",
      "",
      shows("x-amz-storage-class", "STANDARD_IA"),
    ),
    onNew(
      operation,
      "x-amz-website-redirect-location",
      "/elsewhere",
      "",
      shows("x-amz-website-redirect-location", "/elsewhere"),
    ),
    onNew(
      operation,
      "x-amz-server-side-encryption",
      "AES256",
      "",
      shows("x-amz-server-side-encryption", "AES256"),
    ),
    onNew(
      operation,
      "x-amz-tagging",
      "of=request",
      "?tagging",
      ({ body }) => body.includes("<Value>request</Value>"),
      operation === "CopyObject" ? { "x-amz-tagging-directive": "REPLACE" } : {},
    ),
    onNew(operation, "x-amz-object-lock-legal-hold", "ON", "?legal-hold", ({ body }) =>
      body.includes("<Status>ON</Status>"),
    ),
    onNew(
      operation,
      "x-amz-object-lock-mode",
      "GOVERNANCE",
      "?retention",
      ({ body }) => body.includes("<Mode>GOVERNANCE</Mode>"),
      { "x-amz-object-lock-retain-until-date": "2037-01-01T00:00:00Z" },
    ),
    onNew(
      operation,
      "x-amz-server-side-encryption-aws-kms-key-id",
      "measured",
      "",
      shows("x-amz-server-side-encryption-aws-kms-key-id", "measured"),
      { "x-amz-server-side-encryption": "aws:kms" },
    ),
    // Without its key the object cannot be read.
    onNew(
      operation,
      "x-amz-server-side-encryption-customer-algorithm",
      "AES256",
      "",
      refused,
      CUSTOMER_KEY,
    ),
    onNew(operation, "x-amz-expected-bucket-owner", UNKNOWN_OWNER, "", () => false),
  ]),
  onNew(
    "CopyObject",
    "x-amz-metadata-directive",
    "REPLACE",
    "",
    ({ headers }) => headers["x-amz-meta-of"] === "request",
    { "x-amz-meta-of": "request" },
  ),
  onNew(
    "CopyObject",
    "x-amz-tagging-directive",
    "REPLACE",
    "?tagging",
    ({ body }) => !body.includes("<Value>source</Value>"),
    { "x-amz-tagging": "of=request" },
  ),
  onNew("CopyObject", "x-amz-source-expected-bucket-owner", UNKNOWN_OWNER, "", () => false),
  onNew("CopyObject", "x-amz-object-annotation-directive", "EXCLUDE", "", () => false),
  refusing("PutObject", "if-none-match", (store, bucket) =>
    ask(store, "PUT", `/${bucket}/source`, { body: "new", headers: { "if-none-match": "*" } }),
  ),
  refusing("PutObject", "if-match", (store, bucket) =>
    ask(store, "PUT", `/${bucket}/source`, { body: "new", headers: { "if-match": '"no"' } }),
  ),
  refusing("CopyObject", "if-none-match", (store, bucket) =>
    copyOver(store, bucket, "if-none-match", "*"),
  ),
  refusing("CopyObject", "if-match", (store, bucket) =>
    copyOver(store, bucket, "if-match", '"no"'),
  ),
  refusing("CompleteMultipartUpload", "if-none-match", (store, bucket) =>
    uploaded(store, bucket, {}, { "if-none-match": "*" }, "source"),
  ),
  refusing("CompleteMultipartUpload", "if-match", (store, bucket) =>
    uploaded(store, bucket, {}, { "if-match": '"no"' }, "source"),
  ),
  refusing("DeleteObject", "if-match", (store, bucket) =>
    ask(store, "DELETE", `/${bucket}/source`, { headers: { "if-match": '"no"' } }),
  ),
  ...(["GetObject", "ListObjects", "DeleteObject"] as const).map((operation) =>
    refusing(operation, "x-amz-expected-bucket-owner", (store, bucket) =>
      ask(
        store,
        operation === "DeleteObject" ? "DELETE" : "GET",
        `/${bucket}${operation === "ListObjects" ? "" : "/source"}`,
        { headers: { "x-amz-expected-bucket-owner": UNKNOWN_OWNER } },
      ),
    ),
  ),
  onBucket("x-amz-acl", "public-read", "?acl", isPublic),
  onBucket("x-amz-grant-read", EVERYBODY, "?acl", isPublic),
  onBucket("x-amz-bucket-object-lock-enabled", "true", "?object-lock", ({ body }) =>
    body.includes("Enabled"),
  ),
  onBucket("x-amz-object-ownership", "BucketOwnerEnforced", "?ownershipControls", ({ body }) =>
    body.includes("BucketOwnerEnforced"),
  ),
  // A name in the account's own namespace has this ending on AWS; any other is refused.
  onBucket("x-amz-bucket-namespace", "account-regional", "", () => false),
];

/**
 * A probe of a header of CreateBucket, whose effect is seen by `GET bucket` with `look` after it.
 */
function onBucket(
  header: string,
  value: string,
  look: string,
  seen: (answer: PlainAnswer) => boolean,
): Probe {
  const acts = async (store: PlainStore, bucket: string): Promise<boolean> => {
    const answer = await ask(store, "PUT", `/${bucket}-new`, { headers: { [header]: value } });
    return refused(answer) || seen(await ask(store, "GET", `/${bucket}-new${look}`));
  };
  return { operation: "CreateBucket", header, acts };
}

function copyOver(
  store: PlainStore,
  bucket: string,
  header: string,
  value: string,
): Promise<PlainAnswer> {
  const headers = { "x-amz-copy-source": `/${bucket}/other`, [header]: value };
  return ask(store, "PUT", `/${bucket}/source`, { headers });
}

/**
 * Returns the answer to completing an upload in one part, or to an earlier step that was refused.
 */
async function uploaded(
  store: PlainStore,
  bucket: string,
  headers: Headers,
  completing: Headers = {},
  key = "new",
): Promise<PlainAnswer> {
  const begun = await ask(store, "POST", `/${bucket}/${key}?uploads`, { headers });
  if (refused(begun)) return begun;
  const [, id = ""] = /<UploadId>([^<]*)<\/UploadId>/.exec(begun.body) ?? [];
  const part = await ask(store, "PUT", `/${bucket}/${key}?partNumber=1&uploadId=${id}`, {
    body: "new",
  });
  const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
  return ask(store, "POST", `/${bucket}/${key}?uploadId=${id}`, { body, headers: completing });
}

export type HeaderMeasured = {
  readonly operation: OperationName;
  readonly header: string;
  readonly ignored: boolean;
};

/** Tries each header of each operation that rules can name once at `store`. */
export async function measureHeaders(store: PlainStore): Promise<readonly HeaderMeasured[]> {
  const measured: HeaderMeasured[] = [];
  for (const [i, { operation, header, acts }] of PROBES.entries()) {
    const bucket = `headers-${process.pid}-${i}`;
    // With object lock if the store has it: without, some refuse anything that would lock an
    // object.
    const locked = header.startsWith("x-amz-object-lock-");
    const headers = locked ? { "x-amz-bucket-object-lock-enabled": "true" } : {};
    await ask(store, "PUT", `/${bucket}`, { headers });
    await ask(store, "PUT", `/${bucket}/source`, { body: "source", headers: OLD_TAGS });
    await ask(store, "PUT", `/${bucket}/other`, { body: "other" });
    measured.push({ operation, header, ignored: !(await acts(store, bucket)) });
  }
  return measured;
}
