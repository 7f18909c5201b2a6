import type { Facts } from "../admission/facts.ts";
import type { RequestHead } from "../http/head.ts";
import type { HeaderList } from "../http/headers.ts";
import { extensionNamed } from "../s3/extensions.ts";
import { liftHeaders } from "../s3/lifted-headers.ts";
import { isOperationName, operationNamed } from "../s3/operations.ts";
import { parseContentSha256 } from "../signature/content-sha256.ts";
import { Budget } from "./budget.ts";

/**
 * All inputs of rules besides the facts in every record: with the record they are enough to decide
 * the request again (`s3warden replay`). A closed set without any secret: an input without a row
 * here is in no line.
 */
export type RequestInputs = {
  /** The place of the proved credential; `none`: the request had none, or none was proved. */
  readonly auth: "none" | "header" | "query" | "form";
  readonly signature?: "v4" | "v2";
  /** The region that a signature of version 4 is for. */
  readonly region?: string;
  /** The time when a presigned URL was made (version 4), ISO 8601. */
  readonly signedAt?: string;
  /** The time when a presigned URL ends, ISO 8601. */
  readonly endsAt?: string;
  /** The session of a temporary key, besides its role's and its own name. */
  readonly session?: SessionInputs;
  /** The client's connection is TLS. */
  readonly secure?: true;
  readonly tlsVersion?: string;
  /** The operation's own parameters; null: it was there, its value is asked by no rule. */
  readonly query?: Readonly<Record<string, string | null>>;
  /** The headers, also those that a presigned URL carried as parameters. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** The keys of DeleteObjects, each with its version if one is named. */
  readonly deletes?: readonly (readonly [key: string, versionId?: string])[];
  /** The numbers, from 0, of those `deletes` that were refused although others were not. */
  readonly denied?: readonly number[];
  /** Set if something was too long for a line, so that the request cannot be decided again. */
  readonly clipped?: true;
};

/** Instants are ISO 8601. Nothing of the token itself, nor of its secret. */
type SessionInputs = {
  readonly issuedAt: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly policy?: string;
  readonly sourceIdentity?: string;
  readonly issuer?: string;
  readonly subject?: string;
};

/** Characters of all values together, and of all keys of a DeleteObjects. */
const VALUES_MAX = 8 * 1024;
const DELETES_MAX = 16 * 1024;

/** Returns the part of the audit line about the request itself. */
export function requestInputs(head: RequestHead, facts: Facts): RequestInputs {
  const budget = new Budget(VALUES_MAX);
  const query = queryInputs(head, facts, budget);
  const headers = headerInputs(head, budget);
  const forKeys = new Budget(DELETES_MAX);
  const deletes = facts.entries?.map(({ key, versionId }): [string, string?] =>
    versionId === undefined ? [forKeys.take(key)] : [forKeys.take(key), forKeys.take(versionId)],
  );
  const { entriesDenied: denied } = facts;
  return {
    ...proofInputs(facts),
    ...(facts.session && { session: sessionInputs(facts.session) }),
    ...(head.secure ? { secure: true, tlsVersion: head.tlsVersion ?? "" } : {}),
    ...(query && { query }),
    ...(headers && { headers }),
    ...(deletes && !forKeys.exceeded ? { deletes, ...(denied && { denied }) } : {}),
    ...(budget.exceeded || forKeys.exceeded ? { clipped: true } : {}),
  };
}

function proofInputs({ proved }: Facts): RequestInputs {
  if (proved === undefined) return { auth: "none" };
  if (!("claim" in proved)) return { auth: "form", signature: proved.kind };
  const { claim } = proved;
  if (claim.kind === "v2") {
    return claim.via === "header"
      ? { auth: "header", signature: "v2" }
      : { auth: "query", signature: "v2", endsAt: iso(claim.timeMs) };
  }
  const { via, region, timeMs, expiresSeconds } = claim;
  if (expiresSeconds === undefined) return { auth: via, signature: "v4", region };
  const endsAt = iso(timeMs + expiresSeconds * 1000);
  return { auth: via, signature: "v4", region, signedAt: iso(timeMs), endsAt };
}

/** Returns the inputs of a session. Their size is bounded by the token. */
function sessionInputs(session: NonNullable<Facts["session"]>): SessionInputs {
  const { issuedMs, parent, tags, policyText, sourceIdentity, federated } = session;
  return {
    issuedAt: iso(issuedMs),
    ...(parent !== undefined && { parent }),
    ...(tags.size > 0 && { tags: Object.fromEntries(tags) }),
    ...(policyText !== undefined && { policy: policyText }),
    ...(sourceIdentity !== undefined && { sourceIdentity }),
    ...federated,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

type Inputs = Record<string, string | null>;

/** Returns only the parameters that the operation takes: those of a signature belong to none. */
function queryInputs({ target }: RequestHead, facts: Facts, budget: Budget): Inputs | undefined {
  const { operation } = facts;
  // A query of STS may hold a token.
  if (target.query.length === 0 || !isOperationName(operation)) return undefined;
  const { parameters } = operationNamed(operation);
  let inputs: Inputs | undefined;
  for (const { name, value } of target.query) {
    const isExtension = extensionNamed(operation, name) !== undefined;
    if (!parameters.has(name) && !isExtension) continue;
    inputs ??= {};
    inputs[name] = ASKED_PARAMETERS.has(name) || isExtension ? budget.take(value) : null;
  }
  return inputs;
}

function headerInputs(head: RequestHead, budget: Budget): Inputs | undefined {
  const lifted = liftHeaders(head.target.query, head.headers);
  const headers: HeaderList = lifted.ok ? lifted.value : head.headers;
  let inputs: Inputs | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const kind = ASKED_HEADERS.get(name);
    if (kind === undefined) continue;
    inputs ??= {};
    // Rules ask for the first of a header that is there twice.
    if (!(name in inputs)) inputs[name] = valueOf(kind, headers[i + 1] ?? "", budget);
  }
  return inputs;
}

function valueOf(kind: HeaderKind, value: string, budget: Budget): string | null {
  switch (kind) {
    case "value":
      return budget.take(value);
    case "url":
      return budget.take(withoutQuery(value));
    case "payload":
      return payloadKind(value);
    case "presence":
      return null;
  }
}

/** Cuts a link at `?` or `#`, and removes text before an `@`: it may be somebody's credential. */
function withoutQuery(url: string): string {
  const end = url.search(/[?#]/);
  return (end < 0 ? url : url.slice(0, end)).replace(USER_INFO, "$1");
}

/** Matches with or without a scheme: a Referer may be relative (RFC 9110 section 10.1.3). */
const USER_INFO = /^((?:[a-z][a-z0-9+.-]*:\/*|\/\/)?)[^/]*@/i;

/**
 * Returns the payload's value, but of a digest only that it is one: the digest itself decides no
 * rule, and looks like a signature to anybody who searches for one.
 */
function payloadKind(value: string): string {
  const payload = parseContentSha256(value);
  if (!payload.ok) return "invalid";
  return payload.value.kind === "digest" ? "digest" : value;
}

/** Parameters with a condition key (S3-AUTHORIZATION section 2.2), or whose value chooses the operation. */
const ASKED_PARAMETERS: ReadonlySet<string> = new Set([
  "annotation-prefix",
  "delimiter",
  "list-type",
  "max-annotation-results",
  "max-keys",
  "partNumber",
  "prefix",
  "select-type",
  "versionId",
]);

/** `url`: without its query; `payload`: which kind it is; `presence`: only that it is there. */
type HeaderKind = "value" | "url" | "payload" | "presence";

/** Headers with a condition key, that ask for a further action, or that choose the operation. */
const ASKED_HEADERS: ReadonlyMap<string, HeaderKind> = new Map<string, HeaderKind>([
  ["access-control-request-method", "value"],
  ["content-length", "value"],
  ["if-match", "value"],
  ["if-none-match", "value"],
  ["origin", "url"],
  ["referer", "url"],
  ["x-amz-acl", "value"],
  ["x-amz-bucket-namespace", "value"],
  ["x-amz-bucket-object-lock-enabled", "value"],
  ["x-amz-bypass-governance-retention", "value"],
  ["x-amz-content-sha256", "payload"],
  ["x-amz-copy-source", "value"],
  ["x-amz-grant-full-control", "value"],
  ["x-amz-grant-read", "value"],
  ["x-amz-grant-read-acp", "value"],
  ["x-amz-grant-write", "value"],
  ["x-amz-grant-write-acp", "value"],
  ["x-amz-metadata-directive", "value"],
  ["x-amz-object-annotation-directive", "value"],
  ["x-amz-object-if-match", "value"],
  ["x-amz-object-lock-event-hold", "value"],
  ["x-amz-object-lock-event-hold-duration-days", "value"],
  ["x-amz-object-lock-event-hold-duration-years", "value"],
  ["x-amz-object-lock-legal-hold", "value"],
  ["x-amz-object-lock-mode", "value"],
  ["x-amz-object-lock-retain-until-date", "value"],
  ["x-amz-object-ownership", "value"],
  ["x-amz-rename-source", "value"],
  ["x-amz-request-route", "presence"],
  ["x-amz-server-side-encryption", "value"],
  ["x-amz-server-side-encryption-aws-kms-key-id", "value"],
  ["x-amz-server-side-encryption-customer-algorithm", "value"],
  ["x-amz-storage-class", "value"],
  ["x-amz-tagging", "value"],
  ["x-amz-tagging-directive", "value"],
  ["x-amz-website-redirect-location", "url"],
]);
