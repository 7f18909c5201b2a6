/** Roles, trust policies, tokens and calls of STS at random. */

import { parsePolicy } from "../../../src/policy/parse.ts";
import { between, oneOf } from "../../support/seeds.ts";
import type { Call, Claims, TrustWorld } from "../trust.ts";
import type { Begun, PolicyFile, Statement, WrittenIssuer, WrittenRole, Words } from "../world.ts";
import {
  ADDRESSES,
  maybe,
  MODEL,
  MODELS,
  NETWORKS,
  NOW_MS,
  ROLES,
  SESSIONS,
  some,
  type Random,
} from "./parts.ts";

/** Names and URLs that begin alike, and a name that is another's claim. */
const ISSUERS: readonly WrittenIssuer[] = [
  {
    name: "idp",
    url: "https://idp.example.org/realms/lab",
    audiences: ["s3", "other"],
    claims: { groups: "groups", namespace: "/k8s/namespace" },
    tags: { team: "team" },
  },
  {
    name: "idp2",
    url: "https://idp.example.org/realms/labs",
    audiences: ["s3"],
    claims: { groups: "roles" },
  },
];
const RULES = {
  trust: {
    issuers: ISSUERS.map(({ name, url, claims = {} }) => ({
      name,
      url,
      claims: Object.keys(claims),
    })),
  },
};

/** A configuration of two accounts with subusers, roles that somebody trusts, and sessions. */
export function drawTrustWorld(random: Random): TrustWorld {
  const files: Record<string, PolicyFile> = {
    "session.json": {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }],
    },
  };
  const holder = (name: string, own: string) => ({
    name: own,
    ...(random() < 0.5 && { tags: { [oneOf(random, TAGS)]: oneOf(random, TEXTS) } }),
    keys: [{ accessKey: `AKID.${name}`, secretKey: `secret-${name}` }],
  });
  const role = (name: string): WrittenRole => ({
    name,
    tier: "FULL",
    trust: drawTrust(random),
    ...(random() < 0.3 && { tags: { [oneOf(random, TAGS)]: oneOf(random, TEXTS) } }),
    ...(random() < 0.4 && { maxSession: oneOf(random, ["15m", "2h"] as const) }),
  });
  const account = (name: string, users: readonly string[]) => ({
    ...holder(name, name),
    upstream: { accessKey: `STORE.${name}`, secretKey: `store-${name}` },
    subusers: users.map((user) => ({ ...holder(`${name}.${user}`, user), tier: "FULL" })),
    roles: ROLES.map(role),
  });
  return {
    model: MODEL.aws,
    // Trust names callers alike whatever the provider.
    policy: { provider: oneOf(random, PROVIDERS), bucketPolicies: "gateway" },
    accounts: [account("lab", ["a", "ab"]), account("labs", ["a"])],
    issuers: ISSUERS,
    buckets: [],
    sessions: drawSessions(random),
    revoked: [],
    files,
  };
}

/** Those that have a tier FULL. */
const PROVIDERS = oneOrMore(MODELS.filter((name) => "FULL" in MODEL[name].tiers));

function oneOrMore<T>([first, ...rest]: readonly T[]): readonly [T, ...T[]] {
  if (first === undefined) throw new Error("None at all");
  return [first, ...rest];
}

const TAGS = ["team", "Team", "other"] as const;
const TEXTS = ["a", "ab", "lab"] as const;
const SUBJECTS = ["sam", "samuel", "repo:lab/a:ref:main", "a*b"] as const;

function drawSessions(random: Random): readonly Begun[] {
  return Array.from({ length: 4 }, (_, i): Begun => {
    const account = oneOf(random, ["lab", "labs"] as const);
    const common = {
      accessKey: `ASIAABCDEFGHIJKLMN${"ABCD"[i]}A`,
      account,
      issuedMs: NOW_MS - 1000,
      expiresMs: NOW_MS + 3_600_000,
    };
    if (random() < 0.2) return { ...common, of: { parent: `AKID.${account}` } };
    const tags = drawTags(random);
    return {
      ...common,
      of: { role: oneOf(random, ROLES), name: oneOf(random, SESSIONS) },
      ...(tags && { tags, transitive: Object.keys(tags).filter(() => random() < 0.5) }),
      ...(random() < 0.1 && { policy: "session.json" }),
      ...(random() < 0.3 && { sourceIdentity: oneOf(random, ["ann", "ab"] as const) }),
      ...(random() < 0.3 && { federated: { issuer: "idp", subject: "sam" } }),
    };
  });
}

function drawTags(random: Random): Readonly<Record<string, string>> | undefined {
  return maybe(random, 0.4, () => ({
    [oneOf(random, ["team", "Team"] as const)]: oneOf(random, TEXTS),
    ...(random() < 0.3 && { other: oneOf(random, TEXTS) }),
  }));
}

const SUBJECT_PATTERNS = ["*", "sam", "sam*", "s?m", "repo:lab/*:ref:main"] as const;

function drawTrust(random: Random): WrittenRole["trust"] {
  if (random() < 0.15) {
    const subject =
      random() < 0.5 ? oneOf(random, SUBJECT_PATTERNS) : some(random, SUBJECT_PATTERNS, 2);
    return { issuer: oneOf(random, ["idp", "idp2"] as const), subject };
  }
  const Version = random() < 0.9 ? "2012-10-17" : "2008-10-17";
  for (;;) {
    const drawn = Array.from({ length: between(random, 1, 5) }, () => statement(random));
    const Statement = drawn.filter((one) => isTaken(Version, one));
    if (Statement.length > 0) return { Version, Statement };
  }
}

/** What is no statement of the language is not drawn. */
function isTaken(Version: string, one: Statement): boolean {
  const text = JSON.stringify({ Version, Statement: [one] });
  return parsePolicy(text, "trust.json", "trust", RULES).ok;
}

const ACTIONS = [
  "sts:AssumeRole",
  "sts:AssumeRole*",
  "sts:AssumeRoleWithWebIdentity",
  "sts:TagSession",
  "sts:SetSourceIdentity",
  "sts:*",
  "sts:*",
  "STS:assumerole",
  "sts:?agSession",
] as const;

function statement(random: Random): Statement {
  const isAllow = random() < 0.75;
  const list = some(random, ACTIONS, 3);
  const condition = random() < 0.4 ? undefined : block(random);
  return {
    Effect: isAllow ? "Allow" : "Deny",
    ...(isAllow || random() < 0.6
      ? { Principal: principal(random, 3) }
      : { NotPrincipal: principal(random, 8) }),
    [random() < 0.1 ? "NotAction" : "Action"]: list,
    ...(condition && { Condition: condition }),
  };
}

const NAMES = [
  "lab",
  "labs",
  "arn:aws:iam::lab:root",
  "arn:aws:iam::lab:user/a",
  "arn:aws:iam::labs:user/a",
  "arn:aws:iam::lab:user/ab",
  "arn:aws:iam::lab:role/a",
  "arn:aws:sts::lab:assumed-role/a/ann",
  "arn:aws:sts::labs:assumed-role/b/a",
  "*",
  "*",
] as const;
const FEDERATED = [
  "idp",
  "idp2",
  "https://idp.example.org/realms/lab",
  "idp.example.org/realms/labs",
  "arn:aws:iam::lab:oidc-provider/idp.example.org/realms/lab",
] as const;

function principal(random: Random, most: number): NonNullable<Statement["Principal"]> {
  const chance = random();
  if (chance < 0.08) return "*";
  const AWS = some(random, NAMES, most);
  const Federated = some(random, FEDERATED, 2);
  if (chance < 0.45) return { AWS };
  return chance < 0.8 ? { Federated } : { AWS, Federated };
}

const CLAIM_KEYS = ["idp:", "idp2:", "idp.example.org/realms/lab:"] as const;
/** What calls say of each key, and what they do not. */
const SAID: Readonly<Record<string, readonly [string, ...string[]]>> = {
  sub: SUBJECT_PATTERNS,
  azp: ["web", "we?", "s3"],
  namespace: ["a", "a*", "b"],
  "sts:ExternalId": ["4711", "47*", "0815"],
  "sts:RoleSessionName": ["ann", "a*", "${aws:PrincipalTag/team}"],
  "sts:SourceIdentity": ["ann", "ab", "${aws:RequestTag/team}"],
  "aws:RequestTag/team": ["a", "ab", "a*", "${aws:PrincipalTag/team}"],
  "aws:RequestTag/TEAM": ["a", "lab"],
  "aws:PrincipalTag/team": ["a", "ab", "a*"],
  "aws:PrincipalAccount": ["lab", "lab*"],
  "aws:userid": ["lab", "lab:*", "lab:role/a:*"],
};
const LISTS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  aud: ["s3", "other", "web"],
  groups: ["staff", "admins", "a*"],
  "aws:TagKeys": ["team", "Team", "other", "t*"],
  "sts:TransitiveTagKeys": ["team", "other"],
};
const STRINGS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"] as const;

type Block = NonNullable<Statement["Condition"]>;

function block(random: Random): Block {
  const key = (name: string): string =>
    name.includes(":") ? name : `${oneOf(random, CLAIM_KEYS)}${name}`;
  const ifExists = random() < 0.2 ? "IfExists" : "";
  switch (between(random, 0, 9)) {
    case 0: {
      const not = random() < 0.4 ? "Not" : "";
      return { [`${not}IpAddress${ifExists}`]: { "aws:SourceIp": some(random, NETWORKS, 2) } };
    }
    case 1: {
      const order = oneOf(random, ["LessThan", "LessThanEquals", "GreaterThan"] as const);
      const seconds = oneOf(random, ["900", "3600", "3601"] as const);
      return { [`Numeric${order}${ifExists}`]: { "sts:DurationSeconds": seconds } };
    }
    case 2: {
      const name = oneOf(random, oneOrMore([...Object.keys(SAID), ...Object.keys(LISTS)]));
      return { Null: { [key(name)]: oneOf(random, ["true", "false"] as const) } };
    }
    case 3: {
      const operator = oneOf(random, ["ArnLike", "ArnNotLike", "ArnEquals"] as const);
      const arns = ["arn:aws:iam::lab:*", "arn:aws:iam::lab*:user/a", "arn:aws:iam::lab:role/a"];
      return {
        [`${operator}${ifExists}`]: { "aws:PrincipalArn": some(random, oneOrMore(arns), 2) },
      };
    }
    case 4:
    case 5:
    case 6: {
      const name = oneOf(random, oneOrMore(Object.keys(LISTS)));
      const set = oneOf(random, ["ForAllValues", "ForAnyValue"] as const);
      return {
        [`${set}:${oneOf(random, STRINGS)}`]: {
          [key(name)]: some(random, LISTS[name] ?? ["a"], 2),
        },
      };
    }
    default: {
      const name = oneOf(random, oneOrMore([...Object.keys(SAID), "aud", "groups"]));
      const values = SAID[name] ?? LISTS[name] ?? ["a"];
      return { [`${oneOf(random, STRINGS)}${ifExists}`]: { [key(name)]: some(random, values, 2) } };
    }
  }
}

/** A call by a key, a session or a token for one of the roles, or for none. */
export function drawCall(random: Random, { accounts, sessions }: TrustWorld): Call {
  const seconds = maybe(random, 0.4, () => oneOf(random, [900, 3600, 3601, 7200] as const));
  const common = {
    account: oneOf(random, ["lab", "labs"] as const),
    role: random() < 0.03 ? "none" : oneOf(random, ROLES),
    session: oneOf(random, ["ann", "ab"] as const),
    ...(seconds !== undefined && { seconds }),
    ip: oneOf(random, ADDRESSES),
    nowMs: NOW_MS,
  };
  if (random() < 0.45) return { ...common, by: { claims: drawClaims(random) } };
  const holders = accounts.flatMap((account) => [account, ...(account.subusers ?? [])]);
  const keys = [...holders.flatMap((one) => one.keys ?? []), ...sessions];
  const as = keys[between(random, 0, keys.length - 1)]?.accessKey ?? "";
  const tags = drawTags(random);
  return {
    ...common,
    by: { as },
    ...(random() < 0.3 && { externalId: oneOf(random, ["4711", "0815"] as const) }),
    ...(random() < 0.25 && { sourceIdentity: oneOf(random, ["ann", "ab"] as const) }),
    ...(tags && { tags, transitive: Object.keys(tags).filter(() => random() < 0.3) }),
  };
}

function drawClaims(random: Random): Claims {
  const issuer = oneOf(random, oneOrMore(ISSUERS));
  const list = (from: readonly [string, ...string[]]): Words =>
    random() < 0.4 ? oneOf(random, from) : [...new Set(some(random, from, 3))];
  return {
    iss: issuer.url,
    sub: oneOf(random, SUBJECTS),
    aud:
      random() < 0.06
        ? "nobody"
        : random() < 0.6
          ? "s3"
          : ["s3", ...some(random, ["other", "x"], 2)],
    iat: NOW_MS / 1000 - 10,
    exp: NOW_MS / 1000 + 600,
    ...(random() < 0.5 && { azp: oneOf(random, ["web", "s3"] as const) }),
    ...(random() < 0.6 && { groups: list(["staff", "admins", "a", "team"]) }),
    ...(random() < 0.6 && { roles: list(["staff", "a"]) }),
    ...(random() < 0.4 && { k8s: { namespace: oneOf(random, ["a", "ab"] as const) } }),
    ...(random() < 0.3 && { team: oneOf(random, TEXTS) }),
  };
}
