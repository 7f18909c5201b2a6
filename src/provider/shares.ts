import { err, ok, type Result } from "../lib/result.ts";
import type { Condition } from "../policy/condition.ts";
import { parsePolicy } from "../policy/parse.ts";
import type { Policy, Statement } from "../policy/policy.ts";
import { wholeBucket } from "./bucket-wide.ts";
import { principalNaming, type Identity } from "./principals.ts";
import type { Provider } from "./provider.ts";

/** A bucket that is shared with a user, with the permissions of a tier of the provider. */
export type Share = {
  readonly with: Identity;
  readonly permissions: string;
  /** The line on which the share is written, for records. */
  readonly line: number;
  /** The end of the share, in milliseconds since the epoch; `undefined` if it does not end. */
  readonly untilMs?: number | undefined;
};

/**
 * A share as it is written and remembered. `with`: the name of the user, `account` or
 * `account:subuser`.
 */
export type NamedShare = {
  readonly with: string;
  readonly permissions: string;
  readonly untilMs: number | undefined;
};

/** The share that `written` is, from `line` of its list. */
export function shareOf({ with: user, permissions, untilMs }: NamedShare, line: number): Share {
  const [account = "", subuser] = user.split(":");
  const identity = { account, subuser, groups: [], tenant: undefined };
  return { with: identity, permissions, line, untilMs };
}

/**
 * Returns the bucket policy that `shares` of one bucket stand for (S3-AUTHORIZATION section 5.5),
 * so that they are judged and explained like any other Allow. The error names permissions that the
 * provider does not have, a user that its policies cannot name, or an end that they cannot write.
 */
export function sharePolicy(
  provider: Provider,
  bucket: string,
  shares: readonly Share[],
  file: string,
): Result<Policy, string> {
  const patterns = wholeBucket(bucket);
  const statements: Statement[] = [];
  for (const [index, share] of shares.entries()) {
    const tier = provider.tiers.get(share.permissions);
    if (tier?.kind !== "access") return err(`Unknown permissions: got "${share.permissions}"`);
    const name = principalNaming(provider.principals, share.with);
    if (name === undefined) return err(`Cannot share with a subuser: got "${share.with.subuser}"`);
    const { untilMs } = share;
    if (untilMs !== undefined && !(untilMs >= 0 && untilMs <= UNTIL_MS_MAX)) {
      return err("A share ends between the years 1970 and 9999");
    }
    statements.push({
      place: { file, line: share.line, sid: undefined, index },
      effect: "Allow",
      principals: { negated: false, everyone: false, names: new Set([name]) },
      actions: { negated: false, set: tier.set },
      resources: { negated: false, patterns },
      conditions: untilMs === undefined ? [] : before(untilMs),
    });
  }
  return ok({ file, kind: "bucket", id: undefined, statements });
}

/** The last that ISO 8601 writes with four digits. */
const UNTIL_MS_MAX = Date.parse("9999-12-31T23:59:59.999Z");

/** The condition that it is not `untilMs` yet, in the language of policies. */
function before(untilMs: number): readonly Condition[] {
  const until = new Date(untilMs).toISOString();
  const statement = {
    Effect: "Allow",
    Action: "s3:*",
    Resource: "*",
    Condition: { DateLessThan: { "aws:CurrentTime": until } },
  };
  const text = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const policy = parsePolicy(text, "share", "identity");
  const conditions = policy.ok ? policy.value.statements[0]?.conditions : undefined;
  if (conditions === undefined) throw new Error(`A time is a good condition: ${until}`);
  return conditions;
}
