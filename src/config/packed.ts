import type { ActionSets } from "../policy/parse-statement.ts";
import type { Policy } from "../policy/policy.ts";
import type { Provider } from "../provider/provider.ts";
import { parseBucketPolicy } from "./bucket-policy.ts";
import type { BucketConfig, Config } from "./config.ts";

/**
 * A configuration in which each bucket's own policy is only its text: a third of the bytes, for
 * another process to read again. To pass policies as they were read takes longer, and more memory.
 * A type of its own, so that nothing is decided without these policies.
 */
export type PackedConfig = Omit<Config, "buckets"> & { readonly buckets: readonly PackedBucket[] };

type PackedBucket = Omit<BucketConfig, "policies"> & {
  /** The file of the own policy; `undefined` if there is none. */
  readonly policyFile: string | undefined;
  /** The policies that are made of other things than its text: of shares. */
  readonly others: readonly Policy[];
};

export function packConfig(config: Config): PackedConfig {
  return { ...config, buckets: config.buckets.map(packBucket) };
}

function packBucket({ policies, ...bucket }: BucketConfig): PackedBucket {
  const [own, ...shared] = policies;
  return bucket.policyText === undefined
    ? { ...bucket, policyFile: undefined, others: policies }
    : { ...bucket, policyFile: own?.file, others: shared };
}

/** Returns a function that makes each bucket what it was before `packConfig()`. */
export function bucketUnpacker(provider: Provider): (packed: PackedBucket) => BucketConfig {
  const actionSets: ActionSets = new Map();
  return ({ policyFile, others, ...bucket }) => {
    const { name, policyText } = bucket;
    if (policyText === undefined || policyFile === undefined)
      return { ...bucket, policies: others };
    const own = parseBucketPolicy(provider, name, policyFile, policyText, actionSets);
    if (!own.ok) throw new Error(`The policy was good when it was read: ${policyFile}`);
    return { ...bucket, policies: [own.value, ...others] };
  };
}
