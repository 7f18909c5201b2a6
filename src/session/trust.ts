import { AWS_SWITCHES, evaluate, type Switches } from "../policy/evaluate.ts";
import type { Context } from "../policy/condition-keys.ts";
import type { StatementRef } from "../policy/policy.ts";
import type { PolicySet } from "../policy/policy-set.ts";
import type { Principal } from "../policy/principals.ts";
import { EVERY_KEY, federatedName, type TrustAction } from "../policy/trust-rules.ts";

/** A request to become a role, as far as trust policies can ask. */
export type TrustRequest = {
  readonly by: TrustCaller;
  readonly roleSessionName: string;
  readonly externalId: string | undefined;
  /** The source identity; `undefined` if none is set. */
  readonly sourceIdentity: string | undefined;
  readonly durationSeconds: number;
  /** The tags by name as given. */
  readonly tags: ReadonlyMap<string, string>;
  readonly transitiveTags: readonly string[];
  readonly sourceAddress: string | undefined;
  readonly secure: boolean;
  readonly userAgent: string | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
};

/** The caller, proved. */
export type TrustCaller =
  /** The caller of AssumeRole: the signer. */
  | {
      readonly kind: "key";
      readonly principal: Principal;
      /** `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:userid`. */
      readonly arn: string;
      readonly account: string;
      readonly userId: string;
      /** `aws:PrincipalTag`, by name in lower case. */
      readonly tags: ReadonlyMap<string, string>;
    }
  /**
   * AssumeRoleWithWebIdentity. `issuer`: its name in the configuration; `claims`: by the names that
   * policies use, of `aud` the one that the issuer's entry asks for.
   */
  | {
      readonly kind: "token";
      readonly issuer: string;
      readonly claims: ReadonlyMap<string, string | readonly string[]>;
    };

export type Trusted =
  | { readonly kind: "allowed"; readonly statement: StatementRef }
  /** The session is denied. `statement`: the Deny; `undefined` if nothing allows `action`. */
  | {
      readonly kind: "denied";
      readonly action: TrustAction;
      readonly statement: StatementRef | undefined;
      /** The reason for the operator: a clause that names no secret. */
      readonly reason: string;
    };

/**
 * Decides if a role's trust policy lets the caller begin the session. It must allow the call
 * itself, and `sts:TagSession` and `sts:SetSourceIdentity` if the session has tags or a source
 * identity ("Passing session tags in AWS STS", "Monitor and control actions taken with assumed
 * roles", IAM User Guide). A caller who is only named through an account is not let in: there is no
 * policy here by which the account could pass it on.
 */
export function trusts(trust: PolicySet, request: TrustRequest): Trusted {
  const principal = principalOf(request.by);
  const context = contextOf(request);
  let first: StatementRef | undefined;
  for (const action of actionsOf(request)) {
    const question = { action, resource: "*", principal, context };
    const said = evaluate(trust, question, SWITCHES);
    if (said.effect === "allow" && said.grip === "direct") {
      first ??= said.statement;
      continue;
    }
    const statement = said.effect === "deny" ? said.statement : undefined;
    return { kind: "denied", action, statement, reason: REASONS[said.effect] };
  }
  if (first === undefined) throw new Error("Every request asks for something");
  return { kind: "allowed", statement: first };
}

const SWITCHES: Switches = AWS_SWITCHES;

const REASONS = {
  deny: "a statement denies it",
  allow: "the caller is only named through its account",
  none: "no statement allows it",
} as const;

function actionsOf({ by, tags, sourceIdentity }: TrustRequest): readonly TrustAction[] {
  const own = by.kind === "key" ? "sts:AssumeRole" : "sts:AssumeRoleWithWebIdentity";
  const more: TrustAction[] = [];
  if (tags.size > 0) more.push("sts:TagSession");
  if (sourceIdentity !== undefined) more.push("sts:SetSourceIdentity");
  return [own, ...more];
}

function principalOf(by: TrustCaller): Principal {
  if (by.kind === "token") {
    const identifiers = [federatedName(by.issuer)];
    return { kind: "known", identifiers, accountIdentifiers: [] };
  }
  const { principal } = by;
  if (principal.kind === "anonymous") return principal;
  return { ...principal, common: EVERY_KEY };
}

/** A closed table: what a client sends can only become the value of the key that owns it. */
function contextOf(request: TrustRequest): Context {
  const { by, tags, nowMs } = request;
  const requested = new Map([...tags].map(([name, value]) => [name.toLowerCase(), value]));
  const key = by.kind === "key" ? by : undefined;
  return (name, tag) => {
    switch (name) {
      case "token:claim":
        return by.kind === "token" ? claimOf(by, tag) : undefined;
      case "aws:FederatedProvider":
        return by.kind === "token" ? by.issuer : undefined;
      case "aws:PrincipalArn":
        return key?.arn;
      case "aws:PrincipalAccount":
        return key?.account;
      case "aws:userid":
        return key?.userId;
      case "aws:PrincipalTag":
        return key?.tags.get(tag);
      case "aws:SourceIp":
        return request.sourceAddress;
      case "aws:SecureTransport":
        return String(request.secure);
      case "aws:UserAgent":
        return request.userAgent;
      case "aws:CurrentTime":
        return new Date(nowMs).toISOString();
      case "aws:EpochTime":
        return String(Math.floor(nowMs / 1000));
      case "aws:RequestTag":
        return requested.get(tag);
      case "aws:TagKeys":
        return tags.size === 0 ? undefined : [...tags.keys()];
      case "sts:TransitiveTagKeys":
        return request.transitiveTags.length === 0 ? undefined : request.transitiveTags;
      case "sts:ExternalId":
        return request.externalId;
      case "sts:RoleSessionName":
        return request.roleSessionName;
      case "sts:SourceIdentity":
        return request.sourceIdentity;
      case "sts:DurationSeconds":
        return String(request.durationSeconds);
      default:
        return undefined;
    }
  };
}

/** `tag`: `issuer:claim`, see `claimKey`. Only the issuer of this very token has a say. */
function claimOf(
  { issuer, claims }: TrustCaller & { readonly kind: "token" },
  tag: string,
): string | readonly string[] | undefined {
  return tag.startsWith(`${issuer}:`) ? claims.get(tag.slice(issuer.length + 1)) : undefined;
}
