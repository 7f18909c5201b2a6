import { xmlElement } from "../s3/xml.ts";
import type { DemoBucket, StoredObject } from "./objects.ts";

/** The values of a request's query, by name. */
export type Query = ReadonlyMap<string, string>;

export const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const OWNER = "<Owner><ID>demo</ID><DisplayName>demo</DisplayName></Owner>";
const PAGE_MAX = 1000;

/** Returns one page of a bucket's keys (ListObjects and ListObjectsV2, S3 API Reference). */
export function listPage(bucket: DemoBucket, query: Query): string {
  const isV2 = query.get("list-type") === "2";
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const max = Math.min(Number(query.get("max-keys") ?? PAGE_MAX), PAGE_MAX);
  const after = isV2 ? afterOf(query) : (query.get("marker") ?? "");
  const page = pageOf(bucket.keys(), { prefix, delimiter, after, max });
  const say = query.get("encoding-type") === "url" ? encodeURIComponent : asItIs;
  const contents = page.keys.map((key) => {
    const object = bucket.get(key);
    return object === undefined ? "" : entryOf(object, say, !isV2 || query.has("fetch-owner"));
  });
  const prefixes = page.prefixes.map(
    (name) => `<CommonPrefixes>${xmlElement("Prefix", say(name))}</CommonPrefixes>`,
  );
  return `<ListBucketResult ${NAMESPACE}>${[
    xmlElement("Name", bucket.name),
    xmlElement("Prefix", say(prefix)),
    ...(delimiter === "" ? [] : [xmlElement("Delimiter", say(delimiter))]),
    xmlElement("MaxKeys", String(max)),
    ...(query.has("encoding-type") ? [xmlElement("EncodingType", "url")] : []),
    xmlElement("IsTruncated", String(page.next !== undefined)),
    ...(isV2 ? positionV2(query, page, say) : positionV1(query, page, say)),
    ...contents,
    ...prefixes,
  ].join("")}</ListBucketResult>`;
}

type Page = {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** The key or name after which the next page begins; `undefined` if this is the last. */
  readonly next: string | undefined;
};

type Wanted = {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
  readonly max: number;
};

function pageOf(all: readonly string[], { prefix, delimiter, after, max }: Wanted): Page {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  for (const key of all) {
    if (!key.startsWith(prefix) || !isAfter(key, after)) continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const name = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    // All keys below a common prefix are one entry, and none after a page that ended with it.
    if (cut >= 0 && (name === after || name === last)) continue;
    if (keys.length + prefixes.length >= max)
      return { keys, prefixes, next: max > 0 ? last : undefined };
    (cut < 0 ? keys : prefixes).push(name);
    last = name;
  }
  return { keys, prefixes, next: undefined };
}

function isAfter(key: string, after: string): boolean {
  return after === "" || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
}

function afterOf(query: Query): string {
  const token = query.get("continuation-token");
  if (token !== undefined) return Buffer.from(token, "base64url").toString();
  return query.get("start-after") ?? "";
}

type Say = (text: string) => string;

function asItIs(text: string): string {
  return text;
}

function positionV1(query: Query, page: Page, say: Say): readonly string[] {
  const marker = xmlElement("Marker", say(query.get("marker") ?? ""));
  return page.next === undefined ? [marker] : [marker, xmlElement("NextMarker", say(page.next))];
}

function positionV2(query: Query, page: Page, say: Say): readonly string[] {
  const count = xmlElement("KeyCount", String(page.keys.length + page.prefixes.length));
  const token = query.get("continuation-token");
  const start = query.get("start-after");
  return [
    count,
    ...(token === undefined ? [] : [xmlElement("ContinuationToken", token)]),
    ...(start === undefined ? [] : [xmlElement("StartAfter", say(start))]),
    ...(page.next === undefined ? [] : [xmlElement("NextContinuationToken", tokenOf(page.next))]),
  ];
}

function tokenOf(name: string): string {
  return Buffer.from(name).toString("base64url");
}

function entryOf(object: StoredObject, say: Say, withOwner: boolean): string {
  return `<Contents>${[
    xmlElement("Key", say(object.key)),
    xmlElement("LastModified", new Date(object.modifiedMs).toISOString()),
    xmlElement("ETag", `"${object.etag}"`),
    xmlElement("Size", String(object.size)),
    xmlElement("StorageClass", "STANDARD"),
    withOwner ? OWNER : "",
  ].join("")}</Contents>`;
}

/** Returns one page of all buckets (ListBuckets); `all`: in the order of their names. */
export function bucketsPage(all: readonly DemoBucket[], query: Query): string {
  const prefix = query.get("prefix") ?? "";
  const max = Number(query.get("max-buckets") ?? all.length);
  const after = afterOf(query);
  const wanted = all.filter(({ name }) => name.startsWith(prefix) && isAfter(name, after));
  const page = wanted.slice(0, max);
  const rows = page.map(
    ({ name, createdMs }) =>
      `<Bucket>${xmlElement("Name", name)}${xmlElement("CreationDate", new Date(createdMs).toISOString())}</Bucket>`,
  );
  const last = wanted.length > page.length ? page.at(-1) : undefined;
  const next = last === undefined ? "" : xmlElement("ContinuationToken", tokenOf(last.name));
  return `<ListAllMyBucketsResult ${NAMESPACE}>${OWNER}<Buckets>${rows.join("")}</Buckets>${next}</ListAllMyBucketsResult>`;
}

/** The uploads in parts that have begun and not ended, all in one page (ListMultipartUploads). */
export function uploadsPage(bucket: DemoBucket, query: Query): string {
  const prefix = query.get("prefix") ?? "";
  const uploads = [...bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix));
  const rows = uploads.map(
    ({ key, id, beganMs }) =>
      `<Upload>${xmlElement("Key", key)}${xmlElement("UploadId", id)}${OWNER}` +
      `${xmlElement("Initiated", new Date(beganMs).toISOString())}</Upload>`,
  );
  return `<ListMultipartUploadsResult ${NAMESPACE}>${xmlElement("Bucket", bucket.name)}${xmlElement("Prefix", prefix)}<IsTruncated>false</IsTruncated>${rows.join("")}</ListMultipartUploadsResult>`;
}
