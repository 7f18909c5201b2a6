import { globOf, matchesGlob, wildcardParts } from "../lib/glob.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { ActionFault, ActionSet } from "./actions.ts";
import { claimKey, type KeyName } from "./condition-keys.ts";
import type { Statement } from "./policy.ts";

/** The issuers that the trust policies of one configuration may name. */
export type TrustRules = { readonly issuers: readonly TrustIssuer[] };

/** An issuer of identity tokens, with the facts that trust policies use. */
export type TrustIssuer = {
  /** The issuer's name in the configuration. */
  readonly name: string;
  /**
   * The issuer's URL, such as `https://idp.example.org/realms/lab`; `undefined` if its keys are in
   * a file.
   */
  readonly url: string | undefined;
  /** Claims besides STANDARD_CLAIMS that its entry maps, by the names that policies use. */
  readonly claims: readonly string[];
};

/** Claims that every token may have ("Available keys for AWS OIDC federation", IAM User Guide). */
const STANDARD_CLAIMS = ["sub", "aud", "azp"];

/**
 * The actions that a trust policy can allow ("Actions defined by AWS Security Token Service",
 * Service Authorization Reference), as far as this gateway has them.
 */
export const TRUST_ACTIONS = [
  "sts:AssumeRole",
  "sts:AssumeRoleWithWebIdentity",
  "sts:SetSourceIdentity",
  "sts:TagSession",
] as const;

export type TrustAction = (typeof TRUST_ACTIONS)[number];

/** Stands in a trust policy for `{"AWS": "*"}`: a name that every caller with a key has. */
export const EVERY_KEY = "aws:*";

/** Returns the name of a caller with a token of the issuer. No ARN or id looks like it. */
export function federatedName(issuer: string): string {
  return `federated:${issuer}`;
}

/**
 * Compiles the actions of a trust policy: names with `*` and `?` in them, in any letter case. The error
 * says which one fits nothing.
 */
export function compileTrustActions(patterns: readonly string[]): Result<ActionSet, ActionFault> {
  const actions = new Set<string>();
  for (const pattern of patterns) {
    const glob = globOf(wildcardParts(pattern.toLowerCase()));
    const fitting = TRUST_ACTIONS.filter((name) => matchesGlob(glob, name.toLowerCase()));
    if (fitting.length === 0 || !/^sts:/i.test(pattern)) return err(unknownAction(pattern));
    for (const action of fitting) actions.add(action);
  }
  const none = new Set<string>();
  const lowers = patterns.map((pattern) => pattern.toLowerCase());
  const nothing = { operations: none, narrowed: none, unasked: none, globs: [] };
  return ok({ patterns: lowers, actions, ...nothing });
}

/** Returns true if callers with a token of an issuer may do one of `actions`. */
export function allowsTokens({ set, negated }: Statement["actions"]): boolean {
  return set.actions.has("sts:AssumeRoleWithWebIdentity") !== negated;
}

function unknownAction(pattern: string): ActionFault {
  const message = `Policy has invalid action: got "${pattern}"`;
  const otherwise = `A trust policy allows ${TRUST_ACTIONS.join(", ")}`;
  return { message, remedy: { name: pattern, candidates: () => TRUST_ACTIONS, otherwise } };
}

/**
 * The issuer that `text` names: by its name, by its URL with or without the scheme, or as AWS writes an
 * OIDC provider, `arn:aws:iam::account:oidc-provider/host/path`. `undefined` if there is none.
 */
export function issuerNamed({ issuers }: TrustRules, text: string): TrustIssuer | undefined {
  const provider = /^arn:aws(?:-cn|-us-gov)?:iam::[A-Za-z0-9_.-]*:oidc-provider\/(.+)$/.exec(text);
  const named = provider?.[1] ?? text;
  const bare = named.replace(/^https?:\/\//, "");
  return (
    issuers.find(({ name }) => name === named) ??
    issuers.find(({ url }) => url !== undefined && withoutScheme(url) === bare)
  );
}

/** `issuer:claim` as a condition key; `undefined` if it names no claim that is known. */
export function claimNamed(rules: TrustRules, text: string): KeyName | undefined {
  const colon = text.lastIndexOf(":");
  const issuer = colon < 0 ? undefined : issuerNamed(rules, text.slice(0, colon));
  if (issuer === undefined) return undefined;
  const claim = text.slice(colon + 1);
  return claimsOf(issuer).includes(claim) ? claimKey(issuer.name, claim) : undefined;
}

/** Every claim that can be named, for suggestions. */
export function claimNames({ issuers }: TrustRules): readonly string[] {
  return issuers.flatMap((issuer) => claimsOf(issuer).map((claim) => `${issuer.name}:${claim}`));
}

function claimsOf({ claims }: TrustIssuer): readonly string[] {
  return [...STANDARD_CLAIMS, ...claims];
}

function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//, "");
}
