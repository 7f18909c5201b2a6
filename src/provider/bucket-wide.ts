import { inOrder, type Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type ActionSet, compileActions } from "../policy/actions.ts";
import type { Effect } from "../policy/condition.ts";
import { type JsonNode, readJson } from "../lib/json.ts";
import type { Policy, Statement } from "../policy/policy.ts";
import type { Principals } from "../policy/principals.ts";
import { complain, fieldsOf, itemsOf, fieldPath, type Report, reportOf } from "../policy/report.ts";
import { parseResource } from "../policy/resource.ts";
import type { Template } from "../policy/template.ts";
import { actionFault, type DocumentShape, type PolicyDialect } from "./dialect.ts";
import { canonicalName, parseDirectoryName } from "./directory-name.ts";

type Shape = Extract<DocumentShape, { readonly kind: "bucket-wide" }>;

/**
 * Reads a policy whose statements are about one whole bucket: no Resource, no Condition, principals
 * by name ("How Policy Statements for S3 Buckets are Structured", Qumulo). It becomes the same
 * Policy as AWS's language, so that it is judged by the same code. The error lists every problem
 * in the order of the text.
 */
export function parseBucketWide(
  dialect: PolicyDialect,
  shape: Shape,
  text: string,
  file: string,
  bucket: string,
  problemsMax?: number,
): Result<Policy, readonly Problem[]> {
  const report = reportOf(file, text, problemsMax);
  const root = readRoot(report);
  const policy =
    root === undefined ? undefined : readPolicy({ report, dialect, shape, bucket }, root);
  if (policy !== undefined && report.problems.length === 0) return ok(policy);
  return err(inOrder(report.problems));
}

/** AWS's limit for a bucket policy, since the provider's document has none. */
const BYTES_MAX = 20_480;
const DEPTH_MAX = 10;

function readRoot(report: Report): JsonNode | undefined {
  if (Buffer.byteLength(report.text, "utf8") > BYTES_MAX) {
    const message = `The policy document exceeds the maximum allowed size of ${BYTES_MAX} bytes`;
    return complain(report, 0, "", message, "Shorten it");
  }
  const document = readJson(report.text, DEPTH_MAX);
  if (document.ok) return document.value.root;
  const { at, message } = document.error;
  return complain(report, at, "", `Policies must be valid JSON: ${message}`);
}

type Reading = {
  readonly report: Report;
  readonly dialect: PolicyDialect;
  readonly shape: Shape;
  readonly bucket: string;
};

function readPolicy(reading: Reading, root: JsonNode): Policy | undefined {
  const { report, shape } = reading;
  const fields = fieldsOf(report, root, "", ["Id", shape.statements, "Version"]);
  if (fields === undefined) return undefined;
  const version = fields.get("Version");
  if (version !== undefined && (version.kind !== "string" || version.text !== "2012-10-17")) {
    const message = "The policy must contain a valid version string";
    complain(report, version.at, "Version", message, 'Write "2012-10-17" or leave it out');
  }
  const id = textOf(report, fields, "Id", "");
  const list = fields.get(shape.statements);
  if (list?.kind !== "array" || list.items.length === 0) {
    const message = `Invalid policy syntax: expected statements in ${shape.statements}`;
    return complain(report, list?.at ?? root.at, shape.statements, message);
  }
  const statements = list.items.map((node, index) => readStatement(reading, node, index));
  return {
    file: report.file,
    kind: "bucket",
    id,
    statements: statements.filter((statement) => statement !== undefined),
  };
}

function readStatement(reading: Reading, node: JsonNode, index: number): Statement | undefined {
  const { report, shape, bucket } = reading;
  const path = `${shape.statements}[${index}]`;
  const fields = fieldsOf(report, node, path, STATEMENT_FIELDS);
  if (fields === undefined) return undefined;
  const effect = readEffect(report, node, fields, path);
  const set = readActions(reading, node, fields, path, effect);
  const principals = readPrincipals(reading, node, fields, path);
  const sid = textOf(report, fields, "Sid", path);
  checkIndex(report, fields.get("Index"), path);
  if (effect === undefined || set === undefined || principals === undefined) return undefined;
  const { line } = report.placeOf(node.at);
  return {
    place: { file: report.file, line, sid, index },
    effect,
    principals,
    actions: { negated: false, set },
    resources: { negated: false, patterns: wholeBucket(bucket) },
    conditions: [],
  };
}

const STATEMENT_FIELDS = ["Action", "Effect", "Index", "Principal", "Sid"];

type Fields = ReadonlyMap<string, JsonNode>;

function readEffect(
  report: Report,
  node: JsonNode,
  fields: Fields,
  path: string,
): Effect | undefined {
  const effect = fields.get("Effect");
  const text = effect?.kind === "string" ? effect.text : undefined;
  if (text === "Allow" || text === "Deny") return text;
  const message = effect === undefined ? "Missing required field Effect" : "Invalid effect";
  const at = effect?.at ?? node.at;
  return complain(report, at, fieldPath(path, "Effect"), message, 'Write "Allow" or "Deny"');
}

function readActions(
  { report, dialect }: Reading,
  node: JsonNode,
  fields: Fields,
  path: string,
  effect: Effect | undefined,
): ActionSet | undefined {
  const field = fields.get("Action");
  const at = fieldPath(path, "Action");
  if (field === undefined) return complain(report, node.at, at, "Missing required field Action");
  const patterns: string[] = [];
  for (const item of itemsOf(report, field, at)) {
    const compiled = compileActions([item.text]);
    const fault = compiled.ok ? actionFault(dialect, item.text, effect === "Deny") : compiled.error;
    if (fault === undefined) patterns.push(item.text);
    else complain(report, item.at, item.path, fault.message, fault.remedy);
  }
  const set = compileActions(patterns);
  return set.ok ? set.value : undefined;
}

function readPrincipals(
  { report, shape }: Reading,
  node: JsonNode,
  fields: Fields,
  path: string,
): Principals | undefined {
  const field = fields.get("Principal");
  const at = fieldPath(path, "Principal");
  if (field === undefined) return complain(report, node.at, at, "Missing required field Principal");
  const list = fieldsOf(report, field, at, [shape.principal])?.get(shape.principal);
  if (list === undefined) {
    const remedy = `Write {"${shape.principal}": ["Everyone"]}`;
    return complain(report, field.at, at, "Invalid principal in policy", remedy);
  }
  const names = new Set<string>();
  let everyone = false;
  for (const item of itemsOf(report, list, fieldPath(at, shape.principal))) {
    const name = parseDirectoryName(item.text);
    if (!name.ok) complain(report, item.at, item.path, name.error.message, name.error.remedy);
    else if (name.value.kind === "everyone") everyone = true;
    else names.add(canonicalName(name.value));
  }
  return { negated: false, everyone, names };
}

/**
 * Checks the index, which is only the order in which statements are shown: it gives no precedence
 * (section 5.2).
 */
function checkIndex(report: Report, node: JsonNode | undefined, path: string): void {
  if (node === undefined || (node.kind === "number" && /^[0-9]{1,9}$/.test(node.text))) return;
  complain(
    report,
    node.at,
    fieldPath(path, "Index"),
    "Invalid policy syntax: Index must be a number",
  );
}

/** Returns patterns of the bucket and of every object in it. Throws for an invalid bucket name. */
export function wholeBucket(bucket: string): readonly Template[] {
  return [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`].map((arn) => {
    const rules = { kind: "bucket", bucket, tenant: undefined, variables: false } as const;
    const pattern = parseResource(arn, rules);
    if (!pattern.ok) throw new TypeError(`Cannot name the bucket "${bucket}" in a policy`);
    return pattern.value;
  });
}

function textOf(report: Report, fields: Fields, name: string, path: string): string | undefined {
  const node = fields.get(name);
  if (node === undefined || node.kind === "string") return node?.text;
  const message = `Invalid policy syntax: ${name} must be text`;
  return complain(report, node.at, fieldPath(path, name), message);
}
