import { OF_POLICIES } from "../admission/kept-policy.ts";
import type { Route } from "../admission/route.ts";
import type { Provider } from "../provider/provider.ts";
import type { Tier } from "../provider/tier.ts";
import { NO_EXTENSIONS } from "../s3/extensions.ts";
import { storeTraits } from "../s3/stores.ts";
import type { BucketConfig } from "./config.ts";
import type {
  AccountConfig,
  AuditConfig,
  CephConfig,
  Config,
  DirectoryConfig,
  StateConfig,
} from "./config.ts";
import type { GatewayFile } from "./gateway-schema.ts";
import type { IssuerConfig } from "./issuers.ts";
import type { Pem } from "./pem.ts";
import { besides } from "./surroundings.ts";

/** Everything that was read besides gateway.yaml itself. */
export type Read = {
  readonly accounts: readonly AccountConfig[];
  readonly buckets: readonly BucketConfig[];
  readonly revoked: Config["revoked"];
  readonly provider: Provider;
  readonly tiers: ReadonlyMap<string, Tier>;
  readonly pem: Pem;
  readonly issuers: readonly IssuerConfig[];
};

/** Returns the parsed file as `Config`: names carry units, files are read in. */
export function assemble(
  {
    workers,
    listen,
    admin,
    upstream,
    identities,
    policy,
    state,
    sts,
    passthrough,
    formSpool,
    limits,
    reload,
    metrics,
    log,
  }: GatewayFile,
  { accounts, buckets, revoked, provider, tiers, pem, issuers }: Read,
  file: string,
): Omit<Config, "warnings"> {
  const providersMaxMs = provider.presigned.expirySecondsMax * 1000;
  const { connections, connectTimeout, queueTimeout, headersTimeout } = upstream;
  const prefix = policy.bucketNames?.prefix;
  const traits = storeTraits(upstream.store, upstream.version);
  const bucketPolicies = policy.bucketPolicies ?? provider.defaults.bucketPolicies;
  const signatures = policy.signatures ?? provider.defaults.signatures;
  return {
    workers,
    listen: {
      address: listen.address,
      tls: listen.tls && {
        certificates: pem.certificates,
        clientCa: pem.clientCa,
        clientCertificates: listen.tls.clientCertificates ?? "required",
        minVersion: `TLSv${listen.tls.minVersion}`,
      },
      domains: listen.domains,
      accountDomains: listen.accountDomains,
      trustedProxies: listen.trustedProxies,
      proxyProtocol: listen.proxyProtocol,
    },
    admin: { address: adminAddress(admin, file), hosts: admin.hosts },
    upstream: {
      endpoints: upstream.endpoints,
      region: upstream.region,
      addressing: upstream.addressing,
      foldsPaths: upstream.foldsPaths === "auto" ? traits.foldsKeys : upstream.foldsPaths,
      tenants: traits.tenants || prefix !== undefined,
      prefix,
      aliases: traits.aliases,
      acls: traits.acls,
      operations: new Set([
        ...traits.operations,
        ...upstream.operations,
        // Those end here, whatever the store would make of them.
        ...(bucketPolicies === "gateway" ? OF_POLICIES : []),
      ]),
      ignoredHeaders: traits.ignoredHeaders,
      withoutEffect: upstream.withoutEffect,
      trailers: upstream.trailers === "auto" ? traits.trailers : upstream.trailers,
      version: traits.version,
      beyondBounds: traits.beyondBounds,
      checksums: traits.checksums,
      // Their answers name buckets as the store does.
      extensions: prefix === undefined ? traits.extensions : NO_EXTENSIONS,
      connectionsMax: connections,
      connectTimeoutMs: connectTimeout,
      queueTimeoutMs: queueTimeout,
      headersTimeoutMs: headersTimeout,
      ca: pem.ca,
      serverName: upstream.serverName,
      clientCertificate: pem.clientCertificate,
    },
    ceph: identities.flatMap(({ ceph }, i) =>
      ceph === undefined ? [] : [cephConfig(ceph, pem.cephCas.get(i))],
    ),
    directories: identities.flatMap(({ http }, i) =>
      http === undefined ? [] : [directoryConfig(http, i, pem, file)],
    ),
    accounts,
    buckets,
    policy: {
      provider,
      mode: policy.mode,
      networks: policy.networks,
      blockedActions: policy.blockedActions,
      unsupported: policy.unsupported,
      versionGuard: policy.versionGuard,
      tiers,
      tierMode: policy.tierMode ?? provider.tierMode,
      anonymous: policy.anonymous ?? provider.anonymous.access,
      guestGroups: policy.guestGroups,
      bucketPolicies,
      listBuckets: policy.listBuckets,
      presignedV2MaxMs: least(
        policy.presigned.maxExpiry,
        provider.presigned.v2SecondsMax && provider.presigned.v2SecondsMax * 1000,
      ),
      presignedExpiryMaxMs: Math.min(policy.presigned.maxExpiry ?? providersMaxMs, providersMaxMs),
      signatureV2: signatures.includes("v2"),
      regions: policy.regions,
      ignoredHeaders: policy.ignoredHeaders,
    },
    state: state && stateOf(state, file),
    issuers,
    stsDomains: sts?.domains ?? [],
    stsAddress: sts?.address,
    sealing: sts?.keys ?? [],
    revoked,
    passthrough: passthrough.map((route, i) => routeOf(route, i, pem.routeCas.get(i))),
    formSpool: formSpool && {
      directory: besides(file, formSpool.directory),
      bytesMax: formSpool.bytes,
      accountBytesMax: formSpool.bytesPerAccount ?? formSpool.bytes / 2,
    },
    limits: limitsOf(limits),
    reload: {
      watch: reload.watch,
      intervalMs: reload.interval,
      claims: reload.claims === undefined ? undefined : besides(file, reload.claims),
    },
    metrics: metricsOf(metrics),
    log: {
      level: log.level,
      audit: log.audit && auditOf(log.audit, pem, file),
    },
  };
}

function limitsOf(limits: GatewayFile["limits"]): Config["limits"] {
  return {
    headerBytesMax: limits.headerBytes,
    xmlBytesMax: limits.xmlBytes,
    unprovedBytesMax: limits.unprovedBytes,
    clockSkewMs: limits.clockSkew,
    idleTimeoutMs: limits.idleTimeout,
    drainDelayMs: limits.drainDelay,
    drainTimeoutMs: limits.drainTimeout,
    headerTimeoutMs: limits.headerTimeout,
    bodyBytesMax: limits.bodyBytes,
    connectionsMax: limits.connections,
    connectionsPerAddressMax: limits.connectionsPerAddress,
    pipelinedRequestsMax: limits.pipelinedRequests,
    account: {
      requestsPerSecond: limits.requestsPerAccount,
      concurrentRequestsMax: limits.concurrentRequests,
      bytesPerSecond: limits.bytesPerAccount,
    },
    subuser: {
      requestsPerSecond: limits.requestsPerSubuser,
      concurrentRequestsMax: limits.concurrentRequestsPerSubuser,
      bytesPerSecond: undefined,
    },
  };
}

/** A source of `identities`, of the kind of that name. */
type Item<Kind extends "ceph" | "http"> = NonNullable<GatewayFile["identities"][number][Kind]>;

function cephConfig(
  { cache, stale, caFile: _file, ...rest }: Item<"ceph">,
  ca: string | undefined,
): CephConfig {
  return { ...rest, cacheMs: cache, staleMs: stale, ca };
}

function directoryConfig(
  { url, token, tokenFile, accounts, cache, stale, entries }: Item<"http">,
  index: number,
  { directoryCas, directoryCertificates }: Pem,
  file: string,
): DirectoryConfig {
  const text = token === undefined ? undefined : ({ kind: "text", text: token } as const);
  return {
    url,
    token: tokenFile === undefined ? text : { kind: "file", file: besides(file, tokenFile) },
    clientCertificate: directoryCertificates.get(index),
    ca: directoryCas.get(index),
    accounts,
    cacheMs: cache,
    staleMs: stale,
    entries,
  };
}

function routeOf(
  { path, target, stripPath, networks, connections, timeout }: GatewayFile["passthrough"][number],
  index: number,
  ca: string | undefined,
): Route {
  const name = `passthrough[${index}]`;
  const limits = { connectionsMax: connections, timeoutMs: timeout };
  return { name, path, stripPath, target: target.origin, networks, ca, ...limits };
}

/** Returns the lower of both; `undefined` if neither is given. */
function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

function stateOf(state: NonNullable<GatewayFile["state"]>, file: string): StateConfig {
  const { refresh: refreshMs } = state;
  if ("directory" in state) {
    return { kind: "directory", path: besides(file, state.directory), refreshMs };
  }
  const { bucket, accessKey, secretKey } = state;
  return { kind: "bucket", bucket, accessKey, secretKey, refreshMs };
}

function auditOf(
  { file, format, onError, syslog, webhook }: NonNullable<GatewayFile["log"]["audit"]>,
  { syslogCa: ca, syslogCertificate: clientCertificate }: Pem,
  gatewayFile: string,
): AuditConfig {
  return {
    file: file === "-" ? "-" : besides(gatewayFile, file),
    format,
    onError,
    syslog: syslog && { ...syslog.address, ca, clientCertificate },
    webhook: webhook && { url: webhook.url, token: webhook.token },
  };
}

function metricsOf({ accounts, buckets }: GatewayFile["metrics"]): Config["metrics"] {
  if ("top" in buckets) return { accounts, buckets: { kind: "top", count: buckets.top } };
  const names = buckets.map(({ name, tenant }) =>
    tenant === undefined || tenant === "" ? name : `${tenant}:${name}`,
  );
  return { accounts, buckets: { kind: "listed", names: new Set(names) } };
}

/** A socket that says nothing else is for the gateway's user alone. */
const SOCKET_MODE = 0o600;

function adminAddress(
  { address, socketMode = SOCKET_MODE }: GatewayFile["admin"],
  file: string,
): Config["admin"]["address"] {
  return typeof address === "string" ? { path: besides(file, address), mode: socketMode } : address;
}
