import { askedAtStore, askedBy } from "../admission/provider-rules.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import type { HeaderList } from "../http/headers.ts";
import type { Action } from "../s3/actions.ts";
import type { Address } from "../s3/address.ts";
import { asksOf, asksOfDelete, putActions, type Ask } from "../s3/asks.ts";
import type { CopySource } from "../s3/copy-source.ts";
import { extensionNamed } from "../s3/extensions.ts";
import { OPERATION_LIST, type Operation, type OperationName } from "../s3/operations.ts";

/** The permissions that one kind of request needs on one resource. */
export type Way = {
  readonly operation: Operation;
  /** The part that the resource plays in the request. */
  readonly part: "target" | "source" | "entry" | "form" | "document" | "extension";
  readonly level: "service" | "bucket" | "object";
  readonly versionId: string | undefined;
  /** The headers that make it ask for more than its operation does. */
  readonly headers: HeaderList;
  /** All that such a request asks of that resource, and every other asks at least. */
  readonly asks: readonly WayAsk[];
};

export type WayAsk = { readonly action: Action; readonly operation: OperationName };

/**
 * Returns every way in which a request can ask for something: each operation alone, of a version,
 * with each of the headers that ask for more, as the source of a copy, as an entry of a deletion,
 * in a form, in a document. Further parts of a request can only add asks, so no request is allowed
 * unless the way with the same ask and nothing else is. Only operations that the store is sent.
 */
export function waysOf(snapshot: Snapshot): readonly Way[] {
  return OPERATION_LIST.filter(
    ({ name, level }) => level !== "any" && snapshot.store.operations.has(name),
  ).flatMap((operation) => [
    ...ofTarget(snapshot, operation),
    ...ofSource(snapshot, operation),
    ...ofEntries(operation),
    ...ofForm(operation),
    ...ofDocument(operation),
    ...ofExtensions(snapshot, operation),
  ]);
}

/** Represents any bucket: the permission does not depend on it. */
const BUCKET = { tenant: undefined, name: "bucket" };
const KEY = "key";
const VERSION = "1";

/** Headers that ask for actions of their own. */
const ASKING: readonly HeaderList[] = [
  ["x-amz-acl", "public-read"],
  ["x-amz-tagging", "a=b"],
  [
    "x-amz-object-lock-mode",
    "GOVERNANCE",
    "x-amz-object-lock-retain-until-date",
    "2099-01-01T00:00:00Z",
  ],
  ["x-amz-object-lock-legal-hold", "ON"],
  ["x-amz-bypass-governance-retention", "true"],
  ["x-amz-bucket-object-lock-enabled", "true"],
  ["x-amz-object-ownership", "BucketOwnerEnforced"],
  ["x-amz-object-annotation-directive", "COPY"],
];

function ofTarget(snapshot: Snapshot, operation: Operation): readonly Way[] {
  if (operation.body === "form" || operation.name === "DeleteObjects") return [];
  const versions = operation.parameters.has("versionId") ? [undefined, VERSION] : [undefined];
  return versions.flatMap((versionId) => {
    const plain = askedOf(snapshot, operation, versionId, []);
    const more = ASKING.map((headers) => ({
      headers,
      asks: askedOf(snapshot, operation, versionId, headers),
    })).filter(({ asks }) => asks.length > plain.length);
    return [{ headers: [], asks: plain }, ...more].map(({ headers, asks }) =>
      wayOf(operation, "target", versionId, headers, asks),
    );
  });
}

function askedOf(
  snapshot: Snapshot,
  operation: Operation,
  versionId: string | undefined,
  headers: HeaderList,
): readonly WayAsk[] {
  return asking(
    askedBy(
      snapshot.policy.provider,
      askedAtStore(
        snapshot.store,
        asksOf(operation.name, addressOf(operation), versionId, headers, undefined),
      ),
    ),
  );
}

function addressOf({ level }: Operation): Address {
  if (level === "service") return { kind: "service" };
  return level === "bucket"
    ? { kind: "bucket", bucket: BUCKET }
    : { kind: "object", bucket: BUCKET, key: KEY };
}

const OTHER_KEY = "source";

function ofSource(snapshot: Snapshot, operation: Operation): readonly Way[] {
  const { header } = operation;
  if (header !== "x-amz-copy-source" && header !== "x-amz-rename-source") return [];
  const versions = header === "x-amz-copy-source" ? [undefined, VERSION] : [undefined];
  // With the tags replaced less is asked, and so more allowed.
  const headers = [
    ["x-amz-tagging-directive", "REPLACE"],
    [],
    ["x-amz-object-annotation-directive", "COPY"],
  ];
  return versions.flatMap((versionId) =>
    headers.map((list) => {
      const source: CopySource = { bucket: BUCKET, key: OTHER_KEY, versionId };
      const asks = askedBy(
        snapshot.policy.provider,
        askedAtStore(
          snapshot.store,
          asksOf(operation.name, addressOf(operation), undefined, list, source),
        ),
      );
      return wayOf(
        operation,
        "source",
        versionId,
        list,
        asking(asks.filter(({ key }) => key === OTHER_KEY)),
      );
    }),
  );
}

function ofEntries(operation: Operation): readonly Way[] {
  if (operation.name !== "DeleteObjects") return [];
  return [undefined, VERSION].flatMap((versionId) =>
    [[], ["x-amz-bypass-governance-retention", "true"]].map((headers) => {
      const entry = {
        key: KEY,
        versionId,
        eTag: undefined,
        lastModifiedTime: undefined,
        size: undefined,
      };
      return wayOf(
        operation,
        "entry",
        versionId,
        headers,
        asking(asksOfDelete(BUCKET, entry, headers)),
      );
    }),
  );
}

/** A browser's form puts an object, with what its fields ask besides. */
function ofForm(operation: Operation): readonly Way[] {
  if (operation.body !== "form") return [];
  return [[], ...ASKING].map((headers) => {
    const asks = [...PUT, ...putActions(headers)].map((action) => ({
      action,
      operation: operation.name,
    }));
    return wayOf(operation, "form", undefined, headers, asks);
  });
}

const PUT: readonly Action[] = ["s3:PutObject"];

/**
 * The permissions that documents need besides (document-asks.ts): each by itself, since another
 * document asks only for that. test/property/prove.test.ts compares it with what requests ask.
 */
const OF_DOCUMENTS: Partial<Record<OperationName, readonly Action[]>> = {
  CreateBucket: ["s3:TagResource"],
  PutBucketAnalyticsConfiguration: PUT,
  PutBucketInventoryConfiguration: PUT,
  PutBucketLogging: [...PUT, "s3:PutObjectAcl"],
  PutBucketReplication: [...PUT, "s3:DeleteObject", "s3:DeleteObjectVersion"],
  RestoreObject: [...PUT, "s3:PutObjectAcl", "s3:PutObjectTagging"],
};

/** The same of the object that is addressed, all of it at once. */
const OF_ADDRESSED: readonly Action[] = ["s3:RestoreObject", "s3:GetObject", "s3:GetObjectVersion"];

function ofDocument(operation: Operation): readonly Way[] {
  const { name } = operation;
  const addressed =
    name === "RestoreObject"
      ? [
          wayOf(
            operation,
            "document",
            undefined,
            [],
            OF_ADDRESSED.map((action) => ({ action, operation: name })),
          ),
        ]
      : [];
  const named = (OF_DOCUMENTS[operation.name] ?? []).map((action) =>
    wayOf(operation, "document", undefined, [], [{ action, operation: name }]),
  );
  return [...addressed, ...named];
}

/** Parameters of a kind of store that read more than their operation. */
function ofExtensions({ understood }: Snapshot, operation: Operation): readonly Way[] {
  return [...understood.extensions].flatMap((id) => {
    const [name, parameter = ""] = id.split("?");
    if (name !== operation.name) return [];
    const { reads = [], asks = [] } = extensionNamed(operation.name, parameter) ?? {};
    return [...reads, ...asks].map((action) =>
      wayOf(operation, "extension", undefined, [], [{ action, operation: operation.name }]),
    );
  });
}

function asking(asks: readonly Ask[]): readonly WayAsk[] {
  return asks.map(({ action, operation }) => ({ action, operation }));
}

function wayOf(
  operation: Operation,
  part: Way["part"],
  versionId: string | undefined,
  headers: HeaderList,
  asks: readonly WayAsk[],
): Way {
  return { operation, part, level: levelOf(operation, part, asks), versionId, headers, asks };
}

/**
 * Returns the level of the resource that is asked about, which need not be the one that the request
 * addresses.
 */
function levelOf({ level }: Operation, part: Way["part"], asks: readonly WayAsk[]): Way["level"] {
  switch (part) {
    case "target":
      return level === "service" ? "service" : level === "bucket" ? "bucket" : "object";
    case "source":
    case "entry":
    case "form":
      return "object";
    case "document":
    case "extension":
      return asks.some(({ action }) => OF_OBJECTS.test(action)) ? "object" : "bucket";
  }
}

const OF_OBJECTS = /^s3:(?:Get|Put|Delete)Object/;
