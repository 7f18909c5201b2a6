import { admit } from "../admission/admit.ts";
import type { Answer, DocumentNeed, Need } from "../admission/known.ts";
import { requestFor, type ExplainQuestion } from "../explain/request.ts";
import { bucketText } from "../s3/address.ts";
import { readDocument } from "../s3/document-reader.ts";
import type { OperationName } from "../s3/operations.ts";
import { xmlElement } from "../s3/xml.ts";
import { HEADER_PLACES } from "./dimensions.ts";
import type { Cell } from "./goal.ts";
import { withOnly, type Scene } from "./scene.ts";

/** The result of `admit` for the request of a cell. */
export type Confirmation =
  | { readonly kind: "passes"; readonly question: ExplainQuestion }
  /** A rule refused it: then rules look at something that the search does not follow. */
  | { readonly kind: "refused"; readonly request: string; readonly rule: string }
  /** Nothing can be sent from here, or the refusal comes from no rule. */
  | { readonly kind: "untried"; readonly why: string };

/** Puts the request of a class through `admit` itself, with the records of buckets. */
export function confirm(scene: Scene, cell: Cell): Confirmation {
  const question = questionOf(cell);
  if (question === undefined) {
    return {
      kind: "untried",
      why: `what ${UNTRIED[cell.way.part]} of ${cell.way.operation.name} asks`,
    };
  }
  const request = requestFor(withOnly(scene.snapshot, cell.key), question, scene.nowMs);
  if (!request.ok) return { kind: "untried", why: request.error };
  const deciding = admit(scene.snapshot, request.value.head, request.value.nowMs);
  let step = deciding.next();
  while (step.done !== true) {
    const { need } = step.value;
    const answer = answerTo(scene, need, question);
    // Nothing that a rule says is left to be asked for.
    if (answer === undefined) return { kind: "passes", question };
    if (answer === UNREADABLE)
      return { kind: "untried", why: `the document of ${cell.way.operation.name}` };
    step = deciding.next(answer);
  }
  const { facts } = step.value;
  if (facts.denial !== undefined || (facts.entriesDenied ?? []).length > 0) {
    const rule = `${facts.denial?.gate ?? "an entry"}, ${facts.denial?.rule ?? "held back"}`;
    return { kind: "refused", request: question.request ?? "", rule };
  }
  if (step.value.kind === "refuse") {
    return { kind: "untried", why: `${step.value.fault.code} for ${question.request}` };
  }
  return { kind: "passes", question };
}

const UNTRIED: Readonly<Record<Cell["way"]["part"], string>> = {
  target: "a request",
  source: "the source",
  entry: "an entry",
  form: "a form",
  document: "the document",
  extension: "a parameter of this store",
};

const UNREADABLE = Symbol("unreadable");

function answerTo(
  scene: Scene,
  need: Need,
  { body }: ExplainQuestion,
): Answer | typeof UNREADABLE | undefined {
  switch (need.kind) {
    case "record":
      return { kind: "record", record: scene.records.get(need.bucket.id) };
    case "tags":
      return { kind: "tags", tags: new Map() };
    case "turn":
      return { kind: "turn" };
    case "document":
      return documentAnswer(need, body ?? NOTHING);
    default:
      return undefined;
  }
}

function documentAnswer(
  { operation, headers }: DocumentNeed,
  body: Buffer,
): Answer | typeof UNREADABLE {
  const document = readDocument(operation, headers, body);
  return document.ok ? { kind: "document", document: document.value } : UNREADABLE;
}

const NOTHING = Buffer.alloc(0);

/** Returns the request that represents the class; `undefined` if none can be written. */
function questionOf(cell: Cell): ExplainQuestion | undefined {
  const { key, way, circumstances } = cell;
  const { operation, part } = way;
  if (part === "form" || part === "document" || part === "extension") return undefined;
  const body = bodyOf(cell);
  const header = [
    ...pairsOf(way.headers),
    ...(part === "source" ? [`${operation.header}: ${sourceOf(cell)}`] : []),
    ...circumstances.texts.flatMap(({ place, value }) =>
      HEADER_PLACES.has(place) ? [`${place}: ${value}`] : [],
    ),
    ...(operation.body === "none" || body !== undefined ? [] : ["content-length: 0"]),
  ];
  return {
    ...(key === undefined ? { anonymous: true } : { as: key.accessKeyId }),
    ip: circumstances.address,
    at: new Date(circumstances.atMs).toISOString(),
    secure: circumstances.tls,
    header,
    request: `${operation.method} ${targetOf(cell)}`,
    ...(body !== undefined && { body }),
  };
}

function pairsOf(headers: readonly string[]): readonly string[] {
  return headers.flatMap((text, i) => (i % 2 === 0 ? [`${text}: ${headers[i + 1] ?? ""}`] : []));
}

function targetOf({ way, bucket, objectKey, circumstances }: Cell): string {
  const { operation, part, versionId } = way;
  const inPath = part === "entry" ? undefined : objectKey;
  const parameters = operation.required.map(({ name, value }) => [name, value ?? "1"] as const);
  const more = circumstances.texts.flatMap(({ place, value }) =>
    !HEADER_PLACES.has(place) && operation.parameters.has(place) ? [[place, value] as const] : [],
  );
  const version =
    versionId === undefined || part !== "target" ? [] : [["versionId", versionId] as const];
  const query = [...parameters, ...more, ...version].map(([name, value]) =>
    value === "" ? name : `${name}=${encoded(value)}`,
  );
  const path = bucket === undefined ? "" : pathOf(bucketText(bucket), inPath);
  return `/${path}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}

function pathOf(bucket: string, key: string | undefined): string {
  return [bucket, ...(key === undefined ? [] : key.split("/").map(encoded))].join("/");
}

function sourceOf({ bucket, objectKey, way }: Cell): string {
  const version = way.versionId === undefined ? "" : `?versionId=${way.versionId}`;
  return `/${pathOf(bucket === undefined ? "" : bucketText(bucket), objectKey)}${version}`;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/gu,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function bodyOf({ way, objectKey }: Cell): Buffer | undefined {
  const { name } = way.operation;
  if (way.part === "entry") {
    const version = way.versionId === undefined ? "" : xmlElement("VersionId", way.versionId);
    return Buffer.from(
      `<Delete><Object>${xmlElement("Key", objectKey ?? "")}${version}</Object></Delete>`,
    );
  }
  const sayAcl = way.headers.some((text) => text === "x-amz-acl");
  const text = sayAcl ? undefined : DOCUMENTS[name];
  return text === undefined ? undefined : Buffer.from(text);
}

const ACL =
  "<AccessControlPolicy><Owner><ID>owner</ID></Owner><AccessControlList></AccessControlList></AccessControlPolicy>";
const TAGGING = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";

/** The least that each operation takes, of those whose documents are read. */
const DOCUMENTS: Partial<Record<OperationName, string>> = {
  PutBucketAcl: ACL,
  PutBucketAnalyticsConfiguration: "<AnalyticsConfiguration><Id>1</Id></AnalyticsConfiguration>",
  PutBucketLifecycleConfiguration: "<LifecycleConfiguration></LifecycleConfiguration>",
  PutBucketLogging: "<BucketLoggingStatus></BucketLoggingStatus>",
  PutBucketNotificationConfiguration: "<NotificationConfiguration></NotificationConfiguration>",
  PutBucketReplication: "<ReplicationConfiguration></ReplicationConfiguration>",
  PutBucketTagging: TAGGING,
  PutBucketVersioning:
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
  PutObjectAcl: ACL,
  PutObjectLegalHold: "<LegalHold><Status>ON</Status></LegalHold>",
  PutObjectLockConfiguration:
    "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>",
  PutObjectRetention:
    "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>",
  PutObjectTagging: TAGGING,
};
