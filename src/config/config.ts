import type { z } from "zod";
import type { Route } from "../admission/passthrough.ts";
import type { ActionPattern } from "../admission/principal.ts";
import { inOrder, type Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { NetworkRule, NetworkSet } from "../policy/network.ts";
import type { Policy } from "../policy/policy.ts";
import type { Provider } from "../provider/provider.ts";
import { parseProvider } from "../provider/parse.ts";
import type { Tier } from "../provider/tier.ts";
import type { IgnoredHeaders } from "../s3/ignored-headers.ts";
import type { OperationName } from "../s3/operations.ts";
import { storeTraits } from "../s3/stores.ts";
import { accountProblems } from "./account-rules.ts";
import { AccountsSchema, type AccountsFile } from "./accounts-schema.ts";
import { attributeProblems } from "./attributes.ts";
import { readBuckets, type BucketConfig, type WholeFile } from "./buckets.ts";
import { connectionProblems, connectionWarnings } from "./connection-rules.ts";
import { readDocument, type ConfigDocument } from "./document.ts";
import { gatewayProblems } from "./gateway-rules.ts";
import { assemble } from "./assemble.ts";
import { GatewaySchema, PROVIDERS, type GatewayFile } from "./gateway-schema.ts";
import { problemAt, shapeProblems } from "./issues.ts";
import { readPem, type Certificate } from "./pem.ts";
import { readPolicies } from "./policies.ts";
import type { Endpoint, SocketAddress } from "./scalars.ts";
import { routeProblems } from "./route-rules.ts";
import { storeKindOf, storeProblems, storeWarnings } from "./store-rules.ts";
import { besides, unreadable, type Surroundings } from "./surroundings.ts";
import { readTiers } from "./tiers.ts";
import { configWarnings } from "./warnings.ts";

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
    readonly endpoints: readonly Endpoint[];
    readonly region: string;
    readonly addressing: "path" | "virtual";
    /** Whether the store itself knows `tenant:bucket`. */
    readonly tenants: boolean;
    /** Whether aliases of access points may stand for buckets. */
    readonly aliases: boolean;
    /** Whether paths may arrive there with `..` and `//` folded. */
    readonly foldsPaths: boolean;
    /** What reaches the store; nothing else does. */
    readonly operations: ReadonlySet<OperationName>;
    /** What it accepts and does not act on. */
    readonly ignoredHeaders: IgnoredHeaders;
    readonly trailers: boolean;
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
  };
  /** Where records of buckets are kept; undefined: nowhere but in the configuration. */
  readonly state: StateConfig | undefined;
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
  readonly reload: { readonly watch: boolean; readonly intervalMs: number };
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

/** A Ceph whose users may come with their own keys. */
export type CephConfig = {
  readonly endpoint: Endpoint;
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
export type AccountConfig = Omit<WrittenAccount, "policies" | "subusers"> & {
  readonly policies: readonly Policy[];
  readonly subusers: readonly SubuserConfig[];
};
export type SubuserConfig = Omit<WrittenAccount["subusers"][number], "policies"> & {
  readonly policies: readonly Policy[];
};

type WrittenAccount = AccountsFile["accounts"][number];

/**
 * Everything that `text`, the content of `file`, and the files it names say; or every problem in
 * them at once, by file and line. Does no I/O but through `surroundings`.
 */
export function parseConfig(
  text: string,
  file: string,
  surroundings: Surroundings,
): Result<Config, readonly Problem[]> {
  const problems: Problem[] = [];
  const gateway = parseFile(text, file, GatewaySchema, surroundings, problems);
  if (gateway.document === undefined) return err(inOrder(problems));
  const { document } = gateway;
  const files = accountsFiles(document, surroundings, problems);
  const provider = readProvider(document, surroundings);
  const tiers = readTiers(document, provider, problems);
  const pem = readPem(document, surroundings);
  if (!pem.ok) problems.push(...pem.error);
  const documents = files.flatMap((each) => each.document ?? []);
  problems.push(
    ...gatewayProblems(document, provider),
    ...connectionProblems(document),
    ...storeProblems(document),
    ...routeProblems(document),
    ...accountProblems(new Set(tiers.keys()), documents, hasCeph(document)),
    ...attributeProblems([document, ...documents], provider),
  );
  const accounts: AccountConfig[] = [];
  const whole: WholeFile[] = [];
  for (const { document: named, value } of files) {
    if (named === undefined) continue;
    const policies = readPolicies(named, provider, surroundings);
    if (!policies.ok) problems.push(...policies.error);
    else if (value !== undefined) accounts.push(...withPolicies(value, policies.value));
    if (value !== undefined) whole.push({ document: named, value });
  }
  const kept = document.nodes.get("policy.bucketPolicies")?.value === "gateway";
  const { tenants } = storeTraits(storeKindOf(document));
  const buckets = readBuckets(whole, { kept, tenants }, provider, surroundings, problems);
  if (problems.length > 0 || gateway.value === undefined || !pem.ok) return err(inOrder(problems));
  const read = { accounts, buckets, provider, tiers, pem: pem.value };
  const config = assemble(gateway.value, read, file);
  const warnings = [
    ...configWarnings(document, whole, config),
    ...connectionWarnings(document),
    ...storeWarnings(document),
    ...pem.value.warnings,
  ];
  return ok({ ...config, warnings: inOrder(warnings) });
}

/** The access model that the gateway comes with; an unknown name is the schema's to complain of. */
function readProvider(gateway: ConfigDocument, surroundings: Surroundings): Provider {
  const written = gateway.nodes.get("policy.provider")?.value;
  const name = PROVIDERS.find((known) => known === written) ?? "aws";
  const { text, file } = surroundings.provider(name);
  const provider = parseProvider(text, file);
  if (!provider.ok) throw new Error(`${file} is not whole: ${provider.error[0]?.message}`);
  return provider.value;
}

/** `policies`: by the path of their names in the same file. */
function withPolicies(
  { accounts }: AccountsFile,
  policies: ReadonlyMap<string, Policy>,
): readonly AccountConfig[] {
  const named = (path: string, names: readonly string[]): readonly Policy[] =>
    names.length === 0
      ? NO_POLICIES
      : names.flatMap((_, index) => policies.get(`${path}.policies[${index}]`) ?? []);
  return accounts.map((account, i) => ({
    ...account,
    policies: named(`accounts[${i}]`, account.policies),
    subusers: account.subusers.map((subuser, j) => ({
      ...subuser,
      policies: named(`accounts[${i}].subusers[${j}]`, subuser.policies),
    })),
  }));
}

/** Of the many that have none. */
const NO_POLICIES: readonly Policy[] = [];

/** `value` is there if the shape is right, `document` already if it is YAML. */
type ParsedFile<T> = {
  readonly document: ConfigDocument | undefined;
  readonly value: T | undefined;
};

function parseFile<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
  surroundings: Surroundings,
  problems: Problem[],
): ParsedFile<z.output<Schema>> {
  const { document, problems: unreadables } = readDocument(text, file, surroundings);
  problems.push(...unreadables);
  if (document === undefined) return { document, value: undefined };
  const shape = schema.safeParse(document.data);
  if (!shape.success) {
    // Of a value that could not be read, that is all there is to say.
    const said = new Set(unreadables.map(({ path }) => path));
    const found = shapeProblems(document, schema, shape.error.issues);
    problems.push(...found.filter(({ path }) => !said.has(path)));
  }
  return { document, value: shape.data };
}

/** The files that `identities` names, each read as far as it goes. */
function accountsFiles(
  gateway: ConfigDocument,
  surroundings: Surroundings,
  problems: Problem[],
): readonly ParsedFile<AccountsFile>[] {
  const files: ParsedFile<AccountsFile>[] = [];
  for (const [path, { value }] of gateway.nodes) {
    if (!/^identities\[\d+\]\.accounts$/.test(path) || typeof value !== "string") continue;
    const file = besides(gateway.file, value);
    const text = surroundings.read(file);
    if (text.ok) files.push(parseFile(text.value, file, AccountsSchema, surroundings, problems));
    else problems.push(problemAt(gateway, path, unreadable(file, text.error)));
  }
  return files;
}

/** Whether users of a Ceph may come, of whom an accounts file says nothing or only a part. */
function hasCeph({ nodes }: ConfigDocument): boolean {
  return [...nodes.keys()].some((path) => /^identities\[\d+\]\.ceph$/.test(path));
}
