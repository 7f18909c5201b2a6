import { err, ok, type Result } from "../lib/result.ts";

/** The callers that a statement of a bucket policy is about. */
export type Principals = {
  /** True for NotPrincipal: everybody but these. */
  readonly negated: boolean;
  /** True for `*`: everybody, even anonymous callers. */
  readonly everyone: boolean;
  /** Ids and ARNs; an account stands here as its id and as its root ARN. */
  readonly names: ReadonlySet<string>;
};

/** The caller of a request. */
export type Principal =
  | { readonly kind: "anonymous" }
  | {
      readonly kind: "known";
      /** Every ARN and id that names exactly this caller, all in the partition `aws`. */
      readonly identifiers: readonly string[];
      /** Every ARN and id that names the caller's account. */
      readonly accountIdentifiers: readonly string[];
      /**
       * `all`: NotPrincipal spares it only if every one of `identifiers` is listed, as a session needs
       * its own ARN and its role's ("NotPrincipal with Deny", IAM User Guide). Absent: one is enough.
       */
      readonly sparing?: "all";
      /** A name of every caller of this kind: to list it is to list all names of each of them. */
      readonly common?: string;
    };

/** `account`: named only through the account, which leaves it to the identity's own policies. */
export type Grip = "direct" | "account" | "none";

/**
 * Returns how the statement applies to the caller. NotPrincipal spares only callers that it lists
 * by their own name. An account's root is not its users, and a user is spared only if its account
 * is listed as well ("NotPrincipal with Deny", IAM User Guide: "you must also specify the
 * account"). Any of the caller's names counts, before any negation (S3-AUTHORIZATION section 6.7).
 */
export function gripOn(principals: Principals, caller: Principal): Grip {
  if (!principals.negated) return positiveGrip(principals, caller);
  return isSpared(principals, caller) ? "none" : "direct";
}

function isSpared({ everyone, names }: Principals, caller: Principal): boolean {
  if (everyone) return true;
  if (caller.kind === "anonymous") return false;
  if (isCommon(names, caller)) return true;
  const { identifiers, accountIdentifiers, sparing } = caller;
  const isListed =
    sparing === "all"
      ? identifiers.every((name) => names.has(name))
      : containsAny(names, identifiers);
  if (!isListed) return false;
  return accountIdentifiers.length === 0 || containsAny(names, accountIdentifiers);
}

function positiveGrip(principals: Principals, caller: Principal): Grip {
  if (principals.everyone) return "direct";
  if (caller.kind === "anonymous") return "none";
  const { names } = principals;
  if (isCommon(names, caller) || containsAny(names, caller.identifiers)) return "direct";
  return containsAny(names, caller.accountIdentifiers) ? "account" : "none";
}

function isCommon(
  names: Principals["names"],
  { common }: Principal & { readonly kind: "known" },
): boolean {
  return common !== undefined && names.has(common);
}

function containsAny(set: ReadonlySet<string>, items: readonly string[]): boolean {
  for (const item of items) if (set.has(item)) return true;
  return false;
}

/** The message of an error about a name, and the remedy. */
export type PrincipalFault = { readonly message: string; readonly remedy: string };

const REMEDY =
  'Write "*", an account id, or an ARN such as arn:aws:iam::account:user/name, without wildcards';

/**
 * The names under which a caller is compared with one `AWS` value other than `*`: an account's
 * id or root ARN, a user's or a role's ARN. Wildcards inside are refused as AWS does (3.1).
 */
export function parseAwsPrincipal(text: string): Result<readonly string[], PrincipalFault> {
  const account = ACCOUNT.exec(text)?.[1] ?? ROOT.exec(text)?.[1];
  if (account !== undefined) return ok([account, `arn:aws:iam::${account}:root`]);
  const member = MEMBER.exec(text)?.[1];
  if (member !== undefined) return ok([`arn:aws:${member}`]);
  return err({ message: `Invalid principal in policy: got "${text}"`, remedy: REMEDY });
}

/** A canonical user id; Ceph's have a `$` in them. */
export function parseCanonicalUser(text: string): Result<readonly string[], PrincipalFault> {
  if (CANONICAL.test(text)) return ok([text]);
  return err({
    message: `Invalid principal in policy: got the canonical user "${text}"`,
    remedy: 'Write the id without wildcards, or {"AWS": "*"} for everybody',
  });
}

const ACCOUNT = /^([A-Za-z0-9_.-]+)$/;
const ROOT = /^arn:(?:aws|aws-cn|aws-us-gov):iam::([A-Za-z0-9_.-]+):root$/;
/** Ceph's users have an empty account, or `:subuser` behind their name. */
const MEMBER =
  /^arn:(?:aws|aws-cn|aws-us-gov):(iam::[A-Za-z0-9_.-]*:(?:user|role)\/[^\s*?]+|sts::[A-Za-z0-9_.-]*:(?:assumed-role|federated-user)\/[^\s*?]+)$/;
const CANONICAL = /^[A-Za-z0-9_.$-]+$/;
