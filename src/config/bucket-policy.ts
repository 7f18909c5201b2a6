import type { Problem } from "../lib/problem.ts";
import type { Result } from "../lib/result.ts";
import type { ActionSets } from "../policy/parse-statement.ts";
import type { Policy } from "../policy/policy.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import type { Provider } from "../provider/provider.ts";
import type { BucketName } from "../s3/address.ts";

/** Reads the policy that a configuration gives to a bucket of this name. */
export function parseBucketPolicy(
  provider: Provider,
  { name, tenant }: BucketName,
  file: string,
  text: string,
  actionSets: ActionSets,
): Result<Policy, readonly Problem[]> {
  const own = tenant === undefined ? { bucket: name } : { bucket: name, tenant };
  return parseProviderPolicy(provider, text, file, "bucket", { ...own, actionSets });
}
