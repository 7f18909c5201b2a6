import { evaluate } from "./evaluate.ts";
import type { Policy } from "./policy.ts";
import { compilePolicies } from "./policy-set.ts";
import type { Principal } from "./principals.ts";

/**
 * Returns true if a bucket policy keeps the bucket's owner from correcting it. It then denies both
 * to replace and to delete the policy, or, if `byPolicyAlone` (nothing but the policy itself lets
 * the owner do either), allows neither. Only statements without conditions count, since others may
 * not always hold.
 */
export function locksOut(
  policy: Policy,
  owner: Principal,
  bucket: string,
  byPolicyAlone: boolean,
): boolean {
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
    const { effect } = evaluate(certain, question);
    return effect === "deny" || (byPolicyAlone && effect !== "allow");
  });
}
