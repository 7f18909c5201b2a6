/** Configurations at random. */

import { between, oneOf } from "../../support/seeds.ts";
import type {
  PolicyFile,
  World,
  WrittenAccount,
  WrittenBucket,
  WrittenKey,
  WrittenRole,
  WrittenSubuser,
} from "../world.ts";
import {
  BUCKETS,
  EDGES,
  maybe,
  MODEL,
  networks,
  ROLES,
  some,
  type ModelName,
  type Random,
} from "./parts.ts";
import { drawRevoked, drawSessions } from "./sessions.ts";
import { GROUPS, policyFile, PRIVILEGES } from "./statements.ts";

/** A configuration of two accounts with three subusers and four buckets, one of them without a record. */
export function drawWorld(random: Random, name: ModelName): World {
  const model = MODEL[name];
  const files: Record<string, PolicyFile> = {};
  const keep = (file: PolicyFile | undefined): readonly string[] => {
    if (file === undefined) return [];
    const id = `${Object.keys(files).length}.json`;
    files[id] = file;
    return [id];
  };
  const identity = (likely: number): readonly string[] =>
    maybe(random, likely, () => keep(policyFile(random, name, undefined))) ?? [];
  const tiers = Object.keys(model.tiers).filter((tier) => !["ANONYMOUS", "GUEST"].includes(tier));
  const tier = (): string => tiers[between(random, 0, tiers.length - 1)] ?? "FULL";
  const subuser = (account: string, own: string): WrittenSubuser => {
    const policies = identity(0.7);
    // A subuser has a tier, policies or both.
    const withTier = policies.length === 0 || random() < 0.5;
    return {
      ...holder(random, own, name),
      policies,
      ...(withTier && { tier: tier() }),
      keys: [key(random, `${account}.${own}`)],
    };
  };
  const role = (own: string): WrittenRole => {
    const policies = identity(0.6);
    const withTier = policies.length === 0 || random() < 0.4;
    return {
      ...holder(random, own, name),
      policies,
      ...(withTier && { tier: tier() }),
      trust: { issuer: "idp", subject: "sam" },
    };
  };
  const account = (own: string, users: readonly string[]): WrittenAccount => ({
    ...holder(random, own, name),
    upstream: { accessKey: `STORE.${own}`, secretKey: `store-${own}` },
    policies: identity(0.25),
    keys: [key(random, own)],
    ...(random() < 0.03 && { disabled: true }),
    subusers: users.map((user) => subuser(own, user)),
    roles: ROLES.map((name) => role(name)),
  });
  const accounts = [account("lab", ["a", "ab"]), account("labs", ["a", "c"])];
  const buckets = BUCKETS.filter((bucket) => bucket !== "free").map((bucket): WrittenBucket => {
    const [policy] = maybe(random, 0.75, () => keep(policyFile(random, name, bucket))) ?? [];
    const sharedWith = oneOf(random, ["lab", "labs", "lab:a", "labs:c"] as const);
    const owner = bucket === "data" ? "lab" : oneOf(random, ["lab", "labs"] as const);
    const isShared =
      name !== "qumulo" &&
      random() < 0.3 &&
      !sharedWith.startsWith(`${owner}:`) &&
      sharedWith !== owner;
    return {
      name: bucket,
      account: owner,
      ...(policy !== undefined && { policy }),
      ...(isShared && { shares: [{ with: sharedWith, permissions: tier() }] }),
    };
  });
  const tierMode = maybe(random, 0.5, () => oneOf(random, ["ceiling", "union"] as const));
  const anonymous = maybe(random, 0.7, () =>
    oneOf(random, ["deny", "policy", "policy", "upstream"] as const),
  );
  const list = maybe(random, 0.2, () => networks(random));
  const keepPolicy = (): string | undefined => {
    const file = policyFile(random, name, undefined, 2);
    // A token has no room for more.
    return JSON.stringify(file ?? "").length > 800 ? undefined : keep(file)[0];
  };
  const sessions = drawSessions(random, accounts, keepPolicy);
  return {
    model,
    policy: {
      provider: name,
      bucketPolicies: "gateway",
      ...(name === "qumulo" && { guestGroups: ["visitors"] }),
      ...(random() < 0.1 && { mode: "report" }),
      ...(tierMode && { tierMode }),
      ...(anonymous && { anonymous }),
      ...(random() < 0.2 && { versionGuard: true }),
      ...(random() < 0.15 && { blockedActions: some(random, BLOCKED, 2) }),
      ...(random() < 0.1 && { unsupported: some(random, BLOCKED, 1) }),
      ...(list && { networks: list }),
    },
    accounts,
    buckets,
    sessions,
    revoked: random() < 0.3 ? [drawRevoked(random)] : [],
    files,
  };
}

/** The same without roles and sessions, of which `prove` says that it does not look at them. */
export function drawWorldOfKeys(random: Random, name: ModelName): World {
  const world = drawWorld(random, name);
  const accounts = world.accounts.map((account) => ({ ...account, roles: [] }));
  return { ...world, accounts, sessions: [], revoked: [] };
}

const BLOCKED = [
  "s3:DeleteObject",
  "s3:DeleteObjectVersion",
  "s3:*Version",
  "s3:HeadObject",
  "s3:PutObjectTagging",
  "s3:list*",
  "s3:GetBucketAcl",
  "s3:CopyObject",
] as const;

function holder(
  random: Random,
  name: string,
  model: ModelName,
): Omit<WrittenSubuser, "keys" | "policies"> {
  const list = maybe(random, 0.15, () => networks(random));
  const team = oneOf(random, ["a", "ab", "*", "lab"] as const);
  const tag = oneOf(random, ["team", "Team", "other"] as const);
  return {
    name,
    ...(random() < 0.5 && { tags: { [tag]: team } }),
    ...(list && { networks: list }),
    ...(random() < 0.1 && { blockedActions: some(random, BLOCKED, 2) }),
    ...(model === "qumulo" && {
      ...(random() < 0.4 && { groups: some(random, GROUPS, 1) }),
      ...(random() < 0.2 && { privileges: some(random, PRIVILEGES, 1) }),
    }),
  };
}

function key(random: Random, name: string): WrittenKey {
  const list = maybe(random, 0.1, () => networks(random));
  return {
    accessKey: `AKID.${name}`,
    secretKey: `secret-${name}`,
    ...(random() < 0.03 && { disabled: true }),
    ...(random() < 0.1 && { [random() < 0.5 ? "notBefore" : "expires"]: oneOf(random, EDGES) }),
    ...(list && { networks: list }),
  };
}
