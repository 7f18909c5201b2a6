import { readFileSync } from "node:fs";
import type { HeaderList } from "../../../src/http/headers.ts";
import { parseTarget, queryValue } from "../../../src/http/target.ts";
import { evaluate } from "../../../src/policy/evaluate.ts";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import type { Policy, PolicyKind } from "../../../src/policy/policy.ts";
import type { Principal } from "../../../src/policy/principals.ts";
import { parseProviderPolicy } from "../../../src/provider/policy.ts";
import { callerOf, type Identity } from "../../../src/provider/principals.ts";
import type { Provider } from "../../../src/provider/provider.ts";
import { isOwnAction, tierGrants } from "../../../src/provider/tier.ts";
import { parseProvider } from "../../../src/provider/parse.ts";
import { matchesAction } from "../../../src/s3/action-names.ts";
import { parseAddress } from "../../../src/s3/address.ts";
import { type Ask, asksOf } from "../../../src/s3/asks.ts";
import { copySourceOf } from "../../../src/s3/copy-source.ts";
import { isOperationName, operationNamed, type OperationName } from "../../../src/s3/operations.ts";
import { contextOf, type Json, type Values } from "../policy/policies.ts";

export const NAMES = ["aws", "atman", "lumi-o", "qumulo", "coscine", "nutanix"] as const;

/** The text of config/providers/NAME.yaml. */
export function providerText(name: string): string {
  const url = new URL(`../../../config/providers/${name}.yaml`, import.meta.url);
  return readFileSync(url, "utf8");
}

/** A provider as it is shipped; its file is read once, for tests that ask in each of their cases. */
export function shipped(name: (typeof NAMES)[number]): Provider {
  const known = read.get(name);
  if (known !== undefined) return known;
  const provider = parseProvider(providerText(name), `${name}.yaml`);
  if (!provider.ok) throw new Error(JSON.stringify(provider.error, undefined, 1));
  read.set(name, provider.value);
  return provider.value;
}

const read = new Map<string, Provider>();

/** The provider of another file than the shipped one: `to` instead of `from`. */
export function changed(name: string, from: string | RegExp, to: string): Provider {
  const text = providerText(name).replace(from, to);
  if (text === providerText(name)) throw new Error(`${name}.yaml has no ${from}`);
  const provider = parseProvider(text, "own.yaml");
  if (!provider.ok) throw new Error(JSON.stringify(provider.error));
  return provider.value;
}

/** Whether a key of the tier may do the operation: whether it has all that the operation needs. */
export function may(
  provider: Provider,
  tierName: string,
  operation: OperationName,
  of: "current" | "version" = "current",
): boolean {
  const tier = provider.tiers.get(tierName);
  if (tier === undefined) throw new Error(`No tier ${tierName}`);
  const { actions, versionedActions } = operationNamed(operation);
  const needed = of === "version" ? versionedActions : actions;
  if (needed.length === 0) throw new Error(`${operation} needs nothing of its head`);
  return needed.every((action) => tierGrants(tier, action, operation));
}

/** What is wrong with a policy, as `path: message`; empty where it is good. */
export function wrong(
  provider: Provider,
  document: unknown,
  kind: PolicyKind = "bucket",
  bucket = "bucket",
): readonly string[] {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  const policy = parseProviderPolicy(provider, text, "policy.json", kind, { bucket });
  return policy.ok ? [] : policy.error.map(({ path, message }) => `${path}: ${message}`);
}

/** A good bucket policy of `bucket`. */
export function bucketPolicy(provider: Provider, document: unknown, bucket = "bucket"): Policy {
  const text = JSON.stringify(document);
  const policy = parseProviderPolicy(provider, text, "policy.json", "bucket", { bucket });
  if (!policy.ok) throw new Error(JSON.stringify(policy.error));
  return policy.value;
}

/** A policy in AWS's form. */
export function statements(...list: readonly Json[]): Json {
  return { Version: "2012-10-17", Statement: list };
}

/** Whoever has the key of an account, or of its subuser; `groups` as the provider writes them. */
export function caller(
  provider: Provider,
  account: string,
  subuser?: string,
  groups: readonly string[] = [],
): Principal {
  const identity: Identity = { account, subuser, groups, tenant: undefined };
  return callerOf(provider.principals, identity);
}

export function anonymous(provider: Provider, guestGroups: readonly string[] = []): Principal {
  return callerOf(provider.principals, undefined, guestGroups);
}

/** What one policy says to a caller about one action. */
export function effect(
  provider: Provider,
  policy: Policy,
  principal: Principal,
  action: string,
  resource: string,
  values: Values = {},
  operation?: string,
): string {
  const context = contextOf(values);
  const ancillary =
    operation !== undefined && isOperationName(operation) && !isOwnAction(operation, action);
  const question = { action, operation, ancillary, resource, principal, context };
  return evaluate(compilePolicies([policy]), question, provider.switches).effect;
}

/** The gates 5 and "unsupported" for everything that a request asks. */
export function answersUnsupported(
  provider: Provider,
  operation: OperationName,
  target: string,
  headers: HeaderList = [],
): boolean {
  return asked(operation, target, headers).some((ask) =>
    provider.unsupported.some(({ matches }) => matchesAction(matches, ask.action, ask.operation)),
  );
}

/** Whether the tier has everything that a request with this target and these headers asks. */
export function mayAsk(
  provider: Provider,
  tierName: string,
  operation: OperationName,
  target: string,
  headers: HeaderList = [],
): boolean {
  const tier = provider.tiers.get(tierName);
  if (tier === undefined) throw new Error(`No tier ${tierName}`);
  return asked(operation, target, headers).every((ask) =>
    tierGrants(tier, ask.action, ask.operation),
  );
}

/** What a request asks for. */
function asked(operation: OperationName, target: string, headers: HeaderList): readonly Ask[] {
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(parsed.error);
  const located = parseAddress(parsed.value.path, undefined, { domains: [], accountDomains: [] });
  if (!located.ok) throw new Error(located.error.message);
  const source = copySourceOf(operation, headers);
  if (!source.ok) throw new Error(source.error.message);
  const versionId = queryValue(parsed.value.query, "versionId");
  return asksOf(operation, located.value.address, versionId, headers, source.value);
}
