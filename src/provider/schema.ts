import { z } from "zod";
import { compileActions } from "../policy/actions.ts";
import { conditionKeyNames, findConditionKey } from "../policy/condition-keys.ts";
import { didYouMean, suggester } from "../lib/suggestion.ts";
import { actionPattern } from "../s3/action-names.ts";
import { isOperationName, OPERATION_LIST } from "../s3/operations.ts";
import { parseForm } from "./principals.ts";

const NAME = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "Expected letters, digits, _ and -");
const SECONDS = z.int().min(0).max(604_800);

/** An action or, if the provider has such names, an operation; `*` and `?` are wildcards. */
const ACTION = z.string().superRefine((text, context) => {
  const compiled = compileActions([text]);
  if (compiled.ok) return;
  const { message, remedy } = compiled.error;
  context.addIssue({ code: "custom", message, params: { remedy: suggester()(remedy) } });
});

/** The same in the words of the gates, which judge requests and not policies. */
const GATE_ACTION = z.string().transform((text, context) => {
  const matches = actionPattern(text);
  if (matches.ok) return { text, matches: matches.value };
  context.addIssue({ code: "custom", message: matches.error });
  return z.NEVER;
});

const CONDITION_KEY = z.string().superRefine((text, context) => {
  if (findConditionKey(text) !== undefined) return;
  const remedy = didYouMean(text, conditionKeyNames(), "");
  context.addIssue({
    code: "custom",
    message: `Unknown condition key: got "${text}"`,
    params: { remedy },
  });
});

const FORM = z.string().transform((text, context) => {
  const parts = parseForm(text);
  if (parts.ok) return { text, parts: parts.value };
  context.addIssue({ code: "custom", message: `${parts.error}: got "${text}"` });
  return z.NEVER;
});

const OPERATION = z.string().transform((name, context) => {
  if (isOperationName(name)) return name;
  const remedy = didYouMean(name, OPERATION_NAMES, "");
  const message = `Unknown operation: got "${name}"`;
  context.addIssue({ code: "custom", message, params: { remedy } });
  return z.NEVER;
});

const OPERATION_NAMES = OPERATION_LIST.map(({ name }) => name);

const TIER = z.strictObject({
  kind: z.enum(["access", "ceiling"]).prefault("access"),
  groups: z.array(NAME).prefault([]),
  actions: z.array(ACTION).prefault([]),
  /** The operations of a ceiling: these alone, so that s3:PutObject is no copy. */
  operations: z.array(OPERATION).min(1).optional(),
});

const HOLDERS = z.array(z.enum(["account", "subuser", "session"])).prefault([]);

const PRINCIPALS = z.discriminatedUnion("grammar", [
  z.strictObject({
    grammar: z.literal("arn"),
    accept: z.enum(["any", "forms"]),
    forms: z.array(
      z.strictObject({
        form: FORM,
        field: z.enum(["AWS", "CanonicalUser"]).prefault("AWS"),
        direct: HOLDERS,
        delegated: HOLDERS,
      }),
    ),
  }),
  z.strictObject({ grammar: z.literal("directory") }),
]);

const DOCUMENT = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("aws") }),
  z.strictObject({
    kind: z.literal("bucket-wide"),
    statements: NAME,
    principal: NAME,
  }),
]);

/** The grammar in which each kind of document names its principals. */
const GRAMMARS = { aws: "arn", "bucket-wide": "directory" } as const;

const POLICY = z.strictObject({
  document: DOCUMENT,
  noPolicy: z.string().optional(),
  knownActions: z.array(ACTION).min(1).optional(),
  wildcardActions: z.enum(["any", "all", "none"]),
  retiredActions: z.record(ACTION, ACTION).prefault({}),
  conditionKeys: z.array(CONDITION_KEY).optional(),
  fields: z.array(z.string()).min(1).optional(),
  notPrincipalAllow: z.boolean(),
  sids: z.enum(["any", "alphanumeric"]),
});

/** The values that the provider's document needs if gateway.yaml leaves them out. */
const DEFAULTS = z.strictObject({
  signatures: z.array(z.enum(["v4", "v2"])).min(1),
  bucketPolicies: z.enum(["upstream", "gateway"]),
});

/**
 * A need. `level`: the loss without it, the whole model or a part; `without`: that loss, as a
 * clause.
 */
const NEED = z.strictObject({ level: z.enum(["model", "part"]), without: z.string().min(1) });

/** The settings that only the operator knows and the document depends on. */
const NEEDS = z.strictObject({
  bucketPolicies: NEED.optional(),
  accountDomains: NEED.optional(),
  state: NEED.optional(),
  privileges: NEED.optional(),
  groups: NEED.optional(),
});

/** Every switch is written out in every file, so that no provider has one by accident. */
export const ProviderSchema = z
  .strictObject({
    name: NAME,
    actionGroups: z.record(NAME, z.array(ACTION).min(1)).prefault({}),
    tiers: z.record(NAME, TIER),
    accountTier: NAME.optional(),
    tierMode: z.enum(["ceiling", "union"]),
    deleteVersionMode: z.enum(["sar", "both"]),
    ownerPolicyEscape: z.boolean(),
    policyDelegation: z.boolean(),
    policyManagers: z.enum(["account", "privilege"]),
    crossAccount: z.enum(["both", "resource"]),
    storeAcls: z.boolean(),
    bucketPolicyRole: z.enum(["grant", "restrict"]),
    operationNames: z.boolean(),
    missingKeyNegated: z.enum(["aws", "rgw"]),
    authErrors: z.enum(["aws", "opaque"]),
    copyReadsTags: z.boolean(),
    attributesReadObjects: z.boolean(),
    bucketLocation: NAME.optional(),
    username: z.enum(["subuser", "account"]),
    tenantAddressing: z.boolean(),
    bucketNames: z.enum(["global", "tenant"]),
    presigned: z.strictObject({
      expirySecondsMin: SECONDS,
      expirySecondsMax: SECONDS,
      v2: z.boolean(),
      v2SecondsMax: SECONDS.optional(),
    }),
    maxKeys: z
      .strictObject({ cap: z.int().min(1), excess: z.enum(["clamp", "refuse"]) })
      .optional(),
    anonymous: z.strictObject({
      access: z.enum(["deny", "policy", "upstream"]),
      ceiling: NAME.optional(),
    }),
    blockedActions: z
      .array(z.strictObject({ action: GATE_ACTION, exceptTiers: z.array(NAME).prefault([]) }))
      .prefault([]),
    unsupported: z.array(GATE_ACTION).prefault([]),
    privileges: z.record(NAME, z.array(ACTION).min(1)).prefault({}),
    defaults: DEFAULTS,
    needs: NEEDS.prefault({}),
    policy: POLICY,
    principals: PRINCIPALS,
  })
  .superRefine((file, context) => {
    for (const { path, message } of danglingNames(file)) {
      context.addIssue({ code: "custom", message, path: [...path] });
    }
    // The names of the one kind of document fit no name that the other grammar has for a caller.
    const [grammar, expected] = [file.principals.grammar, GRAMMARS[file.policy.document.kind]];
    if (grammar !== expected) {
      const message = `Expected ${expected}, as policy.document is ${file.policy.document.kind}`;
      context.addIssue({ code: "custom", message, path: ["principals", "grammar"] });
    }
  });

export type ProviderFile = z.output<typeof ProviderSchema>;

type Named = Pick<
  ProviderFile,
  "tiers" | "actionGroups" | "accountTier" | "anonymous" | "blockedActions"
>;

/** Names of groups and tiers that are not there. */
function* danglingNames(
  file: Named,
): Generator<{ readonly path: readonly PropertyKey[]; readonly message: string }> {
  const { tiers, accountTier, anonymous } = file;
  const isTier = (name: string): boolean => Object.hasOwn(tiers, name);
  for (const [name, { groups, actions }] of Object.entries(tiers)) {
    for (const [i, group] of groups.entries()) {
      if (Object.hasOwn(file.actionGroups, group)) continue;
      yield { path: ["tiers", name, "groups", i], message: `Unknown action group: got "${group}"` };
    }
    if (groups.length + actions.length === 0) {
      yield { path: ["tiers", name], message: "A tier needs groups or actions" };
    }
  }
  if (accountTier !== undefined && !isTier(accountTier)) {
    yield { path: ["accountTier"], message: unknownTier(accountTier) };
  }
  if (anonymous.ceiling !== undefined && !isTier(anonymous.ceiling)) {
    yield { path: ["anonymous", "ceiling"], message: unknownTier(anonymous.ceiling) };
  }
  for (const [i, { exceptTiers }] of file.blockedActions.entries()) {
    for (const [j, name] of exceptTiers.entries()) {
      if (isTier(name)) continue;
      yield { path: ["blockedActions", i, "exceptTiers", j], message: unknownTier(name) };
    }
  }
}

function unknownTier(name: string): string {
  return `Unknown tier: got "${name}"`;
}
