import { encodeComponent, encodePath } from "../http/percent.ts";
import { isOperationName, operationNamed, type OperationName } from "../s3/operations.ts";
import { clientTexts } from "./client-texts.ts";
import type { AccessRecord } from "./record.ts";
import type { RequestInputs } from "./request-inputs.ts";

/**
 * One line as S3 itself logs a request ("Amazon S3 server access log format", Amazon S3 User Guide):
 * 26 fields in its order, `-` for what the gateway does not know. Holds nothing that the JSON line
 * has not.
 */
export function s3LogLine(record: AccessRecord, request: RequestInputs | undefined): string {
  const { bucket, timeMs, sourceAddress, requestId, status, errorCode } = record;
  const { bytesOut, durationMs, firstByteMs } = record;
  const { key, versionId, userAgent, storeRequestId } = clientTexts(record);
  const proved = request !== undefined && request.auth !== "none";
  return [
    // The owner is a canonical user id, which the gateway does not ask the store for.
    "-",
    plain(bucket),
    `[${stamp(timeMs)}]`,
    plain(sourceAddress),
    plain(requester(record)),
    plain(requestId),
    plain(operationWord(record)),
    key === undefined ? "-" : encodePath(key),
    quoted(`${record.method} ${targetOf(record, key, request)} HTTP/1.1`),
    status === 0 ? "-" : status,
    plain(errorCode),
    bytesOut === 0 ? "-" : bytesOut,
    // The object's whole size is not known to whoever passes its bytes on.
    "-",
    Math.round(durationMs),
    firstByteMs === undefined ? "-" : Math.round(firstByteMs),
    quoted(request?.headers?.["referer"]),
    quoted(userAgent),
    plain(versionId),
    plain(storeRequestId),
    proved ? (request.signature === "v2" ? "SigV2" : "SigV4") : "-",
    "-",
    proved ? AUTHENTICATION[request.auth] : "-",
    "-",
    plain(request?.tlsVersion?.replace("TLSv", "TLSV")),
    "-",
    "-",
  ].join(" ");
}

const AUTHENTICATION = {
  none: "-",
  header: "AuthHeader",
  query: "QueryString",
  // A form's policy is signed in a field of it: neither of the two words of S3 fits.
  form: "-",
} as const;

/** As S3 has it: `06/Feb/2019:00:00:38 +0000`, always UTC. */
function stamp(ms: number): string {
  // RFC 9110, 5.6.7, whose form this is: Wed, 06 Feb 2019 00:00:38 GMT
  const [, day, month, year, clock] = new Date(ms).toUTCString().split(" ");
  return `${day}/${month}/${year}:${clock} +0000`;
}

function requester({ account, subuser, role, session }: AccessRecord): string | undefined {
  const name = subuser === undefined ? account : `${account}:${subuser}`;
  return role === undefined ? name : `${name}:${role}/${session ?? ""}`;
}

/** Operations whose word is not made of their method and subresource. */
const WORDS: Partial<Record<OperationName, string>> = {
  CopyObject: "REST.COPY.OBJECT",
  UploadPartCopy: "REST.COPY.PART",
  UploadPart: "REST.PUT.PART",
  CompleteMultipartUpload: "REST.POST.UPLOAD",
  AbortMultipartUpload: "REST.DELETE.UPLOAD",
  ListParts: "REST.GET.UPLOAD",
  DeleteObjects: "REST.POST.MULTI_OBJECT_DELETE",
  ListObjectsV2: "REST.GET.BUCKET",
  GetBucketPolicy: "REST.GET.BUCKETPOLICY",
  PutBucketPolicy: "REST.PUT.BUCKETPOLICY",
  DeleteBucketPolicy: "REST.DELETE.BUCKETPOLICY",
  GetBucketLogging: "REST.GET.LOGGING_STATUS",
  PutBucketLogging: "REST.PUT.LOGGING_STATUS",
  GetObjectTagging: "REST.GET.OBJECT_TAGGING",
  PutObjectTagging: "REST.PUT.OBJECT_TAGGING",
  DeleteObjectTagging: "REST.DELETE.OBJECT_TAGGING",
};

function operationWord({ operation, method }: AccessRecord): string {
  if (!isOperationName(operation)) return `REST.${method}.${operation.toUpperCase()}`;
  const word = WORDS[operation];
  if (word !== undefined) return word;
  const { level, required } = operationNamed(operation);
  const subresource = required[0]?.name ?? level;
  return `REST.${method}.${subresource.toUpperCase().replaceAll("-", "_")}`;
}

/** The target as it may have been in path style: with the parameters of the operation, and no others. */
function targetOf(
  { bucket, path }: AccessRecord,
  key: string | undefined,
  request: RequestInputs | undefined,
): string {
  if (path !== undefined) return path;
  const place = key === undefined ? (bucket ?? "") : `${bucket}/${encodePath(key)}`;
  const query = Object.entries(request?.query ?? {}).map(([name, value]) =>
    value === null || value === "" ? name : `${name}=${encodeComponent(value)}`,
  );
  return `/${place}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}

/** A field without quotes: nothing in it divides fields or lines. */
function plain(text: string | undefined): string {
  if (text === undefined || text === "") return "-";
  return text.replaceAll(/[\s"\p{Cc}\u2028\u2029]/gu, encodeURIComponent);
}

function quoted(text: string | null | undefined): string {
  if (text === undefined || text === null || text === "") return '"-"';
  return `"${text.replaceAll(/["\p{Cc}\u2028\u2029]/gu, encodeURIComponent)}"`;
}

/**
 * Returns true if `line` is one of `s3LogLine()`: the decision and its inputs do not stand in it.
 */
export function isS3LogLine(line: string): boolean {
  return /^- \S+ \[\d{2}\/[A-Z][a-z]{2}\/\d{4}:/.test(line);
}
