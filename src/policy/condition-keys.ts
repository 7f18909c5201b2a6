/** The type of a key's value, which decides which operators may judge it (S3-AUTHORIZATION 2.1). */
export type KeyType = "string" | "numeric" | "date" | "bool" | "address" | "arn";

type KeyRow = {
  readonly type: KeyType;
  /** A set of values, which needs ForAllValues or ForAnyValue (section 3.4). */
  readonly many?: true;
  /** The key is written `key/tag`. S3's object tags are case-sensitive, IAM's are not (3.7). */
  readonly tag?: "sensitive" | "insensitive";
  /** The client chooses the value, so it must not choose a Resource (section 3.6). */
  readonly client?: true;
  /**
   * The value belongs to the resource that is asked about, so that it may be another for each
   * question of one request. All other keys have one value for the whole request.
   */
  readonly ofResource?: true;
  /** Set if the thing that the value names may have another name; see `OTHER_NAME`. */
  readonly named?: true;
};

/**
 * Every condition key there is, one row each: nothing a client sends can name a key that is not
 * here (section 6.2). The keys of AWS features that no gateway has stay in the table, because a
 * policy pasted from AWS may name them; their value is then simply absent.
 */
const CONDITION_KEYS = {
  "aws:SourceIp": { type: "address" },
  "aws:SecureTransport": { type: "bool" },
  "aws:CurrentTime": { type: "date" },
  "aws:EpochTime": { type: "date" },
  "aws:PrincipalArn": { type: "arn" },
  "aws:PrincipalAccount": { type: "string" },
  "aws:PrincipalType": { type: "string" },
  "aws:PrincipalTag": { type: "string", tag: "insensitive" },
  "aws:userid": { type: "string" },
  "aws:username": { type: "string" },
  "rgw:subuser": { type: "string" },
  "aws:TokenIssueTime": { type: "date" },
  "aws:SourceIdentity": { type: "string" },
  "aws:MultiFactorAuthPresent": { type: "bool" },
  "aws:MultiFactorAuthAge": { type: "numeric" },
  "aws:Referer": { type: "string", client: true },
  "aws:UserAgent": { type: "string", client: true },
  "aws:RequestedRegion": { type: "string", client: true },
  "aws:ResourceAccount": { type: "string", ofResource: true },
  "s3:ResourceAccount": { type: "string", ofResource: true },
  "aws:RequestTag": { type: "string", tag: "insensitive", client: true },
  "aws:TagKeys": { type: "string", many: true, client: true },
  "aws:ResourceTag": { type: "string", tag: "insensitive", ofResource: true },
  "s3:BucketTag": { type: "string", tag: "insensitive", ofResource: true },
  "s3:authType": { type: "string" },
  "s3:signatureversion": { type: "string" },
  "s3:signatureAge": { type: "numeric" },
  "s3:TlsVersion": { type: "numeric" },
  "s3:x-amz-content-sha256": { type: "string", client: true },
  "s3:prefix": { type: "string", client: true },
  "s3:delimiter": { type: "string", client: true },
  "s3:max-keys": { type: "numeric", client: true },
  // Each entry of a DeleteObjects has its own.
  "s3:versionid": { type: "string", client: true, ofResource: true },
  "s3:ExistingObjectTag": { type: "string", tag: "sensitive", ofResource: true },
  "s3:RequestObjectTag": { type: "string", tag: "sensitive", client: true },
  "s3:RequestObjectTagKeys": { type: "string", many: true, client: true },
  "s3:x-amz-acl": { type: "string", client: true },
  "s3:x-amz-grant-read": { type: "string", client: true },
  "s3:x-amz-grant-write": { type: "string", client: true },
  "s3:x-amz-grant-read-acp": { type: "string", client: true },
  "s3:x-amz-grant-write-acp": { type: "string", client: true },
  "s3:x-amz-grant-full-control": { type: "string", client: true },
  "s3:x-amz-copy-source": { type: "string", client: true, named: true },
  "s3:x-amz-metadata-directive": { type: "string", client: true },
  "s3:x-amz-object-annotation-directive": { type: "string", client: true },
  "s3:x-amz-server-side-encryption": { type: "string", client: true },
  "s3:x-amz-server-side-encryption-aws-kms-key-id": { type: "arn", client: true },
  "s3:x-amz-server-side-encryption-customer-algorithm": { type: "string", client: true },
  "s3:x-amz-storage-class": { type: "string", client: true },
  "s3:x-amz-website-redirect-location": { type: "string", client: true },
  "s3:x-amz-object-ownership": { type: "string", client: true },
  "s3:x-amz-bucket-namespace": { type: "string", client: true },
  "s3:locationconstraint": { type: "string", client: true },
  "s3:object-lock-mode": { type: "string", client: true },
  "s3:object-lock-retain-until-date": { type: "date", client: true },
  "s3:object-lock-remaining-retention-days": { type: "numeric", client: true },
  "s3:object-lock-legal-hold": { type: "string", client: true },
  "s3:object-lock-event-hold": { type: "string", client: true },
  "s3:object-lock-event-hold-duration-days": { type: "numeric", client: true },
  "s3:if-match": { type: "string", client: true },
  "s3:if-none-match": { type: "string", client: true },
  "s3:ObjectCreationOperation": { type: "bool" },
  "s3:x-amz-object-if-match": { type: "string", client: true },
  "s3:annotation-prefix": { type: "string", client: true },
  "s3:max-annotation-results": { type: "numeric", client: true },
  "s3:InventoryAccessibleOptionalFields": { type: "string", many: true, client: true },
  // Only requests for sessions have these keys; requests for objects have none of them.
  "sts:ExternalId": { type: "string", client: true },
  "sts:RoleSessionName": { type: "string", client: true },
  "sts:SourceIdentity": { type: "string", client: true },
  "sts:DurationSeconds": { type: "numeric", client: true },
  "sts:TransitiveTagKeys": { type: "string", many: true, client: true },
  // A claim of an identity token: trust policies write `issuer:claim`, see `claimKey()`.
  "token:claim": { type: "string", tag: "sensitive" },
  // The gateway's own, in a namespace of its own.
  "gw:KeyId": { type: "string" },
  "gw:Tier": { type: "string" },
  "gw:Operation": { type: "string" },
  "gw:AclGrantsPublic": { type: "bool" },
  "gw:ContentLength": { type: "numeric", client: true },
  "gw:Upstream": { type: "string" },
  // Known, but always absent: nothing here has a VPC, an organization or an access point.
  "aws:SourceVpc": { type: "string" },
  "aws:SourceVpce": { type: "string" },
  "aws:SourceVpcArn": { type: "arn" },
  "aws:VpcSourceIp": { type: "address" },
  "aws:SourceArn": { type: "arn" },
  "aws:SourceAccount": { type: "string" },
  "aws:SourceOrgID": { type: "string" },
  "aws:SourceOrgPaths": { type: "string", many: true },
  "aws:ViaAWSService": { type: "bool" },
  "aws:CalledVia": { type: "string", many: true },
  "aws:CalledViaFirst": { type: "string" },
  "aws:CalledViaLast": { type: "string" },
  "aws:PrincipalIsAWSService": { type: "bool" },
  "aws:PrincipalServiceName": { type: "string" },
  "aws:PrincipalServiceNamesList": { type: "string", many: true },
  "aws:PrincipalOrgID": { type: "string" },
  "aws:PrincipalOrgPaths": { type: "string", many: true },
  "aws:FederatedProvider": { type: "string" },
  "aws:ResourceOrgID": { type: "string" },
  "aws:ResourceOrgPaths": { type: "string", many: true },
  "s3:DataAccessPointAccount": { type: "string" },
  "s3:DataAccessPointArn": { type: "arn" },
  "s3:AccessPointNetworkOrigin": { type: "string" },
  "s3:AccessPointTag": { type: "string", tag: "insensitive" },
  "s3:AccessGrantScope": { type: "string" },
  "s3:AccessGrantsInstanceArn": { type: "arn" },
  "s3:AccessGrantsLocationScope": { type: "string" },
  "s3:ExistingJobOperation": { type: "string" },
  "s3:ExistingJobPriority": { type: "numeric" },
  "s3:RequestJobOperation": { type: "string" },
  "s3:RequestJobPriority": { type: "numeric" },
  "s3:JobSuspendedCause": { type: "string" },
  "s3:deliverySourceArn": { type: "arn" },
  "s3:destinationRegion": { type: "string" },
  "s3:isReplicationPauseRequest": { type: "bool" },
  "s3:logType": { type: "string" },
  "s3:resourceArnBeingAuthorized": { type: "arn" },
} as const satisfies Record<string, KeyRow>;

export type ConditionKey = keyof typeof CONDITION_KEYS;

/** A key as a policy names it: its row, and the tag after the slash ("" if it takes none). */
export type KeyName = {
  readonly key: ConditionKey;
  readonly tag: string;
  /** The row's place in the table: values kept for each key are found by it faster than by name. */
  readonly place: number;
  /** See the row. */
  readonly ofResource: boolean;
};

/**
 * The request's own values, asked for one at a time so that a costly one (a tag of the stored
 * object) is only fetched if a statement depends on it. An answer is text as written in policies
 * (ISO 8601 or epoch seconds, decimal numbers, "true"), or a list for the keys with many values.
 * `undefined` if the key is absent, which is not the same as empty (section 3.3). `tag`: lower-case
 * for keys whose tags are case-insensitive, else as the policy has it.
 */
export type Context = (key: ConditionKey, tag: string) => string | readonly string[] | undefined;

/**
 * The tag under which a context has the other name of the thing that a key's value names, such as
 * Ceph's `tenant:bucket/key` for `bucket/key`. No policy can write it. The name counts only if that
 * makes a statement stricter.
 */
export const OTHER_NAME = "/other name";

/** Finds a key by its name in a policy, in any letter case; `undefined` if there is none. */
export function findConditionKey(name: string): KeyName | undefined {
  const slash = name.indexOf("/");
  const place = PLACES.get((slash < 0 ? name : name.slice(0, slash)).toLowerCase()) ?? -1;
  const key = KEYS[place];
  if (key === undefined || key === CLAIM) return undefined;
  const { tag, ofResource = false } = keyRow(key);
  const written = slash < 0 ? "" : name.slice(slash + 1);
  if (tag === undefined) return slash < 0 ? { key, tag: "", place, ofResource } : undefined;
  if (written === "") return undefined;
  return { key, tag: tag === "insensitive" ? written.toLowerCase() : written, place, ofResource };
}

/**
 * The key of a claim of an identity token. `issuer`: the issuer's name in the configuration. Only trust
 * policies can name it.
 */
export function claimKey(issuer: string, claim: string): KeyName {
  const place = PLACES.get(CLAIM) ?? -1;
  return { key: CLAIM, tag: `${issuer}:${claim}`, place, ofResource: false };
}

const CLAIM = "token:claim" satisfies ConditionKey;

/** Returns the row of a key. */
export function keyRow(key: ConditionKey): KeyRow {
  return CONDITION_KEYS[key];
}

/** Every key's name, as a policy would write it, for suggestions. */
export function conditionKeyNames(): readonly string[] {
  return KEYS.filter((key) => key !== CLAIM).map((key) =>
    keyRow(key).tag === undefined ? key : `${key}/tag`,
  );
}

function isConditionKey(name: string): name is ConditionKey {
  return Object.hasOwn(CONDITION_KEYS, name);
}

const KEYS: readonly ConditionKey[] = Object.keys(CONDITION_KEYS).filter(isConditionKey);

/** The place of each key by its name in lower case. */
const PLACES: ReadonlyMap<string, number> = new Map(
  KEYS.map((key, place) => [key.toLowerCase(), place]),
);
