import { inOrder, type Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { parsePolicyText, type PolicyRules } from "../policy/parse.ts";
import type { Policy, PolicyKind } from "../policy/policy.ts";
import { parseBucketWide } from "./bucket-wide.ts";
import type { Provider } from "./provider.ts";
import { reportOf } from "../policy/report.ts";
import { restrictions } from "./restrict.ts";

/**
 * Reads a policy as `provider` understands it, into what evaluate() judges by. Identity policies
 * are the gateway's own files, so they are always in AWS's form. The error lists every problem in
 * the order of the text; nothing that the provider does not support is passed over. Throws if a
 * bucket policy without resources comes without the name of its bucket.
 */
export function parseProviderPolicy(
  provider: Provider,
  text: string,
  file: string,
  kind: PolicyKind,
  rules: Omit<PolicyRules, "operationNames" | "notPrincipalAllow"> = {},
): Result<Policy, readonly Problem[]> {
  const { dialect, principals, switches } = provider;
  if (kind === "bucket" && dialect.document.kind === "bucket-wide") {
    const { bucket } = rules;
    if (bucket === undefined) throw new TypeError("Cannot read a bucket policy without its bucket");
    return parseBucketWide(dialect, dialect.document, text, file, bucket, rules.problemsMax);
  }
  const { operationNames } = switches;
  const { notPrincipalAllow } = dialect;
  const language = { ...rules, operationNames, notPrincipalAllow };
  const { policy, root } = parsePolicyText(text, file, kind, language);
  const report = reportOf(file, text, rules.problemsMax);
  const problems = restrictions(dialect, principals, report, root, kind);
  if (policy.ok && problems.length === 0) return ok(policy.value);
  return err(inOrder([...(policy.ok ? [] : policy.error), ...problems]));
}
