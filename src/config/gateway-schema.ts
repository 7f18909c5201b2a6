import { z } from "zod";
import { parseRoutePath } from "../http/route-path.ts";
import { parseNetwork } from "../policy/network.ts";
import { parseCephVersion } from "../s3/ceph-versions.ts";
import { PROVIDERS } from "../provider/names.ts";
import { parseBucketPrefix } from "../s3/mapped-names.ts";
import { STORE_KINDS, type StoreKind } from "../s3/store-kinds.ts";
import { parseBlockedAction, parseOperation, parseTierAction } from "./actions.ts";
import { parseIgnoredHeader } from "./ignored-header.ts";
import { CephSchema, DirectorySchema } from "./identity-schema.ts";
import { IssuersSchema } from "./issuers.ts";
import {
  parseAccessKey,
  parseAccountDomain,
  parseAdminAddress,
  parseBearerToken,
  parseBucketName,
  parseDomain,
  parseEndpoint,
  parseMode,
  parseRegion,
  parseSealingKey,
  parseSealingKeyId,
  parseSecret,
  parseSocketAddress,
  parseSyslogAddress,
  parseWebhookUrl,
} from "./scalars.ts";
import { atLeastOne, duration, optionalList, size, someText, text } from "./shape.ts";

export const LISTEN_DEFAULT = "0.0.0.0:8080";
/** The kind of store if nobody has said which it is. */
export const STORE_DEFAULT: StoreKind = "generic";

export const ADMIN_DEFAULT = "127.0.0.1:9090";

/** The most connections of clients, open at a time. */
export const CONNECTIONS_DEFAULT = 10_000;

/** No S3 client sends a second request before it has its answer; programs of one's own may. */
const PIPELINED_DEFAULT = 32;
export const SPOOL_BYTES_DEFAULT = 10 * 1024 * 1024 * 1024;
const SPOOL_DEFAULT = "10GiB";
export const UNPROVED_BYTES_DEFAULT = 64 * 1024 * 1024;
const UNPROVED_DEFAULT = "64MiB";
export const XML_BYTES_DEFAULT = 2 * 1024 * 1024;
const XML_DEFAULT = "2MiB";

/** The networks of all that leave them out: see `optionalList()`. */
const ANYWHERE = { allow: [], deny: [] };
Object.freeze(ANYWHERE);

/** `networks: { allow, deny }`, the same wherever it stands. */
export const NetworksSchema = z
  .strictObject({
    allow: optionalList(text(parseNetwork)).describe(
      "CIDR ranges or addresses that are allowed; empty: no restriction",
    ),
    deny: optionalList(text(parseNetwork)).describe(
      "CIDR ranges or addresses that are denied; deny wins over allow",
    ),
  })
  .default(() => ANYWHERE)
  .describe("Source addresses that are allowed");

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
    .describe("Several certificates, chosen by their DNS names; the first serves all other names"),
  clientCaFile: someText()
    .optional()
    .describe("File with the CA certificates for client certificates, PEM"),
  clientCertificates: z
    .enum(["optional", "required"])
    .optional()
    .describe(
      "Certificates of clients: optional or required; absent: required if clientCaFile is set",
    ),
  // It is a number in YAML if it has no quotes.
  minVersion: z
    .literal(["1.2", "1.3", 1.2, 1.3])
    .prefault("1.2")
    .describe("The oldest TLS version to accept; never older than 1.2"),
});

const ListenSchema = z.strictObject({
  address: text(parseSocketAddress)
    .prefault(LISTEN_DEFAULT)
    .describe("Address and port for S3 clients"),
  tls: TlsSchema.optional().describe("Absent: plain HTTP"),
  domains: z
    .array(text(parseDomain))
    .prefault([])
    .describe("Host names whose subdomains are buckets (virtual-hosted style)"),
  accountDomains: z
    .array(text(parseAccountDomain))
    .prefault([])
    .describe("Such as *.s3.example.org: the subdomain names the account of public links"),
  trustedProxies: z
    .array(text(parseNetwork))
    .prefault([])
    .describe("CIDR ranges or addresses of proxies that are trusted to name the client's address"),
  proxyProtocol: z
    .boolean()
    .prefault(false)
    .describe("true: trustedProxies begin each connection with a PROXY header, version 1 or 2"),
});

const UpstreamSchema = z.strictObject({
  endpoints: z
    .array(text(parseEndpoint))
    .min(1)
    .describe(
      "The store's addresses; requests are balanced, and one that does not respond is skipped",
    ),
  region: text(parseRegion)
    .prefault("us-east-1")
    .describe("The region that requests are signed for"),
  addressing: z
    .enum(["path", "virtual"])
    .prefault("path")
    .describe("The place of the bucket: path, or virtual (in the host name)"),
  foldsPaths: z
    .union([z.literal("auto"), z.boolean()], "Expected true, false or auto")
    .prefault("auto")
    .describe(
      "true: the store, or a proxy in front of it, changes paths such as a//b to a/b, and such keys are refused; auto: as its kind does",
    ),
  store: z
    .enum(STORE_KINDS)
    .prefault(STORE_DEFAULT)
    .describe(
      "The kind of store: only operations that it is known to implement reach it; generic: those that every S3 store has",
    ),
  // `19` is a number in YAML if it has no quotes.
  version: z
    .union([z.int(), z.string()], 'Expected a version such as 19 or "19.2.3"')
    .transform(String)
    .pipe(text(parseCephVersion))
    .optional()
    .describe("The version of Ceph, which decides the operations it knows; absent: 16"),
  operations: z
    .array(text(parseOperation))
    .prefault([])
    .describe("More operations that this store implements, such as GetObjectAttributes"),
  withoutEffect: z
    .enum(["refuse", "pass"])
    .prefault("refuse")
    .describe(
      "refuse: a request with a header that the store accepts and ignores, such as encryption, a lock or a condition, is refused; pass: it is forwarded",
    ),
  trailers: z
    .union([z.literal("auto"), z.boolean()], "Expected true, false or auto")
    .prefault("auto")
    .describe(
      "true: the store understands aws-chunked trailers and checksums of parts; auto: as its kind does",
    ),
  connections: z
    .int()
    .min(1)
    .max(65_535)
    .prefault(256)
    .describe("Maximum number of connections to each endpoint"),
  connectTimeout: duration("1ms", "10m")
    .prefault("5s")
    .describe("Timeout for connecting to an endpoint"),
  queueTimeout: duration("1ms", "10m")
    .prefault("30s")
    .describe("Timeout for waiting for a free connection"),
  headersTimeout: duration("1ms", "1h")
    .prefault("5m")
    .describe("Timeout for the store to begin its response"),
  caFile: someText()
    .optional()
    .describe("File with the CA certificates for https endpoints, PEM; absent: the system's"),
  serverName: text(parseDomain)
    .optional()
    .describe(
      "The name that certificates of https endpoints must have; absent: the one in their URL",
    ),
  clientCertificate: z
    .strictObject({ cert: someText().describe(CERT), key: someText().describe(KEY) })
    .optional()
    .describe("The client certificate for https endpoints that ask for one"),
});

const PolicySchema = z.strictObject({
  provider: z.enum(PROVIDERS).prefault("aws").describe("The access model"),
  mode: z
    .enum(["enforce", "report"])
    .prefault("enforce")
    .describe("report: decide and record, but refuse nothing that is properly signed"),
  networks: NetworksSchema,
  blockedActions: ActionsSchema.describe(
    "Actions that nobody can use, such as s3:DeleteObjectVersion",
  ),
  unsupported: ActionsSchema.describe("Actions answered with 501 NotImplemented"),
  versionGuard: z
    .boolean()
    .prefault(false)
    .describe("Refuse requests that could destroy the history of objects, from anybody"),
  tierMode: z
    .enum(["ceiling", "union"])
    .optional()
    .describe(
      "ceiling: nothing lifts a subuser above its tier; union: a policy may; absent: the provider's",
    ),
  tiers: z
    .record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), z.array(text(parseTierAction)))
    .prefault({})
    .describe("Your own tiers, or changes to the provider's: name and actions"),
  anonymous: z
    .enum(["deny", "policy", "upstream"])
    .optional()
    .describe(
      "Requests without credentials: refused, allowed what a bucket policy allows, or forwarded unsigned for the store to judge; absent: the provider's",
    ),
  guestGroups: z
    .array(someText())
    .prefault([])
    .describe("Groups of requests without credentials, for providers with groups"),
  bucketPolicies: z
    .enum(["upstream", "gateway"])
    .optional()
    .describe(
      "The side that keeps and enforces bucket policies: the store, or the gateway; absent: as the provider needs it",
    ),
  bucketNames: z
    .strictObject({
      prefix: text(parseBucketPrefix).describe(
        'Stands before each name at the store: "{account}-", or "warden-{account}-"',
      ),
    })
    .optional()
    .describe(
      "Names of buckets at a store without tenants, so that each account has names of its own",
    ),
  listBuckets: z
    .enum(["all", "filtered"])
    .prefault("all")
    .describe("filtered: a list of buckets shows those in which the caller may do anything"),
  presigned: z
    .strictObject({
      maxExpiry: duration("1s", "7d")
        .optional()
        .describe("Maximum validity of presigned URLs and forms; absent: the provider's"),
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
    .describe("Regions that clients can sign for; empty: any"),
  ignoredHeaders: z
    .array(text(parseIgnoredHeader))
    .prefault([])
    .describe("Unknown x-amz-* headers to drop, instead of refusing the request"),
});

const refresh = duration("100ms", "1h")
  .prefault("5s")
  .describe("The longest time until a change by another gateway is seen here");

const StateSchema = z.union([
  z.strictObject({
    directory: someText().describe("Directory for the records, one file each"),
    refresh,
  }),
  z.strictObject({
    bucket: someText().describe("A bucket of the store for the records, hidden from clients"),
    accessKey: text(parseAccessKey),
    secretKey: text(parseSecret),
    refresh,
  }),
]);

const LimitsSchema = z.strictObject({
  headerBytes: size("1KiB", "1MiB")
    .prefault("16KiB")
    .describe("Maximum size of a request's header section"),
  xmlBytes: size("1KiB", "64MiB")
    .prefault(XML_DEFAULT)
    .describe("Maximum size of an XML body that the gateway reads"),
  clockSkew: duration("1s", "1d")
    .prefault("15m")
    .describe("Maximum difference between a signature's time and now"),
  idleTimeout: duration("1s", "1d")
    .prefault("60s")
    .describe("Timeout for a connection without traffic"),
  headerTimeout: duration("1s", "10m")
    .prefault("30s")
    .describe("Timeout for receiving the header section of a request, and for a TLS handshake"),
  unprovedBytes: size("1MiB", "1TiB")
    .prefault(UNPROVED_DEFAULT)
    .describe(
      "Memory of one process for requests that are not decided yet: forms, documents, small bodies",
    ),
  bodyBytes: size("1KiB", "5TiB").prefault("5GiB").describe("Maximum size of one request's body"),
  connections: atLeastOne()
    .prefault(CONNECTIONS_DEFAULT)
    .describe("Maximum number of open client connections of this process"),
  connectionsPerAddress: atLeastOne()
    .optional()
    .describe("The same for one IPv4 address or one IPv6 /64 network; absent: any number"),
  pipelinedRequests: atLeastOne()
    .prefault(PIPELINED_DEFAULT)
    .describe("Maximum number of pipelined requests on one connection"),
  requestsPerAccount: atLeastOne()
    .optional()
    .describe("Requests of an account per second; absent: any number"),
  requestsPerSubuser: atLeastOne()
    .optional()
    .describe("Requests of one of its subusers per second"),
  concurrentRequests: atLeastOne()
    .optional()
    .describe("Concurrent requests of an account; absent: any number"),
  concurrentRequestsPerSubuser: atLeastOne()
    .optional()
    .describe("Concurrent requests of one of its subusers"),
  bytesPerAccount: size("1KiB", "1TiB")
    .optional()
    .describe("Body bytes of an account per second, in and out together; absent: any number"),
  drainDelay: duration("0s", "10m")
    .prefault("0s")
    .describe(
      "The time after SIGTERM in which clients are still accepted, while /readyz answers 503",
    ),
  drainTimeout: duration("0s", "1d")
    .prefault("30s")
    .describe("The time that requests in progress then have to finish"),
});

const ReloadSchema = z.strictObject({
  watch: z
    .boolean()
    .prefault(true)
    .describe("true: changed files are reloaded automatically; SIGHUP always reloads"),
  interval: duration("100ms", "1h")
    .prefault("2s")
    .describe(
      "The time between two checks of the files; a change is loaded after being unchanged for this long",
    ),
  claims: someText()
    .optional()
    .describe(
      "A file of claims (docs/prove.md); a configuration that breaks one is refused, at the start and on reload, and so is a bucket policy if the claim is enforced",
    ),
});

const LogSchema = z.strictObject({
  level: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).prefault("info"),
  audit: z
    .strictObject({
      file: someText().describe(
        "File for one JSON line per request; - is standard output; SIGHUP reopens it",
      ),
      format: z
        .enum(["json", "s3"])
        .prefault("json")
        .describe(
          "Lines of the file: json, which all commands read; or s3, as S3 logs requests, for tools that read that",
        ),
      syslog: z
        .strictObject({
          address: text(parseSyslogAddress).describe(
            "tls:, tcp: or udp:, host and port of a collector (RFC 5424), such as tls:logs.example.org:6514",
          ),
          caFile: someText()
            .optional()
            .describe(
              "File with the CA certificates for a tls: collector, PEM; absent: those of Node",
            ),
          clientCertificate: z
            .strictObject({ cert: someText().describe(CERT), key: someText().describe(KEY) })
            .optional()
            .describe("Certificate that a tls: collector is shown"),
        })
        .optional()
        .describe("A collector that gets each line too, as JSON"),
      webhook: z
        .strictObject({
          url: text(parseWebhookUrl).describe("The URL to which lines are POSTed, many at a time"),
          token: text(parseBearerToken).optional().describe("Sent as a bearer token; absent: none"),
        })
        .optional()
        .describe("A receiver that gets each line too, as JSON"),
      onError: z
        .enum(["continue", "refuse"])
        .prefault("continue")
        .describe(
          "If lines cannot be written (a full disk): continue serves and can lose lines, refuse answers 503",
        ),
    })
    .optional()
    .describe("Absent: no audit log"),
});

const RouteSchema = z.strictObject({
  path: text(parseRoutePath).describe("Such as /dashboard/: requests below it are not S3"),
  target: text(parseEndpoint).describe("The application's address, such as https://127.0.0.1:8443"),
  stripPath: z
    .boolean()
    .prefault(false)
    .describe("true: the path is removed from what the target is asked for"),
  networks: NetworksSchema.describe(
    "Source addresses that are allowed, in addition to policy.networks; allow empty: everybody",
  ),
  caFile: someText().optional().describe("File with the CA certificates for an https target, PEM"),
  connections: z
    .int()
    .min(1)
    .max(65_535)
    .prefault(256)
    .describe("Maximum number of requests and WebSockets in progress"),
  timeout: duration("1s", "1h").prefault("5m").describe("Timeout for a silent target"),
});

const StsSchema = z.strictObject({
  keys: z
    .array(z.strictObject({ id: text(parseSealingKeyId), secret: text(parseSealingKey) }))
    .min(1)
    .describe("Keys of session tokens, the same for all gateways; the first seals, all open"),
  domains: z
    .array(text(parseDomain))
    .prefault([])
    .describe(
      "Host names where only STS is served; POST / on every other host of the port is STS, too",
    ),
  address: text(parseSocketAddress)
    .optional()
    .describe(
      "host:port where only STS is served, with the TLS and PROXY settings of listen; absent: on the S3 port alone",
    ),
});

/** Each bucket is eight series at most; more of them are a question for the audit log. */
const BUCKET_SERIES_MAX = 500;

const MetricsSchema = z.strictObject({
  accounts: z
    .boolean()
    .prefault(false)
    .describe("true: requests and bytes are also counted by account"),
  buckets: z
    .union(
      [
        z.array(text(parseBucketName)).max(BUCKET_SERIES_MAX),
        z.strictObject({ top: z.int().min(1).max(BUCKET_SERIES_MAX) }),
      ],
      `Expected a list of at most ${BUCKET_SERIES_MAX} buckets, or top: and a number up to that`,
    )
    .prefault([])
    .describe("Buckets by which requests and bytes are also counted: a list, or the busiest"),
});

/**
 * gateway.yaml: names, kinds and defaults of every option of this version. The input is what the
 * file says, the output has times in milliseconds and sizes in bytes.
 */
export const GatewaySchema = z.strictObject({
  workers: z
    .union([z.literal("auto"), z.int().min(1).max(256)], "Expected a number from 1 to 256, or auto")
    .prefault(1)
    .describe("Number of worker processes; auto: one for each core"),
  listen: ListenSchema.prefault({}),
  admin: z
    .strictObject({
      address: text(parseAdminAddress)
        .prefault(ADMIN_DEFAULT)
        .describe(
          "Address and port of the status page, /metrics, /healthz and /readyz; or unix: and the path of a socket",
        ),
      socketMode: text(parseMode)
        .optional()
        .describe("Mode of the Unix socket, in quotes; absent: 0600, for the gateway's user alone"),
      hosts: z
        .array(text(parseDomain))
        .prefault([])
        .describe(
          "Host names of the status page and /metrics, in addition to localhost and addresses",
        ),
    })
    .prefault({}),
  upstream: UpstreamSchema,
  identities: z
    .array(
      z.strictObject({
        accounts: someText().optional().describe("An accounts file, see accounts.schema.json"),
        ceph: CephSchema.optional().describe("A Ceph whose users can log in with their own keys"),
        http: DirectorySchema.optional().describe(
          "A directory of your own that is asked for keys over HTTP, see docs/identities.md",
        ),
      }),
    )
    .describe("Sources of keys, one per item"),
  policy: PolicySchema.prefault({}),
  state: StateSchema.optional().describe(
    "The place for owners and policies of buckets; absent: only in the configuration",
  ),
  issuers: IssuersSchema.prefault([]).describe("Identity providers whose tokens roles can trust"),
  sts: StsSchema.optional().describe("Sessions: temporary keys of roles and users; absent: none"),
  passthrough: z
    .array(RouteSchema)
    .prefault([])
    .describe("Paths on the S3 port that are not S3, such as a dashboard's"),
  formSpool: z
    .strictObject({
      directory: someText().describe("Directory for the files; they have no names in it"),
      bytes: size("1MiB", "64TiB")
        .prefault(SPOOL_DEFAULT)
        .describe("Maximum size of all files that one process has there"),
      bytesPerAccount: size("1MiB", "64TiB")
        .optional()
        .describe("Maximum size of the files of one account among them; absent: half of bytes"),
    })
    .optional()
    .describe(
      "The place for large files of browser forms until their end is known; absent: file must be the last field of a large form",
    ),
  limits: LimitsSchema.prefault({}),
  reload: ReloadSchema.prefault({}),
  metrics: MetricsSchema.prefault({}),
  log: LogSchema.prefault({}),
});

export type GatewayFile = z.output<typeof GatewaySchema>;
