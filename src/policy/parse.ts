import { inOrder, type Problem } from "../lib/problem.ts";
import { exact } from "../lib/exact.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type JsonNode, readJson } from "../lib/json.ts";
import { type ActionSets, parseStatement, type StatementRules } from "./parse-statement.ts";
import type { Policy, PolicyKind, Statement } from "./policy.ts";
import { complain, fieldsOf, isFull, type Report, reportOf } from "./report.ts";
import type { TrustRules } from "./trust-rules.ts";

/** The rules of the place where the policy is used. */
export type PolicyRules = {
  /** Bytes of the document without the space between its tokens. */
  readonly bytesMax?: number;
  /** The bucket that a bucket policy belongs to: other buckets' names are refused. */
  readonly bucket?: string;
  /** The tenant that the bucket has in Ceph. */
  readonly tenant?: string;
  /** True if an Allow may name operations (`s3:HeadObject`) instead of actions. */
  readonly operationNames?: boolean;
  /** True if NotPrincipal may stand with Allow: AWS refuses that. */
  readonly notPrincipalAllow?: boolean;
  /** The number of problems to look for; all, if it is left out. */
  readonly problemsMax?: number;
  /** The results that policies kept together share: each is then compiled and kept once. */
  readonly actionSets?: ActionSets;
  /** The rules of a trust policy; needed for that, and only for that. */
  readonly trust?: TrustRules;
};

/**
 * Reads a policy document in AWS's language (S3-AUTHORIZATION section 3; "Grammar of the IAM JSON
 * policy language"), and refuses everything that would not be evaluated: an unknown field,
 * operator, key or action, a doubled name, a statement that can match nothing. `file` is only a
 * name for places. The error lists every problem up to `problemsMax`, in the order of the text;
 * messages begin with AWS's own words for MalformedPolicy if it has some.
 */
export function parsePolicy(
  text: string,
  file: string,
  kind: PolicyKind,
  rules: PolicyRules = {},
): Result<Policy, readonly Problem[]> {
  return parsePolicyText(text, file, kind, rules).policy;
}

/** The result of `parsePolicy()`, and the document that it read; `undefined` if it is not JSON. */
export function parsePolicyText(
  text: string,
  file: string,
  kind: PolicyKind,
  rules: PolicyRules,
): { readonly policy: Result<Policy, readonly Problem[]>; readonly root: JsonNode | undefined } {
  const report = reportOf(file, text, rules.problemsMax);
  const root = readDocument(report, rules.bytesMax ?? BYTES_MAX[kind]);
  const policy = root === undefined ? undefined : readPolicy(report, root, kind, rules);
  if (policy !== undefined && report.problems.length === 0) return { policy: ok(policy), root };
  return { policy: err(inOrder(report.problems)), root };
}

/** AWS's limit for a bucket policy; an operator's own files may be as large as any text read. */
const BYTES_MAX: Readonly<Record<PolicyKind, number>> = {
  bucket: 20_480,
  identity: 65_536,
  trust: 20_480,
};

/** Space between tokens may take a document this far and no farther. */
const TEXT_BYTES_MAX = 65_536;
const DEPTH_MAX = 10;
const STATEMENTS_MAX = 500;

function readDocument(report: Report, bytesMax: number): JsonNode | undefined {
  const { text } = report;
  const bytes = Buffer.byteLength(text, "utf8");
  if (bytes > Math.max(TEXT_BYTES_MAX, bytesMax)) return complainOfSize(report, bytesMax);
  if (!text.startsWith("{")) return complain(report, 0, "", NOT_JSON);
  const document = readJson(text, DEPTH_MAX);
  if (!document.ok) {
    const { at, message } = document.error;
    return complain(report, at, "", `${NOT_JSON}: ${message}`);
  }
  const { root, spaces } = document.value;
  return bytes - spaces > bytesMax ? complainOfSize(report, bytesMax) : root;
}

const NOT_JSON = "Policies must be valid JSON and the first byte must be '{'";

function complainOfSize(report: Report, bytesMax: number): undefined {
  const message = `Normalized policy document exceeds the maximum allowed size of ${bytesMax} bytes`;
  return complain(report, 0, "", message, "Shorten it, or merge statements with wildcards");
}

const POLICY_FIELDS = ["Version", "Id", "Statement"];

function readPolicy(
  report: Report,
  root: JsonNode,
  kind: PolicyKind,
  rules: PolicyRules,
): Policy | undefined {
  const fields = fieldsOf(report, root, "", POLICY_FIELDS);
  const list = fields?.get("Statement");
  if (fields === undefined) return undefined;
  const variables = readVersion(report, fields.get("Version")) === "2012-10-17";
  const id = readText(report, fields.get("Id"), "Id");
  if (list === undefined) {
    return complain(report, root.at, "Statement", "Missing required field Statement");
  }
  const statements = readStatements(report, list, {
    kind,
    variables,
    bucket: rules.bucket,
    tenant: rules.tenant,
    operationNames: rules.operationNames ?? false,
    notPrincipalAllow: rules.notPrincipalAllow ?? false,
    actionSets: rules.actionSets ?? new Map(),
    trust: rules.trust,
  });
  return { file: report.file, kind, id, statements };
}

function readVersion(report: Report, node: JsonNode | undefined): string {
  const version = node?.kind === "string" ? node.text : undefined;
  if (node === undefined) return "2008-10-17";
  if (version === "2008-10-17" || version === "2012-10-17") return version;
  const got = version === undefined ? "" : `: got "${version}"`;
  const message = `The policy must contain a valid version string${got}`;
  complain(report, node.at, "Version", message, 'Write "2012-10-17"');
  return "2012-10-17"; // So that the rest is read as its author most likely meant it.
}

function readText(report: Report, node: JsonNode | undefined, path: string): string | undefined {
  if (node === undefined || node.kind === "string") return node?.text;
  return complain(report, node.at, path, `Invalid policy syntax: ${path} must be text`);
}

function readStatements(
  report: Report,
  list: JsonNode,
  rules: StatementRules,
): readonly Statement[] {
  const nodes = list.kind === "array" ? list.items : [list];
  if (nodes.length === 0) complain(report, list.at, "Statement", "Statement is empty!");
  if (nodes.length > STATEMENTS_MAX) {
    const message = `A policy can have at most ${STATEMENTS_MAX} statements, got ${nodes.length}`;
    complain(report, list.at, "Statement", message, "Split it into several policies");
    return [];
  }
  const statements: Statement[] = [];
  const sids = new Set<string>();
  for (const [index, node] of nodes.entries()) {
    if (isFull(report)) break;
    const path = list.kind === "array" ? `Statement[${index}]` : "Statement";
    const statement = parseStatement(report, node, path, index, rules);
    if (statement === undefined) continue;
    const { sid } = statement.place;
    if (sid !== undefined && sids.has(sid)) {
      const message = `Statement IDs (SID) in a single policy must be unique: got "${sid}" twice`;
      complain(report, node.at, `${path}.Sid`, message, "Rename one of the two");
    }
    if (sid !== undefined && sid !== "") sids.add(sid);
    statements.push(statement);
  }
  return exact(statements);
}
