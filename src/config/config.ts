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
import type { StoreEndpoint, SocketAddress, SyslogAddress, UnixSocket } from "./scalars.ts";

/**
 * A configuration whose every part was understood and accepted. Times in milliseconds, sizes in
 * bytes, instants in milliseconds since the epoch, certificates as text.
 */
export type Config = {
  /** The number of processes that serve clients. */
  readonly workers: number | "auto";
  readonly listen: {
    readonly address: SocketAddress;
    /** The TLS settings; `undefined` for plain HTTP. */
    readonly tls: TlsConfig | undefined;
    readonly domains: readonly string[];
    /** The domains below which a label is an account. */
    readonly accountDomains: readonly string[];
    /** The proxies that are believed about the client's address. */
    readonly trustedProxies: NetworkSet;
    /** True if trusted proxies must begin each connection with a PROXY header. */
    readonly proxyProtocol: boolean;
  };
  readonly admin: {
    readonly address: SocketAddress | UnixSocket;
    /** Names by which the status page may be asked for, besides localhost and addresses. */
    readonly hosts: readonly string[];
  };
  readonly upstream: {
    readonly endpoints: readonly StoreEndpoint[];
    readonly region: string;
    readonly addressing: "path" | "virtual";
    /** True if the store itself knows `tenant:bucket`. */
    readonly tenants: boolean;
    /**
     * The prefix of bucket names at the store, which makes up for missing tenants; `undefined` if
     * buckets have the clients' names.
     */
    readonly prefix: BucketPrefix | undefined;
    /** True if aliases of access points can stand for buckets. */
    readonly aliases: boolean;
    /** The way in which the store keeps ACLs and judges by them. */
    readonly acls: StoreAcls;
    /** True if keys can arrive at the store with `..` and `//` folded. */
    readonly foldsPaths: boolean;
    /** The operations that reach the store; no other does. */
    readonly operations: ReadonlySet<OperationName>;
    /** The headers that the store accepts and does not act on. */
    readonly ignoredHeaders: IgnoredHeaders;
    /** The treatment of a request that depends on one of those. */
    readonly withoutEffect: "refuse" | "pass";
    readonly trailers: boolean;
    /** The version of the store's software, if its rows depend on it. */
    readonly version: string | undefined;
    /** See StoreTraits. */
    readonly beyondBounds: boolean;
    /** Algorithms of `x-amz-checksum-*` that the store knows. */
    readonly checksums: ReadonlySet<ChecksumAlgorithm>;
    readonly extensions: ReadonlySet<string>;
    /** The most connections to each endpoint. */
    readonly connectionsMax: number;
    readonly connectTimeoutMs: number;
    readonly queueTimeoutMs: number;
    readonly headersTimeoutMs: number;
    /** The certificates that https endpoints are trusted by; `undefined` for the system's. */
    readonly ca: string | undefined;
    /** The name that https endpoints must prove; `undefined` for the host in the request. */
    readonly serverName: string | undefined;
    /** The certificate that the gateway shows to them. */
    readonly clientCertificate: Certificate | undefined;
  };
  /** Sources of keys besides the accounts files, in their order. */
  readonly ceph: readonly CephConfig[];
  /** Directories that are asked for keys over HTTP, in their order; after those. */
  readonly directories: readonly DirectoryConfig[];
  /** The accounts of all accounts files, in their order. */
  readonly accounts: readonly AccountConfig[];
  /** The buckets whose policies the gateway keeps. */
  readonly buckets: readonly BucketConfig[];
  readonly policy: {
    readonly provider: Provider;
    readonly mode: "enforce" | "report";
    readonly networks: NetworkRule;
    readonly blockedActions: readonly ActionPattern[];
    readonly unsupported: readonly ActionPattern[];
    readonly versionGuard: boolean;
    /** The tiers by name: the provider's, and the operator's own in their place. */
    readonly tiers: ReadonlyMap<string, Tier>;
    readonly tierMode: "ceiling" | "union";
    readonly anonymous: "deny" | "policy" | "upstream";
    readonly guestGroups: readonly string[];
    readonly bucketPolicies: "upstream" | "gateway";
    readonly listBuckets: "all" | "filtered";
    readonly presignedExpiryMaxMs: number;
    /** The longest time until a URL of version 2 ends; `undefined` if that is not limited. */
    readonly presignedV2MaxMs: number | undefined;
    readonly signatureV2: boolean;
    /** The regions; empty if any is allowed. */
    readonly regions: readonly string[];
    /** Unknown `x-amz-*` headers that are left out of what the store gets; in lower case. */
    readonly ignoredHeaders: readonly string[];
  };
  /** The place of the records of buckets; `undefined` if only the configuration has any. */
  readonly state: StateConfig | undefined;
  /** The issuers of tokens that identify people, jobs and pods. */
  readonly issuers: readonly IssuerConfig[];
  /** Hosts where only STS is served. */
  readonly stsDomains: readonly string[];
  /** The port where only STS is served; `undefined` if it has none of its own. */
  readonly stsAddress: SocketAddress | undefined;
  /** The keys that seal session tokens, the first seals; empty if there are no sessions. */
  readonly sealing: readonly { readonly id: string; readonly secret: string }[];
  /** Sessions that are ended, of all accounts files. */
  readonly revoked: readonly Revocation[];
  /** Paths that are not S3; none lies below another. */
  readonly passthrough: readonly Route[];
  /** The place where large files of forms are held; `undefined` if there is none. */
  readonly formSpool:
    | {
        readonly directory: string;
        readonly bytesMax: number;
        /** The limit of one account's files among them. */
        readonly accountBytesMax: number;
      }
    | undefined;
  readonly limits: {
    readonly headerBytesMax: number;
    readonly xmlBytesMax: number;
    /** The limit for all requests of a process together. */
    readonly unprovedBytesMax: number;
    readonly clockSkewMs: number;
    readonly idleTimeoutMs: number;
    readonly headerTimeoutMs: number;
    readonly bodyBytesMax: number;
    readonly connectionsMax: number;
    /** The most connections of one address. `undefined` means no limit, here and below. */
    readonly connectionsPerAddressMax: number | undefined;
    readonly pipelinedRequestsMax: number;
    readonly account: AllowanceConfig;
    readonly subuser: AllowanceConfig;
    readonly drainDelayMs: number;
    readonly drainTimeoutMs: number;
  };
  /** The settings for changed files. */
  readonly reload: {
    readonly watch: boolean;
    readonly intervalMs: number;
    /** A file of claims that the configuration must not break; `undefined` if there is none. */
    readonly claims: string | undefined;
    /** The text of that file, once it was read and every claim in it proved or not decided. */
    readonly claimsText?: string;
  };
  /**
   * The result of proving it by `reload.claims`; absent if there are no claims, or nobody has
   * asked.
   */
  readonly proved?: ProvedClaims;
  /** The further counts by name; see `NamedSeries`. */
  readonly metrics: {
    readonly accounts: boolean;
    readonly buckets:
      | { readonly kind: "listed"; readonly names: ReadonlySet<string> }
      | { readonly kind: "top"; readonly count: number };
  };
  readonly log: {
    readonly level: GatewayFile["log"]["level"];
    /** The audit log; `undefined` if there is none. */
    readonly audit: AuditConfig | undefined;
  };
  /** The settings that are legal but dangerous, by file and line. */
  readonly warnings: readonly Problem[];
};

/** The claims of a file that hold of a configuration, and those that could not be decided. */
export type ProvedClaims = {
  readonly file: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly holding: number;
  readonly undecided: number;
};

export type AuditConfig = {
  /** `-`: standard output. */
  readonly file: string;
  readonly format: "json" | "s3";
  /** The treatment of requests while it cannot be written. */
  readonly onError: "continue" | "refuse";
  readonly syslog: SyslogConfig | undefined;
  /** `token`: sent as a bearer token. */
  readonly webhook: { readonly url: string; readonly token: string | undefined } | undefined;
};

/** A collector of audit lines; `ca` and `clientCertificate` only with `tls`. */
export type SyslogConfig = SyslogAddress & {
  /** The authorities of the collector; `undefined` if they are Node's. */
  readonly ca: string | undefined;
  readonly clientCertificate: Certificate | undefined;
};

/** The TLS settings for clients. */
export type TlsConfig = {
  /** The certificates, at least one; the first serves every name that no other has. */
  readonly certificates: readonly Certificate[];
  /** The authorities of clients' certificates; `undefined` if none is asked for. */
  readonly clientCa: string | undefined;
  readonly clientCertificates: "optional" | "required";
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
};

/** The limits of one account or subuser that has none of its own. */
export type AllowanceConfig = {
  readonly requestsPerSecond: number | undefined;
  readonly concurrentRequestsMax: number | undefined;
  /** The bytes of bodies, both ways together. */
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
  /** The certificates that an https endpoint is trusted by; `undefined` for the system's. */
  readonly ca: string | undefined;
};

/** A directory that is asked for keys over HTTP. */
export type DirectoryConfig = {
  /** The URL without a slash at its end. */
  readonly url: string;
  /** A bearer token, or the file that has it; `undefined` if the directory is asked without one. */
  readonly token:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "file"; readonly file: string }
    | undefined;
  readonly clientCertificate: Certificate | undefined;
  /** The certificates that https is trusted by; `undefined` for the system's. */
  readonly ca: string | undefined;
  /**
   * The names, or beginnings with `*` at the end; `undefined` for any name that is in no accounts
   * file.
   */
  readonly accounts: readonly string[] | undefined;
  readonly cacheMs: number;
  readonly staleMs: number;
  readonly entries: number;
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
  /** The bucket's policy, and one that its shares make. */
  readonly policies: readonly Policy[];
  readonly policyText: string | undefined;
};
