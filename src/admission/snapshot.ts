import type { NetworkRule, NetworkSet } from "../policy/network.ts";
import type { Principal } from "../policy/principals.ts";
import type { Provider } from "../provider/provider.ts";
import type { HostNames } from "../s3/address.ts";
import type { BucketNaming } from "../s3/bucket.ts";
import type { Understood } from "../s3/classify.ts";
import type { ChecksumAlgorithm } from "../s3/checksums.ts";
import type { IgnoredHeaders } from "../s3/ignored-headers.ts";
import type { OperationName } from "../s3/operations.ts";
import type { StoreAcls } from "../s3/stores.ts";
import type { KnownAuthorizations } from "../signature/authorization.ts";
import type { KeyRing } from "../signature/key-ring.ts";
import type { OpenedSessions } from "../session/opened.ts";
import type { Revocation } from "../session/revocation.ts";
import type { SealingKey } from "../session/seal.ts";
import type { SignatureRules } from "../signature/rules.ts";
import type { BucketRecords } from "./record.ts";
import type { Route } from "./route.ts";
import type { ActionPattern, Key, Role } from "./principal.ts";

/**
 * Everything that a decision is made from besides the request, the time and the answers to what it
 * asks. Plain data that never changes: no function is in it (test/unit/admission/snapshot.test.ts).
 */
export type Snapshot = {
  /** The number of configurations accepted since the start, from 1. */
  readonly generation: number;
  readonly hosts: HostNames;
  /** The proxies that are believed about the client's address. */
  readonly trustedProxies: NetworkSet;
  /** Paths that are not S3. */
  readonly routes: readonly Route[];
  readonly store: StoreSettings;
  /** The additions to S3's own model that requests may have. */
  readonly understood: Understood;
  /** The keys of the configuration, by access key id. */
  readonly keys: ReadonlyMap<string, Key>;
  /**
   * Own keys of accounts that have no `upstream`, by the account's name: the store knows them, too.
   */
  readonly owners: ReadonlyMap<string, readonly Key[]>;
  /** The roles by ARN. */
  readonly roles: ReadonlyMap<string, Role>;
  /** The keys that seal session tokens, the first seals; empty if there are no sessions. */
  readonly sealing: readonly SealingKey[];
  /** Sessions that the configuration ends. */
  readonly revoked: readonly Revocation[];
  /** Sessions whose tokens were opened lately. */
  readonly opened: OpenedSessions<Key>;
  /** Hosts where only STS is served, in lower case. */
  readonly stsDomains: readonly string[];
  /** The configuration's records of buckets; empty if the store keeps their policies. */
  readonly buckets: BucketRecords;
  readonly elsewhere: Elsewhere;
  /** True if requests can change what is kept of buckets; else the configuration says it all. */
  readonly keepsState: boolean;
  /** A bucket of the store that is the gateway's own, which no client ever sees. */
  readonly stateBucket: string | undefined;
  readonly ring: KeyRing;
  /** The Authorization headers of clients that were read lately. */
  readonly authorizations: KnownAuthorizations;
  readonly signatures: SignatureRules;
  readonly policy: PolicySettings;
  readonly limits: Limits;
};

/**
 * The kinds of facts that can be known outside the configuration: a decision then asks for them
 * (see need.ts).
 */
export type Elsewhere = {
  /** True if keys and their holders can be looked up there. */
  readonly keys: boolean;
  /** True if records of buckets are kept there. */
  readonly records: boolean;
  /** True if revoked sessions can be asked for there; absent if none can. */
  readonly revocations?: boolean;
  /** The holders of those keys, for questions about everybody; absent if there are none. */
  readonly strangers?: Strangers;
};

/** The users whose keys are not in the configuration. */
export type Strangers = {
  /** The operators' name for them. */
  readonly called: string;
  /** True if some are found by the id of an access key only, and not by their names. */
  readonly nameless: boolean;
  /** Accounts of the configuration for which such keys may come with policies of their own. */
  readonly withPolicies: readonly string[];
};

/** The settings by which requests are written for the store. */
export type StoreSettings = {
  /** The Host header, the same for every endpoint so that one signature fits all of them. */
  readonly authority: string;
  readonly region: string;
  /**
   * The way in which the store tells buckets apart; without tenants, tenants are the gateway's own.
   */
  readonly naming: BucketNaming;
  /**
   * True if the store, or something before it, folds `..` and `//`, so that another key would be
   * meant.
   */
  readonly foldsPaths: boolean;
  /** The operations that the store understands as what they are; no other is sent to it. */
  readonly operations: ReadonlySet<OperationName>;
  /** Headers that it accepts and does not act on: see IgnoredHeaders. */
  readonly ignoredHeaders: IgnoredHeaders;
  /** The treatment of a request that depends on one of those. */
  readonly withoutEffect: "refuse" | "pass";
  /** The way in which the store keeps ACLs and judges by them. */
  readonly acls: StoreAcls;
  /** True if the store understands aws-chunked trailers. */
  readonly trailers: boolean;
  /** Algorithms of `x-amz-checksum-*` that it knows. */
  readonly checksums: ReadonlySet<ChecksumAlgorithm>;
};

/** The rules for every request, whoever sends it. */
export type PolicySettings = {
  /** The access model: switches and rules that are not the operator's to choose one by one. */
  readonly provider: Provider;
  /** `report`: gates decide and record, but refuse nobody. */
  readonly mode: "enforce" | "report";
  readonly networks: NetworkRule;
  /** The operator's, besides the provider's own. */
  readonly blockedActions: readonly ActionPattern[];
  /**
   * The actions answered 501 instead of a success without effect; the operator's and the
   * provider's.
   */
  readonly unsupported: readonly ActionPattern[];
  /** True if any request that could destroy the history of objects is refused, whoever asks. */
  readonly versionGuard: boolean;
  /** `union`: a policy may lift a user above its tier. */
  readonly tierMode: "ceiling" | "union";
  /**
   * `policy`: requests without credentials may do what a bucket policy allows; `upstream`: they are
   * forwarded unsigned.
   */
  readonly anonymous: "deny" | "policy" | "upstream";
  /** The name of callers without credentials in bucket policies. */
  readonly guest: Principal;
  /** `gateway`: bucket policies are kept and enforced here, and never reach the store. */
  readonly bucketPolicies: "upstream" | "gateway";
  /** `filtered`: a list of buckets shows those in which its caller may do anything. */
  readonly listBuckets: "all" | "filtered";
  /** True if any policy asks for the tags, locks, places and grants that requests set. */
  readonly asksValues: boolean;
};

/** Limits that decisions need, in bytes. */
type Limits = {
  /** An XML body that the gateway reads. */
  readonly xmlBytesMax: number;
  /** The content of one request. */
  readonly bodyBytesMax: number;
};
