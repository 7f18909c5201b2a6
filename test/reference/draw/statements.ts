/** Statements and policies at random, in the language of each model. */

import { parseProviderPolicy } from "../../../src/provider/policy.ts";
import { between, oneOf } from "../../support/seeds.ts";
import { shipped } from "../../unit/provider/providers.ts";
import type { Model, PolicyFile, Statement } from "../world.ts";
import { condition, rarePart } from "./conditions.ts";
import {
  BUCKETS,
  MODEL,
  PEOPLE,
  ROLES,
  SESSIONS,
  some,
  type ModelName,
  type Random,
} from "./parts.ts";

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
  "s3:PostObject",
  "s3:Post*",
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

/** Names of a directory: of accounts, groups, everybody and nobody, and in other letters. */
const DIRECTORY = [
  "lab",
  "LABS",
  "local:Lab",
  "ad:labs",
  "Everyone",
  "world:Everyone",
  "Guest",
  "local:guest",
  "Authenticated Users",
  "team",
  "local:team",
  "gid:7",
  "uid:7",
  "sid:S-1-5-32-544",
  "visitors",
] as const;
export const GROUPS = ["team", "gid:7", "uid:7", "S-1-5-32-544"] as const;
export const PRIVILEGES = ["S3_BUCKETS_READ", "S3_BUCKETS_WRITE", "S3_UPLOADS_WRITE"] as const;

/** Actions and no resource, of which Qumulo's documents know 26. */
function directoryStatement(random: Random): Statement {
  const known = ACTIONS.filter((action) => QUMULO_ACTIONS.has(action));
  const drawn = Array.from({ length: between(random, 1, 3) }, () =>
    random() < 0.3 ? "s3:*" : (known[between(random, 0, known.length - 1)] ?? "s3:*"),
  );
  return {
    Effect: random() < 0.7 ? "Allow" : "Deny",
    Principal: principals(random, MODEL.qumulo),
    Action: [...new Set(drawn)],
  };
}

const QUMULO_ACTIONS = new Set<string>(MODEL.qumulo.policy?.knownActions);

/** Every name by which the model's policies know somebody, and names of nobody. */
export function principals(random: Random, model: Model): NonNullable<Statement["Principal"]> {
  const chance = random();
  if (chance < 0.15 && model.principals.forms !== undefined) return "*";
  if (chance < 0.25 && model.principals.forms !== undefined) return { AWS: "*" };
  const { forms } = model.principals;
  if (forms === undefined) return { Qumulo: some(random, DIRECTORY, 2) };
  const aws = forms.filter(({ form }) => !form.includes("$"));
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

/** A statement that the model's language takes; undefined if what was drawn is none. */
function statement(
  random: Random,
  name: ModelName,
  bucket: string | undefined,
): Statement | undefined {
  if (name === "qumulo" && bucket !== undefined) return directoryStatement(random);
  const Effect = random() < 0.55 ? "Allow" : "Deny";
  const spares = bucket !== undefined && Effect === "Deny" && random() < 0.3;
  const who = bucket === undefined ? undefined : principals(random, MODEL[name]);
  const Condition = condition(random);
  const drawn: Statement = {
    Effect,
    ...(who && { [spares ? "NotPrincipal" : "Principal"]: who }),
    [random() < 0.15 ? "NotResource" : "Resource"]: resources(random, bucket),
    ...(random() < 0.16
      ? rarePart(random)
      : {
          [random() < 0.2 ? "NotAction" : "Action"]: actions(random),
          ...(Condition && { Condition }),
        }),
  };
  return isTaken(name, drawn, bucket) ? drawn : undefined;
}

/** Whether a statement is one of the model's language. */
export function isTaken(name: ModelName, drawn: Statement, bucket: string | undefined): boolean {
  const isDirectory = name === "qumulo" && bucket !== undefined;
  const member = isDirectory ? "Statements" : "Statement";
  const text = JSON.stringify({ Version: "2012-10-17", [member]: [drawn] });
  const kind = bucket === undefined ? "identity" : "bucket";
  return parseProviderPolicy(shipped(name), text, "a.json", kind, { bucket: bucket ?? "" }).ok;
}

export function policyFile(
  random: Random,
  name: ModelName,
  bucket: string | undefined,
  most = 4,
): PolicyFile | undefined {
  const wanted = between(random, 1, most);
  const statements = Array.from({ length: wanted }, () => statement(random, name, bucket));
  const Statement = statements.filter((one) => one !== undefined);
  if (Statement.length === 0) return undefined;
  const Version = name === "qumulo" || random() < 0.9 ? "2012-10-17" : "2008-10-17";
  return { Version, Statement };
}
