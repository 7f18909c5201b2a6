import { evaluate } from "./evaluate.ts";
import type { Policy } from "./policy.ts";
import { compilePolicies } from "./policy-set.ts";
import type { Principal } from "./principals.ts";

/**
 * Whether a bucket policy keeps the bucket's owner from mending it: it denies both to replace and
 * to delete the policy. Only a Deny without conditions counts, since another may not always hold.
 */
export function locksOut(policy: Policy, owner: Principal, bucket: string): boolean {
  const statements = policy.statements.filter(({ conditions }) => conditions.length === 0);
  const certain = compilePolicies([{ ...policy, statements }]);
  return ["PutBucketPolicy", "DeleteBucketPolicy"].every((operation) => {
    const question = {
      action: `s3:${operation}`,
      operation,
      resource: `arn:aws:s3:::${bucket}`,
      principal: owner,
      context: () => undefined,
    };
    return evaluate(certain, question).effect === "deny";
  });
}
