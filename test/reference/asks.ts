/** Which operation a request is, what it asks for, and what it says of condition keys. */

import { ROWS, type Row } from "../../src/s3/operation-table.ts";
import type { Values } from "./conditions.ts";
import {
  storedTags,
  type Ask,
  type Asked,
  type Known,
  type Who,
  type Words,
  type World,
} from "./world.ts";

/** A row of the table, in parts. */
type Wanted = {
  readonly operation: string;
  readonly place: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly header: string | undefined;
};

/** All rows but forms, those with the most requirements first. */
const WANTED: readonly Wanted[] = Object.entries<Row>(ROWS)
  .filter(([, { body }]) => body !== "form")
  .map(([operation, { on, header }]): Wanted => {
    const [place = "", query = ""] = on.split("?");
    const parts = query === "" ? [] : query.split("&").map((part) => part.split("="));
    const parameters = parts.map(([name = "", value = ""]) => [name, value] as const);
    return { operation, place, parameters, header };
  })
  .toSorted((a, b) => requirementsOf(b) - requirementsOf(a));

function requirementsOf({ parameters, header }: Wanted): number {
  return parameters.length + (header === undefined ? 0 : 1);
}

/** The row with the most requirements of those that the request meets. */
function operationOf({ method, bucket, key, query, headers }: Asked): string {
  const level = bucket === undefined ? "service" : key === undefined ? "bucket" : "object";
  const place = `${method} ${level}`;
  const best = WANTED.find(
    (row) =>
      row.place === place &&
      (row.header === undefined || headers[row.header] !== undefined) &&
      row.parameters.every(([name, value]) =>
        value === "" ? query[name] !== undefined : query[name] === value,
      ),
  );
  if (best === undefined) throw new Error(`No operation: ${method} ${level}`);
  return best.operation;
}

const ROW: ReadonlyMap<string, Row> = new Map(Object.entries<Row>(ROWS));

/** Everything that a request needs: its own actions, and those that its headers add. */
export function asksOf(asked: Asked, world: World): readonly Ask[] {
  const operation = operationOf(asked);
  const row = ROW.get(operation);
  if (row === undefined) throw new Error(`No row: ${operation}`);
  const { bucket, key, query } = asked;
  const version = query["versionId"];
  const here = {
    operation,
    ...(bucket !== undefined && { bucket }),
    ...(key !== undefined && { key }),
    ...(version !== undefined && { version }),
  };
  const own = version === undefined ? row.asks : (row.versioned ?? row.asks);
  const actions = [...ownActions(own, operation, world), ...actionsOfHeaders(operation, asked)];
  return [
    ...actions.map((action): Ask => ({ ...here, action })),
    ...asksOfSource(operation, asked, world),
  ];
}

/** Where the attributes have an action of their own, the object need not be readable. */
function ownActions(
  own: readonly string[],
  operation: string,
  { model }: World,
): readonly string[] {
  if (operation !== "GetObjectAttributes" || model.attributesReadObjects) return own;
  return own.filter((action) => action.endsWith("Attributes"));
}

/** The asks of one entry of a DeleteObjects, by itself. */
export function asksOfEntry(
  { bucket = "", headers }: Asked,
  { key, version }: { readonly key: string; readonly version?: string },
): readonly Ask[] {
  const here = {
    operation: "DeleteObjects",
    bucket,
    key,
    ...(version !== undefined && { version }),
  };
  const action = version === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  const bypass =
    headers[BYPASS] === "true" ? [{ ...here, action: "s3:BypassGovernanceRetention" }] : [];
  return [{ ...here, action }, ...bypass];
}

/** By which names of operations an ask is known; a name that is an action's is that action. */
export function operationNames({ operation }: Ask): readonly string[] {
  return [operation, ...(ALIASES[operation] ?? [])]
    .map((name) => `s3:${name}`)
    .filter((name) => !ALL_ACTIONS.includes(name));
}

/** Whether an ask is what its operation is about: no version, no source, nothing that headers add. */
export function isOwnAsk({ action, operation }: Ask): boolean {
  return ROW.get(operation)?.asks.some((own) => own === action) === true;
}

/** Every action that some operation asks for. */
export const ALL_ACTIONS: readonly string[] = Object.values<Row>(ROWS).flatMap(
  ({ asks, versioned = [] }): string[] => [...asks, ...versioned],
);

/** Names that other systems have for an operation (S3-AUTHORIZATION 1.6). */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  ListObjectsV2: ["ListObjects"],
  DeleteBucketReplication: ["DeleteReplicationConfiguration"],
};

const BYPASS = "x-amz-bypass-governance-retention";
const MAKES_OBJECT = new Set(["PutObject", "CopyObject", "CreateMultipartUpload"]);

function actionsOfHeaders(operation: string, { headers }: Asked): readonly string[] {
  const actions: string[] = [];
  if (headers[BYPASS] === "true") actions.push("s3:BypassGovernanceRetention");
  if (operation === "CreateBucket" && givesMore(headers)) actions.push("s3:PutBucketAcl");
  if (!MAKES_OBJECT.has(operation)) return actions;
  if (givesMore(headers)) actions.push("s3:PutObjectAcl");
  if (headers["x-amz-tagging"] !== undefined) actions.push("s3:PutObjectTagging");
  if (headers["x-amz-object-lock-legal-hold"] !== undefined) actions.push("s3:PutObjectLegalHold");
  if (headers["x-amz-object-lock-mode"] !== undefined) actions.push("s3:PutObjectRetention");
  return actions;
}

/** A canned ACL that gives nobody anything needs nothing. */
function givesMore(headers: Asked["headers"]): boolean {
  const canned = headers["x-amz-acl"];
  const grants = Object.keys(headers).some((name) => name.startsWith("x-amz-grant-"));
  return (
    grants ||
    (canned !== undefined && canned !== "private" && canned !== "bucket-owner-full-control")
  );
}

/** A copy reads its source, and the tags that it takes along. */
function asksOfSource(operation: string, { headers }: Asked, { model }: World): readonly Ask[] {
  const source = sourceOf(headers);
  if (source === undefined) return [];
  const suffix = source.version === undefined ? "" : "Version";
  const here = { ...source, operation };
  const takesTags =
    operation === "CopyObject" &&
    model.copyReadsTags &&
    headers["x-amz-tagging-directive"] !== "REPLACE";
  return [
    { ...here, action: `s3:GetObject${suffix}` },
    ...(takesTags ? [{ ...here, action: `s3:GetObject${suffix}Tagging` }] : []),
  ];
}

function sourceOf(
  headers: Asked["headers"],
): { readonly bucket: string; readonly key: string; readonly version?: string } | undefined {
  const header = headers["x-amz-copy-source"];
  if (header === undefined) return undefined;
  const [path = "", version] = header.replace(/^\//u, "").split("?versionId=");
  const [bucket = "", ...key] = path.split("/").map(decodeURIComponent);
  return { bucket, key: key.join("/"), ...(version !== undefined && { version }) };
}

export type Situation = {
  readonly world: World;
  readonly asked: Asked;
  readonly who: Who;
  readonly ask: Ask;
  /** The account that owns the bucket that is asked for. */
  readonly owner: string | undefined;
};

/** The values of condition keys for one ask. Names of keys are read in any letter case. */
export function valuesOf(situation: Situation): Values {
  return (name) => {
    const slash = name.indexOf("/");
    const key = (slash < 0 ? name : name.slice(0, slash)).toLowerCase();
    return valueOf(key, slash < 0 ? "" : name.slice(slash + 1), situation);
  };
}

const LISTS = new Set(["ListObjects", "ListObjectsV2", "ListObjectVersions"]);

function valueOf(key: string, tag: string, situation: Situation): Words | undefined {
  const { world, asked, who, ask, owner } = situation;
  const known = who === "anonymous" ? undefined : who;
  const lists = LISTS.has(ask.operation);
  const { query, headers } = asked;
  switch (key) {
    case "aws:sourceip":
      return asked.ip;
    case "aws:securetransport":
      return "false";
    case "aws:currenttime":
      return new Date(asked.nowMs).toISOString();
    case "aws:epochtime":
      return String(Math.floor(asked.nowMs / 1000));
    case "aws:principaltype":
      return known === undefined ? "Anonymous" : TYPES[known.kind];
    case "aws:principalarn":
      return known && arnOf(known);
    case "aws:userid":
      return known === undefined ? "anonymous" : userIdOf(known);
    case "aws:tokenissuetime":
      return known?.session && new Date(known.session.issuedMs).toISOString();
    case "aws:sourceidentity":
      return known?.session?.sourceIdentity;
    case "aws:federatedprovider":
      return known?.session?.federated?.issuer;
    case "aws:multifactorauthpresent":
      return known?.session && "false";
    case "aws:principalaccount":
      return known?.account.name;
    case "aws:principaltag":
      return known && tagOf(known, tag);
    case "aws:username":
      return known && usernameOf(known, world);
    case "aws:referer":
      return headers["referer"];
    case "aws:resourceaccount":
    case "s3:resourceaccount":
      return owner;
    case "s3:authtype":
      return known && (ask.operation === "PostObject" ? "POST" : "REST-HEADER");
    case "s3:signatureversion":
      return known && "AWS4-HMAC-SHA256";
    case "s3:prefix":
    case "s3:delimiter":
      return lists ? query[key.slice(3)] : undefined;
    case "s3:max-keys":
      return lists ? (query["max-keys"] ?? "1000") : undefined;
    case "s3:versionid":
      return ask.version;
    case "s3:x-amz-copy-source": {
      const source = sourceOf(headers);
      return source && `${source.bucket}/${source.key}`;
    }
    case "s3:x-amz-acl":
    case "s3:x-amz-storage-class":
    case "s3:x-amz-metadata-directive":
      return headers[key.slice(3)];
    case "s3:existingobjecttag":
      return SEE_TAGS.has(ask.action) && ask.key !== undefined
        ? storedTags(ask.key).get(tag)
        : undefined;
    case "s3:requestobjecttag":
      return requestTags(headers)?.get(tag);
    case "s3:requestobjecttagkeys": {
      const names = requestTags(headers);
      return names && [...names.keys()];
    }
    // Known to AWS, and absent wherever there is no VPC and no presigned URL.
    case "aws:sourcevpc":
    case "s3:signatureage":
      return undefined;
    default:
      throw new Error(`The reference does not know the key ${key}`);
  }
}

/** Actions with the key s3:ExistingObjectTag, of those that requests here ask for ("Actions", Service Authorization Reference). */
const SEE_TAGS = new Set(
  ["", "Version"].flatMap((version) => [
    `s3:GetObject${version}`,
    `s3:GetObject${version}Acl`,
    `s3:GetObject${version}Attributes`,
    `s3:GetObject${version}Tagging`,
    `s3:PutObject${version}Acl`,
    `s3:PutObject${version}Tagging`,
    `s3:DeleteObject${version}Tagging`,
  ]),
);

const TYPES = { account: "Account", subuser: "User", session: "AssumedRole" } as const;

/** Of a session that of its role, never its own ("aws:PrincipalArn", IAM User Guide). */
export function arnOf({ kind, account, user }: Known): string {
  const of = { account: "root", subuser: `user/${user?.name}`, session: `role/${user?.name}` };
  return `arn:aws:iam::${account.name}:${of[kind]}`;
}

export function userIdOf({ kind, account, user, session }: Known): string {
  const name = session !== undefined && "role" in session.of ? session.of.name : "";
  if (kind === "session") return `${account.name}:role/${user?.name}:${name}`;
  return kind === "account" ? account.name : `${account.name}:${user?.name}`;
}

/** A session's own tag before its role's, and a user's own before its account's; names in any letter case. */
export function tagOf({ account, user, session }: Known, name: string): string | undefined {
  const find = (tags: Readonly<Record<string, string>> = {}): string | undefined =>
    Object.entries(tags).find(([tag]) => tag.toLowerCase() === name.toLowerCase())?.[1];
  return find(session?.tags) ?? find(user?.tags) ?? find(account.tags);
}

function usernameOf({ kind, account, user }: Known, { model }: World): string | undefined {
  if (model.username === "account") return account.name;
  return kind === "subuser" ? user?.name : undefined;
}

function requestTags(headers: Asked["headers"]): ReadonlyMap<string, string> | undefined {
  const written = headers["x-amz-tagging"];
  return written === undefined ? undefined : new Map(new URLSearchParams(written));
}
