import { err, type Result } from "../lib/result.ts";
import type { ActionLevel } from "./actions.ts";
import { globOf, matchesGlob, wildcardParts } from "../lib/glob.ts";
import type { PolicyKind } from "./policy.ts";
import { parseTemplate, type Template } from "./template.ts";
import type { Remedy } from "../lib/suggestion.ts";

/** The beginning of every resource in a question. */
const ARN_PREFIX = "arn:aws:s3:::";

/**
 * The resources that a pattern can be about; all others are nothing (S3-AUTHORIZATION section 3.1).
 */
export type ResourceRules = {
  readonly kind: PolicyKind;
  /** The policy's own bucket; `undefined` if it is not known here. */
  readonly bucket: string | undefined;
  /** Ceph's tenant, which may stand where AWS has nothing: `arn:aws:s3::tenant:bucket`. */
  readonly tenant: string | undefined;
  readonly variables: boolean;
};

export type ResourceFault = { readonly message: string; readonly remedy: Remedy };

/**
 * The part of a resource's ARN that patterns are matched with: `bucket`, `bucket/key`, or `*`
 * for the whole account. Throws for anything that is no S3 resource of this gateway.
 */
export function relativeResource(arn: string): string {
  if (arn.startsWith(ARN_PREFIX)) return arn.slice(ARN_PREFIX.length);
  if (arn === "*") return arn;
  throw new TypeError(`Cannot evaluate a resource outside S3: got "${arn}"`);
}

/**
 * Compiles a Resource pattern into one for the text after `arn:aws:s3:::`. Since every request has
 * the same first five components, a pattern either matches all of them or none. A pattern that
 * matches none is refused: a Deny on it would be without effect.
 */
export function parseResource(text: string, rules: ResourceRules): Result<Template, ResourceFault> {
  if (text === "*" && rules.kind === "bucket") return invalid(text, WRITE_BUCKET);
  if (text.length > PATTERN_MAX) return invalid(`${text.slice(0, 40)}…`, "Shorten the pattern");
  const relative = text === "*" ? text : relativePattern(text, rules.tenant);
  if (relative === undefined || relative === "") return invalid(text, WRITE_ARN);
  if (!isOfBucket(relative, rules)) {
    return invalid(text, `The policy belongs to the bucket "${rules.bucket}": name that one`);
  }
  return parseTemplate(relative, {
    wildcards: true,
    variables: rules.variables,
    clientVariables: false,
    fold: false,
  });
}

/**
 * Returns true if some resource at `level` could match a pattern as written, so that a statement
 * which can never apply is refused and not stored (section 3.1).
 */
export function mayApply(template: Template, level: ActionLevel): boolean {
  if (level === "other") return template.parts.some((part) => part.kind === "many");
  const open = template.parts.some((part) => part.kind !== "text");
  const slash = template.parts.some((part) => part.kind === "text" && part.text.includes("/"));
  return level === "object" ? open || slash : !slash;
}

/** The longest pattern, longer than any ARN of an object: a key has at most 1,024 bytes. */
const PATTERN_MAX = 2048;

const WRITE_ARN = "Write arn:aws:s3:::bucket or arn:aws:s3:::bucket/key, with * and ? in it";
const WRITE_BUCKET = "Write arn:aws:s3:::bucket and arn:aws:s3:::bucket/*";

function relativePattern(text: string, tenant: string | undefined): string | undefined {
  let at = 0;
  for (const allowed of [["arn"], ["aws", "aws-cn", "aws-us-gov"], ["s3"], [""], ["", tenant]]) {
    const colon = text.indexOf(":", at);
    if (colon < 0 || !fitsOne(text.slice(at, colon), allowed)) return undefined;
    at = colon + 1;
  }
  return text.slice(at);
}

/** Returns true if a component fits one of those allowed. Wildcards stay within their component. */
function fitsOne(component: string, allowed: readonly (string | undefined)[]): boolean {
  const glob = globOf(wildcardParts(component));
  return allowed.some((text) => text !== undefined && matchesGlob(glob, text));
}

/**
 * Returns true if the pattern may be about the policy's own bucket. A bucket's name with wildcards
 * or variables may be any, and is only compared with this one.
 */
function isOfBucket(relative: string, rules: ResourceRules): boolean {
  if (rules.bucket === undefined) return true;
  const slash = relative.indexOf("/");
  const bucket = slash < 0 ? relative : relative.slice(0, slash);
  return bucket === rules.bucket || /[*?]/.test(bucket) || bucket.includes("${");
}

function invalid(text: string, remedy: string): { ok: false; error: ResourceFault } {
  return err({ message: `Policy has invalid resource: got "${text}"`, remedy });
}
