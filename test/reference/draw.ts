/**
 * Worlds and requests at random, biased to edges: names that begin alike, wildcards next to variables,
 * addresses in IPv6's clothes, keys that are absent, negations, doubled values, times on the second.
 */

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseProviderPolicy } from "../../src/provider/policy.ts";
import { between, oneOf } from "../support/seeds.ts";
import { shipped } from "../unit/provider/providers.ts";
import type {
  Asked,
  Begun,
  Model,
  Networks,
  PolicyFile,
  Revoked,
  Statement,
  World,
  WrittenAccount,
  WrittenBucket,
  WrittenKey,
  WrittenRole,
  WrittenSubuser,
} from "./world.ts";

export type Random = () => number;

/** Models with AWS's documents; Qumulo's bucket policies are of another form. */
export const MODELS = ["aws", "atman", "lumi-o", "coscine", "nutanix"] as const;
export type ModelName = (typeof MODELS)[number];

export const NOW_MS = Date.parse("2026-11-22T12:00:00Z");

export function modelOf(name: ModelName): Model {
  const url = new URL(`../../config/providers/${name}.yaml`, import.meta.url);
  return parse(readFileSync(url, "utf8"));
}

const MODEL: Readonly<Record<ModelName, Model>> = {
  aws: modelOf("aws"),
  atman: modelOf("atman"),
  "lumi-o": modelOf("lumi-o"),
  coscine: modelOf("coscine"),
  nutanix: modelOf("nutanix"),
};

/** Where `likely` in [0, 1] says so, what `make` makes. */
function maybe<T>(random: Random, likely: number, make: () => T): T | undefined {
  return random() < likely ? make() : undefined;
}

function some<T>(random: Random, choices: readonly [T, ...T[]], most: number): readonly T[] {
  return Array.from({ length: between(random, 1, most) }, () => oneOf(random, choices));
}

const ADDRESSES = [
  "198.51.100.7",
  "198.51.100.255",
  "198.51.101.0",
  "::ffff:198.51.100.7",
  "::ffff:c633:6407",
  "2001:db8::1",
  "2001:db8:1::1",
  "192.0.2.1",
] as const;

const NETWORKS = [
  "198.51.100.0/24",
  "198.51.100.7",
  "198.51.100.0/31",
  "::ffff:198.51.100.0/120",
  "2001:db8::/48",
  "2001:db8::/32",
  "0.0.0.0/0",
  "::/0",
] as const;

function networks(random: Random): Networks {
  const allow = maybe(random, 0.7, () => some(random, NETWORKS, 2));
  const deny = maybe(random, 0.4, () => some(random, NETWORKS, 1));
  return { ...(allow && { allow }), ...(deny && { deny }) };
}

const BUCKETS = ["data", "data-raw", "inbox", "free"] as const;
const KEYS = [
  "a",
  "ab",
  "a/b",
  "a/a/b",
  "ab/x",
  "ä/b",
  "b",
  "x/a*b",
  "a\nb",
  "raw/1",
  "raw",
] as const;

const ACTIONS = [
  "s3:GetObject",
  "s3:GetObjectVersion",
  "s3:PutObject",
  "s3:PutObjectAcl",
  "s3:PutObjectTagging",
  "s3:DeleteObject",
  "s3:DeleteObjectVersion",
  "s3:ListBucket",
  "s3:ListBucketVersions",
  "s3:ListAllMyBuckets",
  "s3:GetBucketAcl",
  "s3:GetBucketPolicy",
  "s3:GetLifecycleConfiguration",
  "s3:CreateBucket",
  "s3:DeleteBucket",
  "s3:GetBucketLocation",
  "s3:AbortMultipartUpload",
  "s3:BypassGovernanceRetention",
] as const;
const PATTERNS = [
  "*",
  "s3:*",
  "s3:*Object",
  "s3:Get*",
  "s3:Put*",
  "s3:?etObject",
  "s3:getobject",
  "S3:LISTBUCKET",
  "s3:*Version*",
] as const;
const OPERATIONS = [
  "s3:CopyObject",
  "s3:CreateMultipartUpload",
  "s3:DeleteObjects",
  "s3:HeadObject",
  "s3:ListObjects",
  "s3:HeadBucket",
  "s3:Head*",
] as const;

function actions(random: Random): readonly string[] {
  return Array.from({ length: between(random, 1, 3) }, () => {
    const chance = random();
    if (chance < 0.5) return oneOf(random, ACTIONS);
    return chance < 0.9 ? oneOf(random, PATTERNS) : oneOf(random, OPERATIONS);
  });
}

const SUFFIXES = [
  "",
  "/*",
  "/*",
  "*",
  "/a*",
  "/a",
  "/a/?",
  "/?",
  "/??",
  "/*/b",
  "/*b",
  "/raw/*",
  "/${aws:username}/*",
  "/${aws:username}*",
  "/*${aws:username}",
  "/${aws:PrincipalTag/team, 'a'}/*",
  "/${aws:PrincipalTag/team}*",
  "/x/a${*}b",
] as const;
const BROAD = [
  "*",
  "arn:aws:s3:::*",
  "arn:aws:s3:::*/*",
  "arn:aws:s3:::data*",
  "arn:aws:s3:::dat?/*",
] as const;

function resources(random: Random, bucket: string | undefined): readonly string[] {
  return Array.from({ length: between(random, 1, 3) }, () => {
    if (bucket === undefined && random() < 0.3) return oneOf(random, BROAD);
    return `arn:aws:s3:::${bucket ?? oneOf(random, BUCKETS)}${oneOf(random, SUFFIXES)}`;
  });
}

type Block = NonNullable<Statement["Condition"]>;

const STRINGS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"] as const;
const TEXT_KEYS = [
  "aws:username",
  "aws:USERNAME",
  "aws:PrincipalTag/team",
  "aws:PrincipalTag/Team",
  "aws:PrincipalAccount",
  "aws:PrincipalType",
  "aws:PrincipalArn",
  "aws:userid",
  "aws:SourceIdentity",
  "aws:FederatedProvider",
  "aws:Referer",
  "s3:prefix",
  "s3:delimiter",
  "s3:versionid",
  "s3:x-amz-acl",
  "s3:x-amz-storage-class",
  "s3:x-amz-copy-source",
  "s3:x-amz-metadata-directive",
  "s3:RequestObjectTag/team",
  "s3:ExistingObjectTag/team",
  "s3:ExistingObjectTag/Team",
  "s3:ResourceAccount",
  "aws:ResourceAccount",
  "s3:authType",
  "aws:SourceVpc",
] as const;
const TEXTS = [
  "a",
  "ab",
  "a*",
  "*",
  "?",
  "",
  "A",
  "lab",
  "lab*",
  "labs",
  "v",
  "null",
  "data/*",
  "data/a",
  "User",
  "private",
  "public-read",
  "REST-HEADER",
  "${aws:username}",
  "${aws:username}*",
  "${aws:PrincipalTag/team, 'a'}",
  "${*}",
] as const;
/** What requests and callers here say of a key, so that conditions on it come true as often as not. */
const SAID: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "aws:username": ["a", "ab", "c", "a*", "lab", "labs"],
  "aws:PrincipalTag/team": ["a", "ab", "a*", "*", "lab"],
  "aws:PrincipalAccount": ["lab", "labs", "lab*"],
  "aws:PrincipalType": ["User", "Account", "Anonymous", "AssumedRole"],
  "aws:userid": ["lab:role/a:ann", "*:ann", "labs:role/*", "anonymous"],
  "aws:SourceIdentity": ["a", "ab", "a*", "${aws:PrincipalTag/team}"],
  "aws:FederatedProvider": ["idp", "id?", "other"],
  "s3:prefix": ["a", "ab", "a*", "", "${aws:username}*"],
  "s3:delimiter": ["/", "a"],
  "s3:versionid": ["v", "null", "a", "?"],
  "s3:x-amz-acl": ["private", "public-read", "p*"],
  "s3:x-amz-storage-class": ["STANDARD", "GLACIER"],
  "s3:x-amz-copy-source": ["data/*", "data/a", "*/a", "inbox/${aws:username}*"],
  "s3:x-amz-metadata-directive": ["COPY", "REPLACE"],
  "s3:RequestObjectTag/team": ["a", "ab", "a*"],
  "s3:ExistingObjectTag/team": ["a", "ab", "a*"],
  "s3:ExistingObjectTag/Team": ["A", "a", "*"],
  "s3:ResourceAccount": ["lab", "labs", "lab?", "${aws:PrincipalAccount}"],
  "aws:ResourceAccount": ["lab", "labs", "lab?", "${aws:PrincipalAccount}"],
};

const TIMES = [
  "2026-11-22T12:00:00Z",
  "2026-11-22T13:00:00+01:00",
  "2026-11-22",
  "1795348800",
  "2027-01-01T00:00:00Z",
] as const;
const ORDERS = [
  "Equals",
  "NotEquals",
  "LessThan",
  "LessThanEquals",
  "GreaterThan",
  "GreaterThanEquals",
] as const;

function test(random: Random): Block {
  const ifExists = random() < 0.2 ? "IfExists" : "";
  switch (between(random, 0, 7)) {
    case 0:
    case 1: {
      const not = random() < 0.5 ? "Not" : "";
      return { [`${not}IpAddress${ifExists}`]: { "aws:SourceIp": some(random, NETWORKS, 2) } };
    }
    case 2: {
      const order = oneOf(random, ORDERS);
      const key = oneOf(random, ["aws:CurrentTime", "aws:EpochTime"] as const);
      return { [`Date${order}${ifExists}`]: { [key]: oneOf(random, TIMES) } };
    }
    case 3: {
      const order = oneOf(random, ORDERS);
      return {
        [`Numeric${order}${ifExists}`]: {
          "s3:max-keys": oneOf(random, ["10", "1000", "1e1", "10.0"] as const),
        },
      };
    }
    case 4: {
      if (random() < 0.3) return sessionTest(random);
      const key = oneOf(random, TEXT_KEYS);
      return { Null: { [key]: oneOf(random, ["true", "false"] as const) } };
    }
    case 5: {
      const set = oneOf(random, ["ForAllValues", "ForAnyValue"] as const);
      const operator = oneOf(random, STRINGS);
      return { [`${set}:${operator}`]: { "s3:RequestObjectTagKeys": some(random, TEXTS, 2) } };
    }
    default: {
      const ignoring =
        random() < 0.15
          ? oneOf(random, ["StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"] as const)
          : undefined;
      const operator = ignoring ?? oneOf(random, STRINGS);
      const key = oneOf(random, TEXT_KEYS);
      const values = random() < 0.25 ? TEXTS : (SAID[key] ?? TEXTS);
      return { [`${operator}${ifExists}`]: { [key]: some(random, values, 3) } };
    }
  }
}

/** What only sessions have. */
function sessionTest(random: Random): Block {
  const ifExists = random() < 0.3 ? "IfExists" : "";
  switch (between(random, 0, 2)) {
    case 0:
      return {
        [`Bool${ifExists}`]: {
          "aws:MultiFactorAuthPresent": oneOf(random, ["true", "false"] as const),
        },
      };
    case 1: {
      const order = oneOf(random, ORDERS);
      return { [`Date${order}${ifExists}`]: { "aws:TokenIssueTime": oneOf(random, TIMES) } };
    }
    default: {
      const operator = oneOf(random, [
        "ArnLike",
        "ArnNotLike",
        "ArnEquals",
        "ArnNotEquals",
      ] as const);
      return { [`${operator}${ifExists}`]: { "aws:PrincipalArn": some(random, ARNS, 2) } };
    }
  }
}

const ARNS = [
  "arn:aws:iam::lab:role/a",
  "arn:aws:iam::lab*:role/*",
  "arn:aws:iam::lab:user/a",
  "arn:aws:iam::labs:root",
  "arn:aws:sts::lab:assumed-role/a/ann",
] as const;

function condition(random: Random): Block | undefined {
  const chance = random();
  if (chance < 0.45) return undefined;
  if (chance < 0.85) return test(random);
  return { ...test(random), ...test(random) };
}

const PEOPLE = ["lab:a", "lab:ab", "labs:a", "labs:c"] as const;

/** Roles that are called as subusers are, and names of their sessions. */
const ROLES = ["a", "b"] as const;
const SESSIONS = ["ann", "a"] as const;

/** Every name by which the model's policies know somebody, and names of nobody. */
function principals(random: Random, model: Model): NonNullable<Statement["Principal"]> {
  const chance = random();
  if (chance < 0.15) return "*";
  if (chance < 0.25) return { AWS: "*" };
  const aws = model.principals.forms.filter(({ form }) => !form.includes("$"));
  const names = Array.from({ length: between(random, 1, 2) }, () => {
    const form = aws[between(random, 0, aws.length - 1)]?.form ?? "{account}";
    const [account = "", user = ""] = oneOf(random, PEOPLE).split(":");
    return form
      .replaceAll("{account}", account)
      .replaceAll("{subuser}", user)
      .replaceAll("{role}", oneOf(random, ROLES))
      .replaceAll("{session}", oneOf(random, SESSIONS));
  });
  return { AWS: names };
}

/**
 * Keys that few requests have, with patterns of actions that the language takes them with: by chance
 * alone, statement and request would hardly ever meet.
 */
const RARE = [
  { key: "s3:versionid", actions: ["s3:*", "*", "s3:Put*", "s3:GetObjectVersion"] },
  { key: "s3:prefix", actions: ["s3:*", "*", "s3:List*", "s3:ListBucket"] },
  { key: "s3:x-amz-copy-source", actions: ["s3:*", "s3:PutObject"] },
] as const;

/** The actions and the condition of a statement about such a key. */
function rarePart(random: Random): Pick<Statement, "Action" | "Condition"> {
  const { key, actions: known } = oneOf<(typeof RARE)[number]>(random, RARE);
  const operator = oneOf(random, STRINGS);
  const tested: Block =
    random() < 0.3
      ? { Null: { [key]: oneOf(random, ["true", "false"] as const) } }
      : { [operator]: { [key]: some(random, SAID[key] ?? TEXTS, 2) } };
  return { Action: oneOf<string>(random, known), Condition: tested };
}

/** A statement that the model's language takes; undefined if what was drawn is none. */
function statement(
  random: Random,
  name: ModelName,
  bucket: string | undefined,
): Statement | undefined {
  const Effect = random() < 0.55 ? "Allow" : "Deny";
  const spares = bucket !== undefined && Effect === "Deny" && random() < 0.3;
  const who = bucket === undefined ? undefined : principals(random, MODEL[name]);
  const Condition = condition(random);
  const drawn: Statement = {
    Effect,
    ...(who && { [spares ? "NotPrincipal" : "Principal"]: who }),
    [random() < 0.15 ? "NotResource" : "Resource"]: resources(random, bucket),
    ...(random() < 0.12
      ? rarePart(random)
      : {
          [random() < 0.2 ? "NotAction" : "Action"]: actions(random),
          ...(Condition && { Condition }),
        }),
  };
  const file = { Version: "2012-10-17", Statement: [drawn] };
  const kind = bucket === undefined ? "identity" : "bucket";
  const text = JSON.stringify(file);
  return parseProviderPolicy(shipped(name), text, "a.json", kind, { bucket: bucket ?? "" }).ok
    ? drawn
    : undefined;
}

function policyFile(
  random: Random,
  name: ModelName,
  bucket: string | undefined,
  most = 4,
): PolicyFile | undefined {
  const wanted = between(random, 1, most);
  const statements = Array.from({ length: wanted }, () => statement(random, name, bucket));
  const Statement = statements.filter((one) => one !== undefined);
  if (Statement.length === 0) return undefined;
  const Version = random() < 0.9 ? "2012-10-17" : "2008-10-17";
  return { Version, Statement };
}

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
  const tiers = Object.keys(model.tiers).filter((tier) => tier !== "ANONYMOUS");
  const tier = (): string => tiers[between(random, 0, tiers.length - 1)] ?? "FULL";
  const subuser = (account: string, own: string): WrittenSubuser => {
    const policies = identity(0.7);
    // A subuser has a tier, policies or both.
    const withTier = policies.length === 0 || random() < 0.5;
    return {
      ...holder(random, own),
      policies,
      ...(withTier && { tier: tier() }),
      keys: [key(random, `${account}.${own}`)],
    };
  };
  const role = (own: string): WrittenRole => {
    const policies = identity(0.6);
    const withTier = policies.length === 0 || random() < 0.4;
    return {
      ...holder(random, own),
      policies,
      ...(withTier && { tier: tier() }),
      trust: { issuer: "idp", subject: "sam" },
    };
  };
  const account = (own: string, users: readonly string[]): WrittenAccount => ({
    ...holder(random, own),
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
    const isShared = random() < 0.3 && !sharedWith.startsWith(`${owner}:`) && sharedWith !== owner;
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
): Pick<WrittenSubuser, "name" | "tags" | "networks" | "blockedActions"> {
  const list = maybe(random, 0.15, () => networks(random));
  const team = oneOf(random, ["a", "ab", "*", "lab"] as const);
  const tag = oneOf(random, ["team", "Team", "other"] as const);
  return {
    name,
    ...(random() < 0.5 && { tags: { [tag]: team } }),
    ...(list && { networks: list }),
    ...(random() < 0.1 && { blockedActions: some(random, BLOCKED, 2) }),
  };
}

/** Sessions of roles and of permanent keys, of which some are over and some revoked. */
function drawSessions(
  random: Random,
  accounts: readonly WrittenAccount[],
  keepPolicy: () => string | undefined,
): readonly Begun[] {
  return Array.from({ length: 6 }, (_, i): Begun => {
    const account = oneOf(random, ["lab", "labs"] as const);
    const written = accounts.find(({ name }) => name === account);
    const users = written?.subusers ?? [];
    const holder = random() < 0.5 ? written : users[between(random, 0, users.length - 1)];
    const [parent] = holder?.keys ?? [];
    const ofKey =
      parent !== undefined && random() < 0.25 ? { parent: parent.accessKey } : undefined;
    const issuedMs = NOW_MS + oneOf(random, [0, -1000, -3_600_000] as const);
    const common = {
      accessKey: `ASIAABCDEFGHIJKLMN${"ABCDEF"[i]}A`,
      account,
      issuedMs,
      expiresMs: random() < 0.1 ? NOW_MS + 1000 : issuedMs + 7_200_000,
    };
    if (ofKey !== undefined) return { ...common, of: ofKey };
    const policy = random() < 0.6 ? keepPolicy() : undefined;
    const tag = oneOf(random, ["team", "Team", "other"] as const);
    const identity = maybe(random, 0.4, () => oneOf(random, ["a", "ab", "lab"] as const));
    const subject = oneOf(random, ["sam", "sue"] as const);
    return {
      ...common,
      of: { role: oneOf(random, ROLES), name: oneOf(random, SESSIONS) },
      ...(random() < 0.5 && { tags: { [tag]: oneOf(random, ["a", "ab", "*"] as const) } }),
      ...(policy !== undefined && { policy }),
      ...(identity !== undefined && { sourceIdentity: identity }),
      ...(random() < 0.5 && { federated: { issuer: "idp", subject } }),
    };
  });
}

function drawRevoked(random: Random): Revoked {
  const role = oneOf(random, ["lab:a", "labs:b", "a"] as const);
  const session = oneOf(random, ["ann", "a", "ASIAABCDEFGHIJKLMNBA"] as const);
  const before = oneOf(random, EDGES);
  const person = { issuer: "idp", subject: oneOf(random, ["sam", "sue"] as const) };
  const what = oneOf<Revoked>(random, [
    { role },
    { session },
    { role, session },
    person,
    { ...person, role },
  ]);
  return { ...what, ...(random() < 0.6 && { before }) };
}

const EDGES = ["2026-11-22T12:00:00Z", "2026-11-22T12:00:01Z", "2026-11-22T11:59:59Z"] as const;

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

/** Method, query, whether it is about an object, and headers of which each may be there. */
type Kind = {
  readonly method: string;
  readonly on: "service" | "bucket" | "object";
  readonly query?: Readonly<Record<string, string>>;
  readonly mayQuery?: Readonly<Record<string, readonly [string, ...string[]]>>;
  readonly mayHave?: Readonly<Record<string, readonly [string, ...string[]]>>;
};

const VERSIONS = { versionId: ["v", "null", "a"] } as const;
const LISTING = {
  prefix: ["a", "ab", "", "A"],
  delimiter: ["/", "a"],
  "max-keys": ["10", "11", "1000"],
} as const;
const REFERER = { referer: ["a", "lab", "*"] } as const;
const MAKING = {
  ...REFERER,
  "x-amz-acl": ["private", "public-read", "bucket-owner-full-control"],
  "x-amz-tagging": ["team=a", "team=ab&a=b", "a=b"],
  "x-amz-storage-class": ["STANDARD", "GLACIER"],
} as const;
const BYPASS = { ...REFERER, "x-amz-bypass-governance-retention": ["true", "false"] } as const;

const KINDS = [
  { method: "GET", on: "object", mayQuery: VERSIONS, mayHave: REFERER },
  { method: "GET", on: "object", mayQuery: VERSIONS },
  { method: "HEAD", on: "object", mayQuery: VERSIONS },
  { method: "GET", on: "object", query: { acl: "" }, mayQuery: VERSIONS },
  { method: "GET", on: "object", query: { attributes: "" }, mayQuery: VERSIONS },
  { method: "PUT", on: "object", mayHave: MAKING },
  { method: "PUT", on: "object", mayHave: MAKING },
  { method: "POST", on: "object", query: { uploads: "" }, mayHave: MAKING },
  { method: "DELETE", on: "object", mayQuery: VERSIONS, mayHave: BYPASS },
  { method: "DELETE", on: "object", query: { uploadId: "u" } },
  { method: "GET", on: "bucket", mayQuery: LISTING },
  { method: "GET", on: "bucket", query: { "list-type": "2" }, mayQuery: LISTING, mayHave: REFERER },
  { method: "GET", on: "bucket", query: { versions: "" }, mayQuery: LISTING },
  { method: "HEAD", on: "bucket" },
  { method: "GET", on: "bucket", query: { uploads: "" } },
  { method: "GET", on: "bucket", query: { uploads: "", prefix: "a" } },
  { method: "GET", on: "bucket", query: { acl: "" } },
  { method: "GET", on: "bucket", query: { policy: "" } },
  { method: "GET", on: "bucket", query: { location: "" } },
  { method: "GET", on: "bucket", query: { lifecycle: "" } },
  { method: "DELETE", on: "bucket", query: { lifecycle: "" } },
  { method: "DELETE", on: "bucket", query: { replication: "" } },
  { method: "DELETE", on: "bucket" },
  { method: "PUT", on: "bucket", mayHave: { "x-amz-acl": ["private", "public-read"] } },
  { method: "GET", on: "service" },
] as const satisfies readonly Kind[];

const DIRECTIVE = "x-amz-tagging-directive";
const COPY = {
  ...MAKING,
  [DIRECTIVE]: ["REPLACE", "COPY"],
  "x-amz-metadata-directive": ["REPLACE", "COPY"],
} as const;

/** A request of somebody of the world, or of nobody. */
export function drawRequest(random: Random, { accounts, sessions }: World): Asked {
  const holders = accounts.flatMap((account) => [account, ...(account.subusers ?? [])]);
  const keys = [...holders.flatMap((one) => one.keys ?? []), ...sessions];
  const names = keys.map(({ accessKey }) => accessKey);
  const as = random() < 0.12 ? undefined : names[between(random, 0, names.length - 1)];
  const common = {
    ...(as !== undefined && { as }),
    ip: oneOf(random, ADDRESSES),
    nowMs: NOW_MS + oneOf(random, [0, 0, 0, 1000, -1000] as const),
  };
  const bucket = oneOf(random, BUCKETS);
  const chance = random();
  if (chance < 0.06) {
    const entries = Array.from({ length: between(random, 1, 4) }, () => {
      const version = maybe(random, 0.4, () => oneOf(random, ["v", "null", "a"] as const));
      return { key: oneOf(random, KEYS), ...(version !== undefined && { version }) };
    });
    const headers = chosen(random, BYPASS);
    return { ...common, method: "POST", bucket, query: { delete: "" }, headers, entries };
  }
  if (chance < 0.16) {
    const version = random() < 0.5 ? "?versionId=v" : "";
    const source = `/${oneOf(random, BUCKETS)}/${oneOf(random, ["a", "ab", "a/b", "raw/1"] as const)}${version}`;
    const drawn: Readonly<Record<string, string>> = chosen(random, COPY);
    // Tags of its own can only replace those of the source.
    const replaces = drawn["x-amz-tagging"] === undefined ? {} : { [DIRECTIVE]: "REPLACE" };
    const headers = { ...drawn, ...replaces, "x-amz-copy-source": source };
    return { ...common, method: "PUT", bucket, key: oneOf(random, KEYS), query: {}, headers };
  }
  const kind: Kind = oneOf<Kind>(random, KINDS);
  return {
    ...common,
    method: kind.method,
    ...(kind.on !== "service" && { bucket }),
    ...(kind.on === "object" && { key: oneOf(random, KEYS) }),
    query: { ...kind.query, ...chosen(random, kind.mayQuery ?? {}) },
    headers: chosen(random, kind.mayHave ?? {}),
  };
}

function chosen(
  random: Random,
  from: Readonly<Record<string, readonly [string, ...string[]]>>,
): Readonly<Record<string, string>> {
  const named = Object.entries(from).filter(() => random() < 0.3);
  return Object.fromEntries(named.map(([name, values]) => [name, oneOf(random, values)]));
}
