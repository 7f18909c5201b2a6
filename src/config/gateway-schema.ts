import { z } from "zod";
import { parseRoutePath } from "../http/route-path.ts";
import { parseNetwork } from "../policy/network.ts";
import { parseCephVersion } from "../s3/ceph-versions.ts";
import { STORE_KINDS, type StoreKind } from "../s3/stores.ts";
import { parseBlockedAction, parseOperation, parseTierAction } from "./actions.ts";
import { parseIgnoredHeader } from "./ignored-header.ts";
import {
  parseAccessKey,
  parseAccountDomain,
  parseDomain,
  parseEndpoint,
  parsePrincipalName,
  parseRegion,
  parseSealingKey,
  parseSealingKeyId,
  parseSecret,
  parseSocketAddress,
} from "./scalars.ts";
import { atLeastOne, duration, optionalList, size, someText, text } from "./shape.ts";

export const LISTEN_DEFAULT = "0.0.0.0:8080";
/** Where nobody has said what the store is. */
export const STORE_DEFAULT: StoreKind = "generic";
/** The access models of config/providers. */
export const PROVIDERS = ["aws", "atman", "lumi-o", "qumulo", "coscine", "nutanix"] as const;

export const ADMIN_DEFAULT = "127.0.0.1:9090";

/** Of clients, open at a time. */
export const CONNECTIONS_DEFAULT = 10_000;

/** No S3 client sends a second request before it has its answer; programs of one's own may. */
const PIPELINED_DEFAULT = 32;
export const UNPROVED_BYTES_DEFAULT = 64 * 1024 * 1024;
const UNPROVED_DEFAULT = "64MiB";
export const XML_BYTES_DEFAULT = 2 * 1024 * 1024;
const XML_DEFAULT = "2MiB";

/** Of all that leave them out: see `optionalList()`. */
const ANYWHERE = { allow: [], deny: [] };
Object.freeze(ANYWHERE);

/** `networks: { allow, deny }`, the same wherever it stands. */
export const NetworksSchema = z
  .strictObject({
    allow: optionalList(text(parseNetwork)).describe(
      "CIDR ranges or addresses that may come; empty: no restriction",
    ),
    deny: optionalList(text(parseNetwork)).describe(
      "CIDR ranges or addresses that may not come, whatever allow says",
    ),
  })
  .default(() => ANYWHERE)
  .describe("Source addresses that may come");

/** `blockedActions`, the same wherever it stands. */
export const ActionsSchema = optionalList(text(parseBlockedAction));

const CERT = "File with the certificate chain, PEM";
const KEY = "File with the private key, PEM, not encrypted";

/** `cert` and `key` are the first of `certificates`; one of both forms is needed. */
const TlsSchema = z.strictObject({
  cert: someText().optional().describe(CERT),
  key: someText().optional().describe(KEY),
  certificates: z
    .array(z.strictObject({ cert: someText().describe(CERT), key: someText().describe(KEY) }))
    .prefault([])
    .describe("Several, chosen by the DNS names in them; the first serves every other name"),
  clientCaFile: someText()
    .optional()
    .describe("File with the certificates that clients' certificates are trusted by, PEM"),
  clientCertificates: z
    .enum(["optional", "required"])
    .optional()
    .describe(
      "Whether a client may come without one; absent: required where clientCaFile is given",
    ),
  // Without quotes it is a number in YAML.
  minVersion: z
    .literal(["1.2", "1.3", 1.2, 1.3])
    .prefault("1.2")
    .describe("The oldest TLS that is spoken; older than 1.2 never is"),
});

const ListenSchema = z.strictObject({
  address: text(parseSocketAddress)
    .prefault(LISTEN_DEFAULT)
    .describe("Address and port for S3 clients"),
  tls: TlsSchema.optional().describe("Absent: plain HTTP"),
  domains: z
    .array(text(parseDomain))
    .prefault([])
    .describe("Host names below which a label is a bucket (virtual-hosted style)"),
  accountDomains: z
    .array(text(parseAccountDomain))
    .prefault([])
    .describe("Such as *.s3.example.org: the label names the account of public links"),
  trustedProxies: z
    .array(text(parseNetwork))
    .prefault([])
    .describe("CIDR ranges or addresses of proxies whose word on the client's address is believed"),
  proxyProtocol: z
    .boolean()
    .prefault(false)
    .describe("Whether trustedProxies begin each connection with a PROXY header, version 1 or 2"),
});

const UpstreamSchema = z.strictObject({
  endpoints: z
    .array(text(parseEndpoint))
    .min(1)
    .describe("The store; several are balanced and a dead one is skipped"),
  region: text(parseRegion)
    .prefault("us-east-1")
    .describe("The region that requests are signed for"),
  addressing: z
    .enum(["path", "virtual"])
    .prefault("path")
    .describe("Whether the bucket goes into the path or in front of the host name"),
  foldsPaths: z
    .union([z.literal("auto"), z.boolean()], "Expected true, false or auto")
    .prefault("auto")
    .describe(
      "Whether the store, or something before it, folds paths, such as a//b into a/b: keys that it would change are refused; auto: as its kind does",
    ),
  store: z
    .enum(STORE_KINDS)
    .prefault(STORE_DEFAULT)
    .describe(
      "What the store is: only operations that it is known to implement reach it; generic: those that every S3 store has",
    ),
  // Without quotes `19` is a number in YAML.
  version: z
    .union([z.int(), z.string()], 'Expected a version such as 19 or "19.2.3"')
    .transform(String)
    .pipe(text(parseCephVersion))
    .optional()
    .describe("Of Ceph: which rows of operations count; absent: 16, on which they were measured"),
  operations: z
    .array(text(parseOperation))
    .prefault([])
    .describe("Operations that this store implements besides, such as GetObjectAttributes"),
  trailers: z
    .union([z.literal("auto"), z.boolean()], "Expected true, false or auto")
    .prefault("auto")
    .describe(
      "Whether the store understands aws-chunked trailers, and so is told of checksums of parts; auto: as its kind does",
    ),
  connections: z
    .int()
    .min(1)
    .max(65_535)
    .prefault(256)
    .describe("Connections to each endpoint at most"),
  connectTimeout: duration("1ms", "10m")
    .prefault("5s")
    .describe("How long an endpoint may take to accept a connection"),
  queueTimeout: duration("1ms", "10m")
    .prefault("30s")
    .describe("How long a request may wait for one of them to be free"),
  headersTimeout: duration("1ms", "1h")
    .prefault("5m")
    .describe("How long the store may take to begin its answer"),
  caFile: someText()
    .optional()
    .describe(
      "File with the certificates that https endpoints are trusted by, PEM; absent: the system's",
    ),
  serverName: text(parseDomain)
    .optional()
    .describe("The name that https endpoints must prove; absent: the one in their URL"),
  clientCertificate: z
    .strictObject({ cert: someText().describe(CERT), key: someText().describe(KEY) })
    .optional()
    .describe("What the gateway shows to https endpoints that ask for a certificate"),
});

const CephSchema = z.strictObject({
  endpoint: text(parseEndpoint).describe(
    "An RGW that serves the Admin Ops API, such as http://rgw:7480",
  ),
  accessKey: text(parseAccessKey).describe('Of a user with the capability "users=read"'),
  secretKey: text(parseSecret),
  cache: duration("1s", "1d")
    .prefault("60s")
    .describe("How long an answer counts: changes in Ceph are in force after it at the latest"),
  stale: duration("0s", "7d")
    .prefault("10m")
    .describe("How much longer a known key counts while RGW does not answer"),
  entries: z
    .int()
    .min(1)
    .max(10_000_000)
    .prefault(100_000)
    .describe("How many keys are kept in memory at most"),
  caFile: someText()
    .optional()
    .describe("File with the certificates that an https endpoint is trusted by, PEM"),
});

const PolicySchema = z.strictObject({
  provider: z.enum(PROVIDERS).prefault("aws").describe("The access model"),
  mode: z
    .enum(["enforce", "report"])
    .prefault("enforce")
    .describe("report: decide and record, but refuse nothing that is properly signed"),
  networks: NetworksSchema,
  blockedActions: ActionsSchema.describe(
    "Actions that nobody may do, such as s3:DeleteObjectVersion",
  ),
  unsupported: ActionsSchema.describe("Actions answered with 501 NotImplemented"),
  versionGuard: z
    .boolean()
    .prefault(false)
    .describe("Refuse whatever could destroy the history of objects, whoever asks"),
  tierMode: z
    .enum(["ceiling", "union"])
    .optional()
    .describe(
      "ceiling: nothing lifts a subuser above its tier; union: a policy may; absent: the provider's",
    ),
  tiers: z
    .record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), z.array(text(parseTierAction)))
    .prefault({})
    .describe("Own tiers, or changes to the provider's: name and actions"),
  anonymous: z
    .enum(["deny", "policy", "upstream"])
    .optional()
    .describe(
      "Requests without credentials: refused, allowed what a bucket policy allows, or forwarded unsigned for the store to judge; absent: the provider's",
    ),
  guestGroups: z
    .array(someText())
    .prefault([])
    .describe("Groups that requests without credentials are in, for providers with groups"),
  bucketPolicies: z
    .enum(["upstream", "gateway"])
    .optional()
    .describe(
      "Who keeps and enforces bucket policies: the store, or the gateway; absent: as the provider needs it",
    ),
  listBuckets: z
    .enum(["all", "filtered"])
    .prefault("all")
    .describe("filtered: a list of buckets shows those in which the caller may do anything"),
  presigned: z
    .strictObject({
      maxExpiry: duration("1s", "7d")
        .optional()
        .describe(
          "How long presigned URLs and forms may be good at most; absent: as the provider has it",
        ),
    })
    .prefault({}),
  signatures: z
    .array(z.enum(["v4", "v2"]))
    .optional()
    .describe(
      "Accepted signature versions: v4 always, v2 for old clients; absent: as the provider needs them",
    ),
  regions: z
    .array(text(parseRegion))
    .prefault([])
    .describe("Regions that clients may sign for; empty: any"),
  ignoredHeaders: z
    .array(text(parseIgnoredHeader))
    .prefault([])
    .describe(
      "Unknown x-amz-* headers that are left out of what the store gets, instead of refusing the request",
    ),
});

const refresh = duration("100ms", "1h")
  .prefault("5s")
  .describe("After how long what another gateway changed is seen here at the latest");

const StateSchema = z.union([
  z.strictObject({
    directory: someText().describe("Where records are kept, one file each"),
    refresh,
  }),
  z.strictObject({
    bucket: someText().describe("A bucket of the store where records are kept, unseen by clients"),
    accessKey: text(parseAccessKey),
    secretKey: text(parseSecret),
    refresh,
  }),
]);

const LimitsSchema = z.strictObject({
  headerBytes: size("1KiB", "1MiB").prefault("16KiB").describe("Header section of a request"),
  xmlBytes: size("1KiB", "64MiB").prefault(XML_DEFAULT).describe("XML body that the gateway reads"),
  clockSkew: duration("1s", "1d")
    .prefault("15m")
    .describe("How far the time of a signature may be from now"),
  idleTimeout: duration("1s", "1d").prefault("60s").describe("How long a connection may be silent"),
  headerTimeout: duration("1s", "10m")
    .prefault("30s")
    .describe("How long the header section of a request, and a TLS handshake, may take to come"),
  unprovedBytes: size("1MiB", "1TiB")
    .prefault(UNPROVED_DEFAULT)
    .describe(
      "What one process holds in memory of requests that are not proved and decided yet: forms, documents, small bodies",
    ),
  bodyBytes: size("1KiB", "5TiB").prefault("5GiB").describe("The content of one request"),
  connections: atLeastOne()
    .prefault(CONNECTIONS_DEFAULT)
    .describe("Open connections of clients to this process"),
  connectionsPerAddress: atLeastOne()
    .optional()
    .describe("Of those from one IPv4 address or one IPv6 network of 64 bits; absent: any number"),
  pipelinedRequests: atLeastOne()
    .prefault(PIPELINED_DEFAULT)
    .describe("Requests of one connection that wait for their answers"),
  requestsPerAccount: atLeastOne()
    .optional()
    .describe("Requests of an account per second; absent: any number"),
  requestsPerSubuser: atLeastOne()
    .optional()
    .describe("Requests of one of its subusers per second"),
  concurrentRequests: atLeastOne()
    .optional()
    .describe("Requests of an account that are being served at a time; absent: any number"),
  concurrentRequestsPerSubuser: atLeastOne()
    .optional()
    .describe("Requests of one of its subusers that are being served at a time"),
  bytesPerAccount: size("1KiB", "1TiB")
    .optional()
    .describe("Bytes of bodies of an account per second, both ways together; absent: any number"),
  drainDelay: duration("0s", "10m")
    .prefault("0s")
    .describe("How long after SIGTERM clients are still accepted, while /readyz says no"),
  drainTimeout: duration("0s", "1d")
    .prefault("30s")
    .describe("How long requests under way may then take to finish"),
});

const ReloadSchema = z.strictObject({
  watch: z
    .boolean()
    .prefault(true)
    .describe("Whether changed files are put in force by themselves; SIGHUP always does"),
  interval: duration("100ms", "1h")
    .prefault("2s")
    .describe("How often files are looked at; a change counts when it stood for this long"),
});

const LogSchema = z.strictObject({
  level: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).prefault("info"),
  audit: z
    .strictObject({
      file: someText().describe(
        "One line of JSON for every request is appended; - is standard output; SIGHUP opens it anew",
      ),
      onError: z
        .enum(["continue", "refuse"])
        .prefault("continue")
        .describe(
          "While lines cannot be written (a full disk): continue serves on and lines may be lost, refuse answers 503",
        ),
    })
    .optional()
    .describe("Absent: no audit log"),
});

const RouteSchema = z.strictObject({
  path: text(parseRoutePath).describe("Such as /dashboard/: what is below it is not S3"),
  target: text(parseEndpoint).describe("Who answers there, such as https://127.0.0.1:8443"),
  stripPath: z
    .boolean()
    .prefault(false)
    .describe("Whether the target is asked for what stands behind the path only"),
  networks: NetworksSchema.describe(
    "Source addresses that may come, besides policy.networks; allow empty: everybody",
  ),
  caFile: someText()
    .optional()
    .describe("File with the certificates that an https target is trusted by, PEM"),
  connections: z
    .int()
    .min(1)
    .max(65_535)
    .prefault(256)
    .describe("Requests and WebSockets under way to the target at most"),
  timeout: duration("1s", "1h").prefault("5m").describe("How long the target may be silent"),
});

const StsSchema = z.strictObject({
  keys: z
    .array(z.strictObject({ id: text(parseSealingKeyId), secret: text(parseSealingKey) }))
    .min(1)
    .describe(
      "What session tokens are sealed under, the same for all gateways; the first seals, all open",
    ),
});

const IssuerSchema = z.strictObject({
  name: text(parsePrincipalName).describe("How roles and policies name it"),
  url: someText().optional().describe("Such as https://idp.example.org/realms/lab"),
  audiences: z.array(someText()).prefault([]),
  claims: z.record(z.string(), z.string()).prefault({}),
});

/**
 * gateway.yaml: names, kinds and defaults of every option of this version. The input is what the
 * file says, the output has times in milliseconds and sizes in bytes.
 */
export const GatewaySchema = z.strictObject({
  workers: z
    .union([z.literal("auto"), z.int().min(1).max(256)], "Expected a number from 1 to 256, or auto")
    .prefault(1)
    .describe("Processes that serve clients; auto: as many as there are cores"),
  listen: ListenSchema.prefault({}),
  admin: z
    .strictObject({
      address: text(parseSocketAddress)
        .prefault(ADMIN_DEFAULT)
        .describe("Address and port of the status page, /metrics, /healthz and /readyz"),
      hosts: z
        .array(text(parseDomain))
        .prefault([])
        .describe("Host names of the status page and /metrics, besides localhost and addresses"),
    })
    .prefault({}),
  upstream: UpstreamSchema,
  identities: z
    .array(
      z.strictObject({
        accounts: someText().optional().describe("An accounts file, see accounts.schema.json"),
        ceph: CephSchema.optional().describe("A Ceph whose users may come with their own keys"),
      }),
    )
    .describe("Where keys are known from, one source an item"),
  policy: PolicySchema.prefault({}),
  state: StateSchema.optional().describe(
    "Where the gateway remembers owners and policies of buckets; absent: only the configuration says",
  ),
  issuers: z.array(IssuerSchema).prefault([]).describe("Whose identity tokens roles may trust"),
  sts: StsSchema.optional().describe("Sessions: temporary keys of roles and users; absent: none"),
  passthrough: z
    .array(RouteSchema)
    .prefault([])
    .describe("Paths on the S3 port that are not S3, such as a dashboard's"),
  limits: LimitsSchema.prefault({}),
  reload: ReloadSchema.prefault({}),
  log: LogSchema.prefault({}),
});

export type GatewayFile = z.output<typeof GatewaySchema>;
