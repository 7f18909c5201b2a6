import type { PolicyDialect } from "./dialect.ts";
import type { PrincipalGrammar } from "./principals.ts";
import type { Provider } from "./provider.ts";
import type { ProviderFile } from "./schema.ts";
import { compileTier, type Tier, type TierText } from "./tier.ts";

/** Returns the parts of a provider's file that decisions use; the schema has accepted the file. */
export function compileProvider(file: ProviderFile): Provider {
  const tiers = compileTiers(file);
  const { anonymous, operationNames, missingKeyNegated, presigned } = file;
  return {
    name: file.name,
    tiers,
    accountTier: named(tiers, file.accountTier),
    tierMode: file.tierMode,
    deleteVersionMode: file.deleteVersionMode,
    ownerPolicyEscape: file.ownerPolicyEscape,
    policyDelegation: file.policyDelegation,
    policyManagers: file.policyManagers,
    crossAccount: file.crossAccount,
    storeAcls: file.storeAcls,
    bucketPolicyRole: file.bucketPolicyRole,
    authErrors: file.authErrors,
    copyReadsTags: file.copyReadsTags,
    attributesReadObjects: file.attributesReadObjects,
    bucketLocation: file.bucketLocation,
    username: file.username,
    tenantAddressing: file.tenantAddressing,
    bucketNames: file.bucketNames,
    presigned: { ...presigned, v2SecondsMax: presigned.v2SecondsMax },
    maxKeys: file.maxKeys,
    anonymous: { access: anonymous.access, ceiling: named(tiers, anonymous.ceiling) },
    blockedActions: file.blockedActions.map(({ action, exceptTiers }) => ({
      ...action,
      exceptTiers: new Set(exceptTiers),
    })),
    unsupported: file.unsupported,
    privileges: new Map(
      Object.entries(file.privileges).map(([name, patterns]) => [
        name,
        checkedTier({ name, kind: "access", patterns, operationNames }),
      ]),
    ),
    defaults: file.defaults,
    needs: file.needs,
    switches: { operationNames, missingKeyNegated },
    dialect: compileDialect(file.policy),
    principals: compileGrammar(file.principals),
  };
}

function compileTiers(file: ProviderFile): ReadonlyMap<string, Tier> {
  const { tiers, actionGroups, operationNames } = file;
  return new Map(
    Object.entries(tiers).map(([name, { kind, groups, actions, operations }]) => {
      const grouped = groups.flatMap((group) => actionGroups[group] ?? []);
      const patterns = [...new Set([...grouped, ...actions])];
      const within = operations && new Set(operations);
      return [name, checkedTier({ name, kind, patterns, operationNames, within })];
    }),
  );
}

function checkedTier(text: TierText): Tier {
  const tier = compileTier(text);
  if (!tier.ok) throw new Error(`A checked tier has good patterns: ${tier.error.message}`);
  return tier.value;
}

function named(tiers: ReadonlyMap<string, Tier>, name: string | undefined): Tier | undefined {
  return name === undefined ? undefined : tiers.get(name);
}

function compileDialect(policy: ProviderFile["policy"]): PolicyDialect {
  const retired = Object.entries(policy.retiredActions);
  return {
    document: policy.document,
    noPolicy: policy.noPolicy,
    knownActions: policy.knownActions,
    wildcardActions: policy.wildcardActions,
    retiredActions: new Map(retired.map(([name, instead]) => [name.toLowerCase(), instead])),
    conditionKeys: policy.conditionKeys,
    fields: policy.fields,
    notPrincipalAllow: policy.notPrincipalAllow,
    sids: policy.sids,
  };
}

function compileGrammar(principals: ProviderFile["principals"]): PrincipalGrammar {
  if (principals.grammar === "directory") return { kind: "directory" };
  const forms = principals.forms.map(({ form, field, direct, delegated }) => ({
    ...form,
    field,
    direct,
    delegated,
  }));
  return { kind: "arn", accept: principals.accept, forms };
}
