/** Conditions at random: wildcards next to variables, keys that are absent, negations, doubled values. */

import { between, oneOf } from "../../support/seeds.ts";
import type { Statement } from "../world.ts";
import { NETWORKS, some, type Random } from "./parts.ts";

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

export function condition(random: Random): Block | undefined {
  const chance = random();
  if (chance < 0.45) return undefined;
  if (chance < 0.85) return test(random);
  return { ...test(random), ...test(random) };
}

/**
 * Keys that few requests have, with patterns of actions that the language takes them with: by chance
 * alone, statement and request would hardly ever meet.
 */
const RARE = [
  // Of a copy, the target has no version: what only writes tells it from the source.
  { key: "s3:versionid", actions: ["s3:PutObject", "s3:Put*", "s3:*Object"] },
  { key: "s3:versionid", actions: ["s3:PutObject", "s3:GetObjectVersion", "*"] },
  { key: "s3:prefix", actions: ["s3:*", "*", "s3:List*"] },
  { key: "s3:prefix", actions: ["s3:*", "*", "s3:List*"] },
  { key: "s3:x-amz-copy-source", actions: ["s3:*", "s3:PutObject"] },
] as const;

/** The actions and the condition of a statement about such a key. */
export function rarePart(random: Random): Pick<Statement, "Action" | "Condition"> {
  const { key, actions: known } = oneOf<(typeof RARE)[number]>(random, RARE);
  const operator = oneOf(random, STRINGS);
  const tested: Block =
    random() < 0.3
      ? { Null: { [key]: oneOf(random, ["true", "false"] as const) } }
      : { [operator]: { [key]: some(random, SAID[key] ?? TEXTS, 2) } };
  return { Action: oneOf<string>(random, known), Condition: tested };
}
