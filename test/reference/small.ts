/**
 * Every small configuration: two accounts with a subuser each, one bucket, two statements wherever
 * they stand, with and without a tier, and the requests that tell one from another.
 */

import type { Snapshot } from "../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import type { Config } from "../../src/config/config.ts";
import type { RequestHead } from "../../src/http/head.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { parseProviderPolicy } from "../../src/provider/policy.ts";
import { shipped } from "../unit/provider/providers.ts";
import { modelOf, NOW_MS } from "./draw/parts.ts";
import { admittedHead, configOf, headOf } from "./engine.ts";
import type { Asked, PolicyFile, Statement, World, WrittenPolicy } from "./world.ts";

/** A statement of the bucket's policy, or of the policies of both subusers. */
export type Placed = { readonly place: "bucket" | "identity"; readonly statement: Statement };

const PRINCIPALS = [
  { AWS: "*" },
  { AWS: "arn:aws:iam::lab:root" },
  { AWS: ["arn:aws:iam::labs:user/b", "labs"] },
] as const;
const ACTIONS = [
  { Action: "s3:GetObject" },
  { NotAction: "s3:GetObject" },
  { Action: "s3:*" },
] as const;
const RESOURCES = [
  { Resource: ["arn:aws:s3:::data", "arn:aws:s3:::data/*"] },
  { Resource: "arn:aws:s3:::data/x*" },
  { NotResource: "arn:aws:s3:::data/x*" },
] as const;
const CONDITIONS = [
  {},
  { Condition: { IpAddress: { "aws:SourceIp": "198.51.100.0/24" } } },
] as const;
const EFFECTS = ["Allow", "Deny"] as const;

/** All statements of this scope that AWS's language takes. */
export const STATEMENTS: readonly Placed[] = EFFECTS.flatMap((Effect) =>
  ACTIONS.flatMap((action) =>
    RESOURCES.flatMap((resource) =>
      CONDITIONS.flatMap((condition): readonly Placed[] => {
        const said = { Effect, ...action, ...resource, ...condition };
        const spared = Effect === "Deny" ? PRINCIPALS : [];
        return [
          { place: "identity", statement: said },
          ...PRINCIPALS.map((Principal): Placed => ({
            place: "bucket",
            statement: { ...said, Principal },
          })),
          ...spared.map((NotPrincipal): Placed => ({
            place: "bucket",
            statement: { ...said, NotPrincipal },
          })),
        ];
      }),
    ),
  ),
).filter(({ place, statement }) => parse(place, statement) !== undefined);

function parse(place: Placed["place"], statement: Statement): Policy | undefined {
  const text = JSON.stringify(fileOf([statement]));
  const parsed = parseProviderPolicy(shipped("aws"), text, `${place}.json`, place, {
    bucket: "data",
  });
  return parsed.ok ? parsed.value : undefined;
}

function fileOf(statements: readonly Statement[]): PolicyFile {
  return { Version: "2012-10-17", Statement: statements };
}

/** What else a configuration says. */
export type Variant = {
  readonly name: string;
  readonly model: "aws" | "nutanix";
  readonly tier: string | undefined;
  readonly policy: Partial<WrittenPolicy>;
};

/** With AWS's rule for other accounts' buckets, and with that of Nutanix. */
const BOTH = ["aws", "nutanix"] as const;

export const VARIANTS: readonly Variant[] = BOTH.flatMap((model) => [
  { name: `${model}, no tier`, model, tier: undefined, policy: {} },
  { name: `${model}, ceiling`, model, tier: "READ", policy: { tierMode: "ceiling" } },
  { name: `${model}, union`, model, tier: "READ", policy: { tierMode: "union" } },
]);

/** A variant with further settings. */
export function withSettings(variant: Variant, policy: Partial<WrittenPolicy>): Variant {
  const name = `${variant.name}, ${JSON.stringify(policy)}`;
  return { ...variant, name, policy: { ...variant.policy, ...policy } };
}

const MODEL = { aws: modelOf("aws"), nutanix: modelOf("nutanix") } as const;

/** The configuration as an operator writes it. */
export function worldOf({ model, tier, policy }: Variant, placed: readonly Placed[]): World {
  const of = (place: Placed["place"]): readonly Statement[] =>
    placed.filter((one) => one.place === place).map(({ statement }) => statement);
  const user = (account: string, name: string) => ({
    name,
    ...(tier !== undefined && { tier }),
    policies: ["identity.json"],
    keys: [{ accessKey: `AKID.${account}.${name}`, secretKey: `secret-${name}` }],
  });
  const account = (name: string, subuser: string) => ({
    name,
    upstream: { accessKey: `STORE.${name}`, secretKey: `store-${name}` },
    keys: [{ accessKey: `AKID.${name}`, secretKey: `secret-${name}` }],
    subusers: [user(name, subuser)],
  });
  return {
    model: MODEL[model],
    policy: { provider: model, bucketPolicies: "gateway", anonymous: "policy", ...policy },
    accounts: [account("lab", "a"), account("labs", "b")],
    buckets: [{ name: "data", account: "lab", policy: "bucket.json" }],
    sessions: [],
    revoked: [],
    files: { "identity.json": fileOf(of("identity")), "bucket.json": fileOf(of("bucket")) },
  };
}

const NOTHING: Statement = {
  Effect: "Allow",
  Action: "s3:PutObject",
  Resource: "arn:aws:s3:::none/*",
};
const NOTHING_HERE: Statement = {
  ...NOTHING,
  Effect: "Deny",
  Principal: "*",
  Resource: "arn:aws:s3:::data/none",
};

/** A variant's configuration without statements, and what is compiled of it. */
type Base = { readonly config: Config; readonly snapshot: Snapshot };

/** What is read once need not be for each pair. */
function baseOf(variant: Variant): Base {
  const known = BASES.get(variant.name);
  if (known !== undefined) return known;
  const placed: readonly Placed[] = [
    { place: "identity", statement: NOTHING },
    { place: "bucket", statement: NOTHING_HERE },
  ];
  const config = configOf(worldOf(variant, placed));
  const base = { config, snapshot: compileSnapshot(config, 1) };
  BASES.set(variant.name, base);
  return base;
}

const BASES = new Map<string, Base>();

/** The gateway with these statements. All of a variant share the ring of derived keys. */
export function smallSnapshot(variant: Variant, placed: readonly Placed[]): Snapshot {
  const { config, snapshot } = baseOf(variant);
  const of = (place: Placed["place"]): readonly Policy[] =>
    placed.filter((one) => one.place === place).map(policyOf);
  const [identity, bucket] = [of("identity"), of("bucket")];
  const accounts = config.accounts.map((account) => ({
    ...account,
    subusers: account.subusers.map((subuser) => ({ ...subuser, policies: identity })),
  }));
  const buckets = config.buckets.map((one) => ({ ...one, policies: bucket }));
  return { ...compileSnapshot({ ...config, accounts, buckets }, 1), ring: snapshot.ring };
}

function policyOf(placed: Placed): Policy {
  const policy = PARSED.get(placed) ?? parse(placed.place, placed.statement);
  if (policy === undefined) throw new Error("Not a statement of this scope");
  PARSED.set(placed, policy);
  return policy;
}

const PARSED = new Map<Placed, Policy>();

const OBJECT_REQUESTS = [
  { method: "GET", query: {} },
  { method: "HEAD", query: {} },
  { method: "GET", query: { versionId: "v" } },
  { method: "PUT", query: {} },
  { method: "DELETE", query: { versionId: "v" } },
] as const;
const BUCKET_REQUESTS = [
  { method: "GET", query: {} },
  { method: "GET", query: { policy: "" } },
  { method: "GET", query: { acl: "" } },
] as const;
/** Three symbols, of which the statements tell the first. */
const KEYS = ["x", "y", "xy"] as const;
const CALLERS = ["AKID.lab", "AKID.lab.a", "AKID.labs", "AKID.labs.b", undefined] as const;
const ADDRESSES = ["198.51.100.7", "192.0.2.1"] as const;

/** Every request of the scope. */
export const REQUESTS: readonly Asked[] = CALLERS.flatMap((as) =>
  ADDRESSES.flatMap((ip): readonly Asked[] => {
    const common = {
      ...(as !== undefined && { as }),
      ip,
      nowMs: NOW_MS,
      headers: {},
      bucket: "data",
    };
    const copy = { "x-amz-copy-source": "/data/x", "x-amz-tagging-directive": "REPLACE" };
    return [
      ...KEYS.flatMap((key) => OBJECT_REQUESTS.map((request) => ({ ...common, ...request, key }))),
      ...BUCKET_REQUESTS.map((request) => ({ ...common, ...request })),
      { ...common, method: "PUT", query: {}, key: "y", headers: copy },
    ];
  }),
);

const WORLD = worldOf({ name: "", model: "aws", tier: undefined, policy: {} }, []);
const HEADS: readonly RequestHead[] = REQUESTS.map((asked) => headOf(WORLD, asked));

/** Of each request the gate that says no; undefined: it passes. */
export function gatesIn(snapshot: Snapshot): readonly (string | undefined)[] {
  return REQUESTS.map((_, i) => gateOfRequest(snapshot, i));
}

/** The same of one request, by its place in the list. */
export function gateOfRequest(snapshot: Snapshot, i: number): string | undefined {
  const [asked, head] = [REQUESTS[i], HEADS[i]];
  if (asked === undefined || head === undefined) throw new Error("No such request");
  return admittedHead(snapshot, head, asked).gates[0];
}
