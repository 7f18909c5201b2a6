import { readJson, type JsonNode } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import { AGAINST_FORM_POLICY, FORM_POLICY_PROBLEMS } from "../s3/fault-table.ts";
import { awsFault, filledIn, type Fault } from "../s3/faults.ts";
import { parseAmzDate } from "./amz-date.ts";
import type { SignatureRules } from "./rules.ts";

/**
 * The policy document of a browser's upload form ("POST Policy", Amazon S3 API Reference): the
 * rights that its writer passes to the holder of the form. It restricts; it never grants.
 */
export type PostPolicy = {
  /** Milliseconds since the epoch. */
  readonly expiresMs: number;
  readonly conditions: readonly PostCondition[];
};

/** `field` is the lower-case name of a form field, without `$`; `text` is the condition as written. */
type PostCondition =
  | {
      readonly kind: "eq" | "starts-with";
      readonly field: string;
      readonly value: string;
      readonly text: string;
    }
  | { readonly kind: "length"; readonly minBytes: number; readonly maxBytes: number };

/** The allowed lengths of the file, both ends included. */
export type LengthRange = { readonly minBytes: number; readonly maxBytes: number };

/** The base64 text; the form's fields together are at most 20 KB anyway. */
const POLICY_CHARACTERS_MAX = 20 * 1024;
/** The document, its list of conditions, and a condition. */
const DEPTH_MAX = 3;

/**
 * Fields that need no condition: they prove the policy, or are not stored ("POST Policy",
 * "Conditions"). Names of the second list are prefixes.
 */
const UNCONDITIONED: ReadonlySet<string> = new Set([
  "awsaccesskeyid",
  "file",
  "policy",
  "signature",
  "x-amz-signature",
]);
const IGNORED_PREFIX = "x-ignore-";

/**
 * Reads the `policy` field: base64 of strict JSON in UTF-8. Operators and field names are
 * case-insensitive, the two members of the document are not, as in S3.
 * Error: InvalidPolicyDocument for anything not understood whole, doubled member names included.
 */
export function parsePostPolicy(base64: string): Result<PostPolicy, Fault> {
  const { empty, base64: encoding, json, member, noExpiration } = FORM_POLICY_PROBLEMS;
  if (base64.length > POLICY_CHARACTERS_MAX) return invalid(json, "it is too long");
  if (base64 === "") return invalid(empty);
  const text = decodeBase64(base64);
  if (text === undefined) return invalid(encoding, "it must be canonical base64 of UTF-8");
  const document = readJson(text, DEPTH_MAX);
  if (!document.ok) return invalid(json);
  const members = membersOf(document.value.root);
  if (members === undefined) return invalid(json, "it must be an object with each member once");
  for (const name of members.keys()) {
    if (name !== "expiration" && name !== "conditions") return invalid(filledIn(member, [name]));
  }
  const expiration = members.get("expiration");
  if (expiration === undefined) return invalid(noExpiration);
  if (expiration.kind !== "string") return invalid(json);
  const expiresMs = parseExpiration(expiration.text);
  if (expiresMs === undefined) {
    const problem = filledIn(FORM_POLICY_PROBLEMS.expiration, [expiration.text]);
    return invalid(problem, "it must be an ISO 8601 time in UTC");
  }
  const conditions = parseConditions(members.get("conditions"));
  return conditions.ok ? ok({ expiresMs, conditions: conditions.value }) : conditions;
}

/**
 * Checks the form against `policy`: not expired at `nowMs`, every condition fulfilled, every field
 * covered by a condition. `fields` are by lower-case name, with `${filename}` already replaced.
 * `bucket` is that of the URL: a field of that name is never believed (CVE-2023-43040). The result
 * must still be compared with the file: `lengthFault`. Error: AccessDenied.
 */
export function checkPostPolicy(
  policy: PostPolicy,
  fields: ReadonlyMap<string, string>,
  bucket: string,
  nowMs: number,
): Result<LengthRange, Fault> {
  if (nowMs >= policy.expiresMs) return denied(AGAINST_FORM_POLICY.expired);
  const judged = new Map(fields).set("bucket", bucket);
  const covered = new Set<string>();
  let range: LengthRange = { minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER };
  for (const condition of policy.conditions) {
    if (condition.kind === "length") {
      range = narrower(range, condition);
    } else {
      if (!holds(condition, judged)) {
        return denied(filledIn(AGAINST_FORM_POLICY.condition, [condition.text]));
      }
      covered.add(condition.field);
    }
  }
  const extra = [...judged.keys()].filter((name) => !covered.has(name) && needsCondition(name));
  if (extra.length === 0) return ok(range);
  return denied(filledIn(AGAINST_FORM_POLICY.extra, [extra.join(", ")]));
}

/**
 * Returns the refusal of a form that is older than a presigned URL could be, whatever its policy
 * says, or that is from the future. Its age is that of its `x-amz-date`, which the policy signs. A
 * form of version 2 has none: there the end of its policy counts, as `Expires` does. Error:
 * AccessDenied.
 */
export function ageFault(
  { expiresMs }: PostPolicy,
  fields: ReadonlyMap<string, string>,
  nowMs: number,
  rules: SignatureRules,
): Fault | undefined {
  const madeMs = parseAmzDate(fields.get("x-amz-date") ?? "");
  const maxMs = madeMs === undefined ? rules.presignedV2MaxMs : rules.presignedExpiryMaxMs;
  if (maxMs === undefined) return undefined;
  if (madeMs !== undefined && madeMs - nowMs > rules.clockSkewMs) {
    return ownFault("its x-amz-date is still to come");
  }
  const isGood = madeMs === undefined ? expiresMs - nowMs <= maxMs : nowMs - madeMs <= maxMs;
  if (isGood) return undefined;
  return ownFault(`a form is good for at most ${maxMs / 1000} seconds here`);
}

/** The refusal of a file of `length` bytes; undefined if it is within `range`. */
export function lengthFault(range: LengthRange, length: number): Fault | undefined {
  const proposed = ["ProposedSize", `${length}`] as const;
  if (length < range.minBytes) {
    const elements = [proposed, ["MinSizeAllowed", `${range.minBytes}`]] as const;
    return awsFault("EntityTooSmall", { elements });
  }
  if (length > range.maxBytes) {
    const elements = [proposed, ["MaxSizeAllowed", `${range.maxBytes}`]] as const;
    return awsFault("EntityTooLarge", { elements });
  }
  return undefined;
}

function narrower(left: LengthRange, right: LengthRange): LengthRange {
  return {
    minBytes: Math.max(left.minBytes, right.minBytes),
    maxBytes: Math.min(left.maxBytes, right.maxBytes),
  };
}

function needsCondition(name: string): boolean {
  return !UNCONDITIONED.has(name) && !name.startsWith(IGNORED_PREFIX);
}

type FieldCondition = Exclude<PostCondition, { readonly kind: "length" }>;

/** Returns true if the condition holds. An absent field fulfils nothing, not even the prefix "". */
function holds(condition: FieldCondition, fields: ReadonlyMap<string, string>): boolean {
  const value = fields.get(condition.field);
  if (value === undefined) return false;
  if (condition.kind === "eq") return value === condition.value;
  // A list of media types must begin so in each of its items ("POST Policy", "starts-with").
  const items = condition.field === "content-type" ? value.split(",") : [value];
  return items.every(
    (item) => item.trimStart().startsWith(condition.value) || item.startsWith(condition.value),
  );
}

function parseConditions(node: JsonNode | undefined): Result<readonly PostCondition[], Fault> {
  if (node === undefined) return invalid(FORM_POLICY_PROBLEMS.noConditions);
  if (node.kind !== "array") return invalid(FORM_POLICY_PROBLEMS.conditions);
  const conditions: PostCondition[] = [];
  for (const [i, item] of node.items.entries()) {
    const condition = parseCondition(item);
    if (!condition.ok) return invalid(condition.error, `condition number ${i + 1} of the list`);
    conditions.push(condition.value);
  }
  return ok(conditions);
}

/** Reads a condition. The error names its fault, in AWS's words. */
function parseCondition(node: JsonNode): Result<PostCondition, string> {
  if (node.kind === "array") return parseListed(node.items);
  if (node.kind !== "object") return err(FORM_POLICY_PROBLEMS.condition);
  // `{"field": "value"}`, which means `eq`.
  const [member, ...more] = node.members;
  if (member === undefined || more.length > 0) return err(FORM_POLICY_PROBLEMS.properties);
  if (member.value.kind !== "string") return err(FORM_POLICY_PROBLEMS.simpleValue);
  return fieldCondition("eq", member.name, member.value.text);
}

/** `["eq" or "starts-with", "$field", "value"]` or `["content-length-range", min, max]`. */
function parseListed(items: readonly JsonNode[]): Result<PostCondition, string> {
  const [operator, first, second] = items;
  if (operator?.kind !== "string") return err(FORM_POLICY_PROBLEMS.noOperation);
  const kind = operator.text.toLowerCase();
  const isRange = kind === "content-length-range";
  if (!isRange && kind !== "eq" && kind !== "starts-with") {
    return err(filledIn(FORM_POLICY_PROBLEMS.operation, [operator.text]));
  }
  if (items.length !== 3) return err(filledIn(FORM_POLICY_PROBLEMS.arguments, [operator.text]));
  if (isRange) return lengthCondition(first, second);
  if (first?.kind !== "string" || second?.kind !== "string") return err(FORM_POLICY_PROBLEMS.json);
  if (first.text.startsWith("$")) return fieldCondition(kind, first.text.slice(1), second.text);
  // A name that is no field has no value: as in S3, the condition can never hold.
  return ok({ kind, field: "", value: second.text, text: textOf(kind, first.text, second.text) });
}

function fieldCondition(
  kind: "eq" | "starts-with",
  name: string,
  value: string,
): Result<PostCondition, string> {
  if (name === "") return err(FORM_POLICY_PROBLEMS.json);
  return ok({ kind, field: name.toLowerCase(), value, text: textOf(kind, `$${name}`, value) });
}

/** A condition as AWS writes it into its message. */
function textOf(kind: string, field: string, value: string): string {
  return `["${kind}", ${JSON.stringify(field)}, ${JSON.stringify(value)}]`;
}

function lengthCondition(
  min: JsonNode | undefined,
  max: JsonNode | undefined,
): Result<PostCondition, string> {
  const minBytes = parseBytes(min);
  const maxBytes = parseBytes(max);
  if (minBytes === undefined || maxBytes === undefined || minBytes > maxBytes) {
    return err(FORM_POLICY_PROBLEMS.json);
  }
  return ok({ kind: "length", minBytes, maxBytes });
}

/** A number of bytes, which older form writers put in quotes. */
function parseBytes(node: JsonNode | undefined): number | undefined {
  const written = node?.kind === "number" || (node?.kind === "string" && DIGITS.test(node.text));
  const bytes = written ? Number(node.text) : -1;
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined;
}

const DIGITS = /^\d{1,15}$/;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

function parseExpiration(text: string): number | undefined {
  if (!ISO_TIME.test(text)) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return undefined;
  // Date.parse takes 30 February for 1 March.
  return new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19) ? ms : undefined;
}

/** Decodes canonical base64 only: the signed text has one meaning. */
function decodeBase64(base64: string): string | undefined {
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 ? decodeUtf8(bytes) : undefined;
}

/** Returns the members of an object; `undefined` if the node is no object, or has a name twice. */
function membersOf(node: JsonNode): ReadonlyMap<string, JsonNode> | undefined {
  if (node.kind !== "object") return undefined;
  const members = new Map(node.members.map(({ name, value }) => [name, value]));
  return members.size === node.members.length ? members : undefined;
}

/** `problem`: in AWS's words; `why`: what we add. */
function invalid(problem: string, why?: string): Result<never, Fault> {
  return err(awsFault("FormPolicy", { values: [problem], why }));
}

function denied(problem: string): Result<never, Fault> {
  return err(awsFault("AgainstFormPolicy", { values: [problem] }));
}

/** Returns a fault that AWS itself does not have. */
function ownFault(why: string): Fault {
  return awsFault("AgainstFormPolicy", { values: [why] });
}
