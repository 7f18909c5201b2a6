import { z } from "zod";
import { ActionsSchema, NetworksSchema } from "./gateway-schema.ts";
import {
  parseAccessKey,
  parseBucketName,
  parseDirectoryAccount,
  parseInstant,
  parsePrincipalName,
  parseRoleName,
  parseSecret,
  parseTenant,
  parseSessionToken,
} from "./scalars.ts";
import { atLeastOne, duration, optionalList, size, someText, text } from "./shape.ts";

const credential = {
  accessKey: text(parseAccessKey),
  secretKey: text(parseSecret),
};

const KeySchema = z.strictObject({
  ...credential,
  sessionToken: text(parseSessionToken)
    .optional()
    .describe("The X-Amz-Security-Token that requests with this key must have; absent: none"),
  notBefore: text(parseInstant).optional().describe("The key is not valid before"),
  expires: text(parseInstant).optional().describe("The key is not valid from then on"),
  disabled: z.boolean().prefault(false),
  networks: NetworksSchema,
});

/** A file, a policy's JSON, or the policy itself: read by policies.ts. */
const PoliciesSchema = optionalList(z.union([someText(), z.record(z.string(), z.unknown())]));

/** The tags of all that have none: see `optionalList()`. */
const NO_TAGS: Record<string, string> = {};
Object.freeze(NO_TAGS);

/** The attributes of accounts and subusers that policies can refer to. */
const ATTRIBUTES = {
  groups: optionalList(someText()).describe(
    "Groups, and further names such as uid:1234, for use in bucket policies",
  ),
  privileges: optionalList(someText()).describe(
    "Privileges of the provider, which allow their actions despite any policy",
  ),
  tags: z
    .record(z.string().min(1).max(128), z.string().max(256))
    .default(() => NO_TAGS)
    .describe("Values of aws:PrincipalTag/name"),
};

/** The limits of accounts and subusers that replace those of gateway.yaml. */
const LIMITS = {
  requests: atLeastOne().optional().describe("Per second; absent: as in gateway.yaml"),
  concurrentRequests: atLeastOne()
    .optional()
    .describe("Concurrent requests; absent: as in gateway.yaml"),
};

const SubuserSchema = z.strictObject({
  name: text(parsePrincipalName),
  tier: z
    .string()
    .optional()
    .describe(
      "A tier of the provider, such as READ, or of policy.tiers; absent: only what policies allow",
    ),
  policies: PoliciesSchema.describe(
    "Identity policies of this subuser: JSON files, or the policies themselves",
  ),
  ...ATTRIBUTES,
  keys: optionalList(KeySchema),
  networks: NetworksSchema,
  blockedActions: ActionsSchema.describe("Actions that this subuser cannot use"),
  limits: z.strictObject(LIMITS).optional().describe("Its own limits"),
});

const RoleSchema = z.strictObject({
  name: text(parseRoleName),
  tier: z
    .string()
    .optional()
    .describe(
      "The most that sessions may do, a tier of the provider or of policy.tiers; absent: only what policies allow",
    ),
  policies: PoliciesSchema.describe(
    "Policies of its sessions: JSON files, or the policies themselves",
  ),
  trust: z
    .union(
      [someText(), z.record(z.string(), z.unknown())],
      "Expected a policy or { issuer, subject }",
    )
    .describe(
      "Callers who can become the role: { issuer, subject }, or a trust policy as a JSON file or written here",
    ),
  maxSession: duration("15m", "12h")
    .prefault("1h")
    .describe("The longest time that a session lasts"),
  ...ATTRIBUTES,
  networks: NetworksSchema,
  blockedActions: ActionsSchema.describe("Actions that sessions of this role may not do"),
});

const AccountSchema = z.strictObject({
  name: text(parseDirectoryAccount).describe(
    "The account; under a provider with directories also local:Jane, DOMAIN\\Name, uid:1234 or a SID",
  ),
  tenant: text(parseTenant)
    .optional()
    .describe(
      "The tenant of its user in Ceph, for bucket names without a tenant; absent: as in the account's name",
    ),
  upstream: z
    .strictObject(credential)
    .optional()
    .describe(
      "The store's key for this account; absent: the gateway signs with the client's own key",
    ),
  disabled: z
    .boolean()
    .prefault(false)
    .describe("true: no key of it or its subusers is let in, and its sessions end"),
  ...ATTRIBUTES,
  keys: optionalList(KeySchema),
  networks: NetworksSchema,
  blockedActions: ActionsSchema.describe("Actions that nobody of this account can use"),
  limits: z
    .strictObject({
      ...LIMITS,
      bytes: size("1KiB", "1TiB")
        .optional()
        .describe("Bytes of bodies per second; absent: as in gateway.yaml"),
    })
    .optional()
    .describe("Its own limits, all its subusers included"),
  policies: PoliciesSchema.describe(
    "Identity policies for everybody of this account: JSON files, or the policies themselves",
  ),
  subusers: optionalList(SubuserSchema),
  roles: optionalList(RoleSchema).describe(
    "Roles that others can become for a while: see sts in gateway.yaml",
  ),
});

const BucketSchema = z.strictObject({
  name: text(parseBucketName).describe("The bucket, or tenant:bucket"),
  account: z.string().describe("The account that owns it"),
  policy: someText().optional().describe("Its policy, a JSON file"),
  shares: optionalList(
    z.strictObject({
      with: z.string().describe("account or account:subuser"),
      permissions: z.string().describe("A tier of the provider, such as READ"),
    }),
  ).describe("Users that the bucket is shared with, each with a tier"),
});

const RevokedSchema = z.strictObject({
  role: z.string().optional().describe("account:role, or a role's name in every account"),
  session: someText().optional().describe("The session's name, or its access key id"),
  issuer: z.string().optional().describe("The issuer of the token that began the session"),
  subject: someText().optional().describe("The sub of that token"),
  before: text(parseInstant)
    .optional()
    .describe("Only what began earlier; absent: also what begins later"),
});

/**
 * The schema of accounts.yaml: the users, their keys, and the buckets with policies. Times in
 * milliseconds since the epoch.
 */
export const AccountsSchema = z.strictObject({
  accounts: z.array(AccountSchema),
  buckets: optionalList(BucketSchema).describe(
    "Buckets with their owners and policies, for policy.bucketPolicies: gateway",
  ),
  revoked: optionalList(RevokedSchema).describe("Sessions that are ended"),
});

export type AccountsFile = z.output<typeof AccountsSchema>;
