/** Browsers' forms at random: policies that nearly fit, variables, file names with folders, lengths on the edge. */

import { between, oneOf } from "../../support/seeds.ts";
import { timestampOf } from "../../support/signed.ts";
import type { Asked, Form, FormCondition, World } from "../world.ts";
import { BUCKETS, KEYS, maybe, NOW_MS, type Random } from "./parts.ts";
import { chosen, drawSender } from "./requests.ts";

const DAYS_MS = 86_400_000;
/** How long ago a form was made: also so long that it is over, and not yet. */
const AGES_MS = [0, 0, 0, 3_600_000, 7 * DAYS_MS, 7 * DAYS_MS - 1000, -900_000] as const;
/** When its policy ends, from now. */
const ENDS_MS = [3_600_000, 3_600_000, 3_600_000, 3_600_000, 1000, 0] as const;

const FIELD_KEYS = [
  ...KEYS,
  "${filename}",
  "${filename}",
  "a/${filename}",
  "a/${filename}",
  "raw/${filename}",
] as const;
const TOKEN = "TOKEN";

type FileName = readonly [told: string, kept: string];

/** File names as browsers tell them, and what is left of each. */
const FILES: readonly [FileName, ...FileName[]] = [
  ["a", "a"],
  ["ab", "ab"],
  ["x/b", "b"],
  ["C:\\\\x\\\\ab", "ab"],
  ["C:\\x\\a", "a"],
  ["a*b", "a*b"],
  ["$&", "$&"],
  ["raw/", ""],
];

const FIELDS = {
  acl: ["private", "public-read", "bucket-owner-full-control"],
  tagging: [tagging({ team: "a" }), tagging({ team: "ab", a: "b" }), tagging({ a: "b" })],
  "x-amz-storage-class": ["STANDARD", "GLACIER"],
  "Content-Type": ["text/plain", "text/plain,text/html", "text/plain,image/png"],
  success_action_status: ["201"],
  "x-amz-meta-name": ["a", "the ${filename}"],
  "x-ignore-this": ["a"],
  "X-Amz-Grant-Read": ["uri=http://acs.amazonaws.com/groups/global/AllUsers"],
  submit: ["Upload"],
} as const;

function tagging(tags: Readonly<Record<string, string>>): string {
  const all = Object.entries(tags).map(([key, value]) => {
    return `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
  });
  return `<Tagging><TagSet>${all.join("")}</TagSet></Tagging>`;
}

/** A form of somebody of the world, or of nobody. */
export function drawForm(random: Random, world: World): Asked & { readonly form: Form } {
  const sender = drawSender(random, world);
  const bucket = oneOf(random, BUCKETS);
  const [filename, name] = oneOf(random, FILES);
  const drawn: Readonly<Record<string, string>> = {
    ...chosen(random, FIELDS),
    ...(random() < 0.1 && { bucket: random() < 0.7 ? bucket : oneOf(random, BUCKETS) }),
    [random() < 0.7 ? "key" : "Key"]: oneOf(random, FIELD_KEYS),
  };
  // A canned ACL and grants in one request are an error of their own.
  const { "X-Amz-Grant-Read": grant, ...page } = drawn;
  const isGranted = grant !== undefined && page["acl"] === undefined;
  const own = isGranted ? { ...page, "X-Amz-Grant-Read": grant } : page;
  const proof = sender.as === undefined ? {} : credential(random, sender.as, world);
  const fields = { ...own, ...proof };
  const bytes = oneOf(random, [0, 5, 10] as const);
  const conditions = drawConditions(random, { ...fields, bucket }, name);
  const policy = {
    expiration: new Date(NOW_MS + oneOf(random, ENDS_MS)).toISOString(),
    conditions: [...conditions, ...ranges(random)],
  };
  const behind = maybe(random, 0.2, () => ({ key: oneOf(random, KEYS), acl: "public-read" }));
  const signed = sender.as === undefined ? {} : { policy };
  const form = { fields, filename, bytes, ...signed, ...(behind && { behind }) };
  const headers = chosen(random, { referer: ["a", "lab", "*"] });
  return { ...sender, method: "POST", bucket, query: {}, headers, form };
}

function credential(
  random: Random,
  as: string,
  { sessions }: World,
): Readonly<Record<string, string>> {
  const timestamp = timestampOf(NOW_MS - oneOf(random, AGES_MS));
  const isSession = sessions.some(({ accessKey }) => accessKey === as);
  return {
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": `${as}/${timestamp.slice(0, 8)}/us-east-1/s3/aws4_request`,
    "x-amz-date": timestamp,
    ...(isSession && { "x-amz-security-token": TOKEN }),
  };
}

/** Conditions that cover each field, most of them as it is; in half of the forms one is not right. */
function drawConditions(
  random: Random,
  fields: Readonly<Record<string, string>>,
  name: string,
): readonly FormCondition[] {
  const all = Object.entries(fields)
    .filter(([field]) => !field.startsWith("x-ignore-") || random() < 0.3)
    .map(([field, value]) =>
      covering(
        random,
        field,
        value.replaceAll("${filename}", () => name),
      ),
    );
  if (random() < 0.5) return all;
  const at = between(random, 0, all.length - 1);
  const [field = "key", value = ""] = Object.entries(fields)[at] ?? [];
  const odd = oneOf<readonly FormCondition[]>(random, [
    [],
    [{ [field]: value }],
    [{ [field]: `${value}x` }],
    [["eq", `$${field}`, value.toUpperCase()]],
    [["starts-with", `$${field}`, value.slice(1)]],
    [["starts-with", `$${field}`, ""]],
    [["starts-with", "$x-amz-meta-absent", ""]],
    [["starts-with", "$content-type", "text/"]],
    [["starts-with", "$key", oneOf(random, ["a", "a/", "", "raw"] as const)]],
  ]);
  const isAdded = random() < 0.5;
  return [...all.slice(0, at), ...odd, ...all.slice(isAdded ? at : at + 1)];
}

function covering(random: Random, field: string, value: string): FormCondition {
  const chance = random();
  // What a token begins with is known only later.
  if (chance < 0.5 || value === TOKEN) return { [field]: value };
  if (chance < 0.75) return [oneOf(random, ["eq", "EQ"] as const), `$${field}`, value];
  const spelled = random() < 0.5 ? field : field.toUpperCase();
  const begin = value.slice(0, between(random, 0, value.length));
  return [oneOf(random, ["starts-with", "Starts-With"] as const), `$${spelled}`, begin];
}

function ranges(random: Random): readonly FormCondition[] {
  return Array.from({ length: between(random, 0, 2) }, () => {
    const least = oneOf(random, [0, 0, 0, 5, 6] as const);
    return ["content-length-range", least, least + oneOf(random, [0, 5, 10, 100] as const)];
  });
}
