import type { BucketName } from "../s3/address.ts";
import type { Route } from "../admission/route.ts";
import type { ActionPattern } from "../admission/principal.ts";
import type { Problem } from "../lib/problem.ts";
import type { NetworkRule, NetworkSet } from "../policy/network.ts";
import type { Policy } from "../policy/policy.ts";
import type { Provider } from "../provider/provider.ts";
import type { Tier } from "../provider/tier.ts";
import type { ChecksumAlgorithm } from "../s3/checksums.ts";
import type { IgnoredHeaders } from "../s3/ignored-headers.ts";
import type { BucketPrefix } from "../s3/mapped-names.ts";
import type { OperationName } from "../s3/operations.ts";
import type { StoreAcls } from "../s3/stores.ts";
import type { Revocation } from "../session/revocation.ts";
import type { AccountsFile } from "./accounts-schema.ts";
import type { GatewayFile } from "./gateway-schema.ts";
import type { IssuerConfig } from "./issuers.ts";
import type { Certificate } from "./pem.ts";
import type { StoreEndpoint, SocketAddress } from "./scalars.ts";

/**
 * A configuration of which every part was understood and found good. Times in milliseconds, sizes
 * in bytes, instants in milliseconds since the epoch, certificates as text.
 */
export type Config = {
  /** Processes that serve clients. */
  readonly workers: number | "auto";
  readonly listen: {
    readonly address: SocketAddress;
    /** Undefined: plain HTTP. */
    readonly tls: TlsConfig | undefined;
    readonly domains: readonly string[];
    /** Below which a label is an account. */
    readonly accountDomains: readonly string[];
    /** Whose word on the client's address counts. */
    readonly trustedProxies: NetworkSet;
    /** Whether trusted proxies must begin each connection with a PROXY header. */
    readonly proxyProtocol: boolean;
  };
  readonly admin: {
    readonly address: SocketAddress;
    /** Names by which the status page may be asked for, besides localhost and addresses. */
    readonly hosts: readonly string[];
  };
  readonly upstream: {
    readonly endpoints: readonly StoreEndpoint[];
    readonly region: string;
    readonly addressing: "path" | "virtual";
    /** Whether the store itself knows `tenant:bucket`. */
    readonly tenants: boolean;
    /** What buckets are called after there, so that it is as if it knew; undefined: as clients do. */
    readonly prefix: BucketPrefix | undefined;
    /** Whether aliases of access points may stand for buckets. */
    readonly aliases: boolean;
    /** Whether the store keeps ACLs and judges by them. */
    readonly acls: StoreAcls;
    /** Whether keys may arrive there with `..` and `//` folded. */
    readonly foldsPaths: boolean;
    /** What reaches the store; nothing else does. */
    readonly operations: ReadonlySet<OperationName>;
    /** What it accepts and does not act on. */
    readonly ignoredHeaders: IgnoredHeaders;
    /** What happens to a request that rests on one of those. */
    readonly withoutEffect: "refuse" | "pass";
    readonly trailers: boolean;
    /** Of the store's software, where its rows depend on it. */
    readonly version: string | undefined;
    /** See StoreTraits. */
    readonly beyondBounds: boolean;
    /** Algorithms of `x-amz-checksum-*` that the store knows. */
    readonly checksums: ReadonlySet<ChecksumAlgorithm>;
    readonly extensions: ReadonlySet<string>;
    /** To each endpoint. */
    readonly connectionsMax: number;
    readonly connectTimeoutMs: number;
    readonly queueTimeoutMs: number;
    readonly headersTimeoutMs: number;
    /** What https endpoints are trusted by; undefined: the system's certificates. */
    readonly ca: string | undefined;
    /** What https endpoints must prove to be; undefined: the host in the request. */
    readonly serverName: string | undefined;
    /** What the gateway shows to them. */
    readonly clientCertificate: Certificate | undefined;
  };
  /** Sources of keys besides the accounts files, in their order. */
  readonly ceph: readonly CephConfig[];
  /** Of all accounts files, in their order. */
  readonly accounts: readonly AccountConfig[];
  /** Whose policies the gateway keeps. */
  readonly buckets: readonly BucketConfig[];
  readonly policy: {
    readonly provider: Provider;
    readonly mode: "enforce" | "report";
    readonly networks: NetworkRule;
    readonly blockedActions: readonly ActionPattern[];
    readonly unsupported: readonly ActionPattern[];
    readonly versionGuard: boolean;
    /** By name: the provider's, and the operator's own in their place. */
    readonly tiers: ReadonlyMap<string, Tier>;
    readonly tierMode: "ceiling" | "union";
    readonly anonymous: "deny" | "policy" | "upstream";
    readonly guestGroups: readonly string[];
    readonly bucketPolicies: "upstream" | "gateway";
    readonly listBuckets: "all" | "filtered";
    readonly presignedExpiryMaxMs: number;
    /** How far ahead a URL of version 2 may end; undefined: that is not limited. */
    readonly presignedV2MaxMs: number | undefined;
    readonly signatureV2: boolean;
    /** Empty: any. */
    readonly regions: readonly string[];
    /** Unknown `x-amz-*` headers that are left out of what the store gets; in lower case. */
    readonly ignoredHeaders: readonly string[];
  };
  /** Where records of buckets are kept; undefined: nowhere but in the configuration. */
  readonly state: StateConfig | undefined;
  /** Whose tokens identify people, jobs and pods. */
  readonly issuers: readonly IssuerConfig[];
  /** Hosts where only STS is served. */
  readonly stsDomains: readonly string[];
  /** What session tokens are sealed under, the first seals; empty: there are no sessions. */
  readonly sealing: readonly { readonly id: string; readonly secret: string }[];
  /** Sessions that are ended, of all accounts files. */
  readonly revoked: readonly Revocation[];
  /** Paths that are not S3; none lies below another. */
  readonly passthrough: readonly Route[];
  readonly limits: {
    readonly headerBytesMax: number;
    readonly xmlBytesMax: number;
    /** Of all requests of a process together. */
    readonly unprovedBytesMax: number;
    readonly clockSkewMs: number;
    readonly idleTimeoutMs: number;
    readonly headerTimeoutMs: number;
    readonly bodyBytesMax: number;
    readonly connectionsMax: number;
    /** Undefined, here and below: not limited. */
    readonly connectionsPerAddressMax: number | undefined;
    readonly pipelinedRequestsMax: number;
    readonly account: AllowanceConfig;
    readonly subuser: AllowanceConfig;
    readonly drainDelayMs: number;
    readonly drainTimeoutMs: number;
  };
  /** Of changed files. */
  readonly reload: {
    readonly watch: boolean;
    readonly intervalMs: number;
    /** A file of claims that the configuration must not break; undefined: none. */
    readonly claims: string | undefined;
  };
  readonly log: {
    readonly level: GatewayFile["log"]["level"];
    /** Undefined: no audit log. */
    readonly auditFile: string | undefined;
    /** What becomes of requests while it cannot be written. */
    readonly auditOnError: "continue" | "refuse";
  };
  /** What is legal but dangerous, by file and line. */
  readonly warnings: readonly Problem[];
};

/** How clients are spoken to over TLS. */
export type TlsConfig = {
  /** At least one; the first serves every name that no other has. */
  readonly certificates: readonly Certificate[];
  /** What certificates of clients are trusted by; undefined: none is asked for. */
  readonly clientCa: string | undefined;
  readonly clientCertificates: "optional" | "required";
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
};

/** What one account or subuser may take, where nothing else is said of it. */
export type AllowanceConfig = {
  readonly requestsPerSecond: number | undefined;
  readonly concurrentRequestsMax: number | undefined;
  /** Of bodies, both ways together. */
  readonly bytesPerSecond: number | undefined;
};

export type StateConfig = { readonly refreshMs: number } & (
  | { readonly kind: "directory"; readonly path: string }
  | {
      readonly kind: "bucket";
      readonly bucket: string;
      readonly accessKey: string;
      readonly secretKey: string;
    }
);

/** A Ceph whose users can log in with their own keys. */
export type CephConfig = {
  readonly endpoint: StoreEndpoint;
  /** The gateway's own, for the Admin Ops API. */
  readonly accessKey: string;
  readonly secretKey: string;
  readonly cacheMs: number;
  readonly staleMs: number;
  readonly entries: number;
  /** What an https endpoint is trusted by; undefined: the system's certificates. */
  readonly ca: string | undefined;
};

/** An account as written, its policies and its subusers' read. */
export type AccountConfig = Omit<WrittenAccount, "policies" | "subusers" | "roles"> & {
  readonly policies: readonly Policy[];
  readonly subusers: readonly SubuserConfig[];
  readonly roles: readonly RoleConfig[];
};
export type SubuserConfig = Omit<WrittenAccount["subusers"][number], "policies"> & {
  readonly policies: readonly Policy[];
};

/** `maxSession`: milliseconds. */
export type RoleConfig = Omit<WrittenAccount["roles"][number], "policies" | "trust"> & {
  readonly policies: readonly Policy[];
  readonly trust: Policy;
};

type WrittenAccount = AccountsFile["accounts"][number];

/** A bucket whose policy the gateway keeps. */
export type BucketConfig = {
  readonly name: BucketName;
  readonly account: string;
  /** Its policy, and one that its shares make. */
  readonly policies: readonly Policy[];
  readonly policyText: string | undefined;
};
