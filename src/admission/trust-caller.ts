import type { TrustCaller } from "../session/trust.ts";
import { principalArn } from "./condition-context.ts";
import { holderName, holderOf, type Key } from "./principal.ts";

/**
 * Returns the signer as trust policies see it. They name callers as AWS does, whatever the
 * provider's bucket policies do: an account by its id or root ARN, and its users and sessions
 * through it.
 */
export function trustCaller(key: Key): TrustCaller & { readonly kind: "key" } {
  const { account, session } = key;
  const arn = principalArn(key);
  const ofAccount = [account.name, `arn:aws:iam::${account.name}:root`];
  const isAccount = key.subuser === undefined;
  const own = session?.role === undefined ? [arn] : [arn, sessionArn(key)];
  return {
    kind: "key",
    principal: {
      kind: "known",
      identifiers: isAccount ? ofAccount : own,
      accountIdentifiers: isAccount ? [] : ofAccount,
      ...(session?.role !== undefined && { sparing: "all" as const }),
    },
    arn,
    account: account.name,
    userId: holderName(key),
    tags: holderOf(key).tags,
  };
}

/** Returns the ARN of a role's session itself, and not its role's. */
function sessionArn(key: Key): string {
  const { account, session } = key;
  if (session?.role === undefined) return principalArn(key);
  return `arn:aws:sts::${account.name}:assumed-role/${session.role.name}/${session.name}`;
}
