/**
 * Draws a request between two accounts, and the verdict on it. The policies of the accounts and the
 * bucket are drawn at random in the words of one provider.
 */

import * as fc from "fast-check";
import { compileSnapshot } from "../../src/config/compile.ts";
import type { Config } from "../../src/config/config.ts";
import type { Policy, PolicyKind } from "../../src/policy/policy.ts";
import { hasConditionKey } from "../../src/provider/dialect.ts";
import { parseProviderPolicy } from "../../src/provider/policy.ts";
import { identifiersOf, type Identity } from "../../src/provider/principals.ts";
import type { Provider } from "../../src/provider/provider.ts";
import { goodConfig } from "../support/config.ts";
import type { Decided } from "../support/decided.ts";
import type { KeyPair } from "../support/signed.ts";
import { ROWS, type Row } from "../unit/admission/operation-rows.ts";
import {
  EVERY_OPERATION_SERVED,
  judgeRow,
  policyDocument,
} from "../unit/admission/row-requests.ts";

type Statement = Readonly<Record<string, unknown>>;
type Effect = "Allow" | "Deny";

/** The account lab, which owns the bucket, and its subuser reader; partner and its visitor. */
const PEOPLE = ["lab", "reader", "partner", "visitor"] as const;
type Person = (typeof PEOPLE)[number];

/** The places of statements: in the policies of each account, of each subuser, or of the bucket. */
const PLACES = ["account", "subuser", "bucket"] as const;
type Place = (typeof PLACES)[number];

export type Situation = {
  readonly row: Row;
  /** The caller; `undefined` without credentials. */
  readonly caller: Person | undefined;
  readonly settings: Settings;
  /** The statements of each policy; a bucket without statements has no policy. */
  readonly policies: Readonly<Record<Place, readonly Statement[]>>;
};

type Settings = {
  readonly tierMode: "ceiling" | "union";
  readonly anonymous: "policy" | "upstream";
  /** The tier of both subusers. */
  readonly tier: string | undefined;
  /** The privileges that everybody has. */
  readonly privileges: readonly string[];
};

/**
 * Draws a situation under the provider, and the same with one statement more, wherever it stands.
 */
export function situationsWith(
  effect: Effect,
  provider: Provider,
): fc.Arbitrary<readonly [before: Situation, after: Situation]> {
  const identity: Language = { provider, kind: "identity" };
  const bucket: Language = { provider, kind: "bucket" };
  // If policies only restrict, the first one closes the bucket to all whom it does not allow.
  const least = effect === "Allow" && provider.bucketPolicyRole === "restrict" ? 1 : 0;
  return fc.constantFrom(...ROWS).chain((row) => {
    const more = fc.constantFrom(...PLACES, "bucket").chain((place) => {
      const language = place === "bucket" ? bucket : identity;
      return statementOn(row, language, effect).map((statement) => ({ place, statement }));
    });
    return fc
      .record({
        caller: fc.constantFrom(...PEOPLE, undefined),
        settings: settingsOf(provider),
        policies: fc.record({
          account: statementsOn(row, identity, 0),
          subuser: statementsOn(row, identity, 0),
          bucket: statementsOn(row, bucket, least),
        }),
        more,
        isFirst: fc.boolean(),
      })
      .map(({ more: { place, statement }, isFirst, ...drawn }) => {
        const before = { row, ...drawn };
        const there = before.policies[place];
        const all = isFirst ? [statement, ...there] : [...there, statement];
        const policies = { ...before.policies, [place]: all };
        return [before, { ...before, policies }] as const;
      });
  });
}

function settingsOf({ tiers, privileges }: Provider): fc.Arbitrary<Settings> {
  const names = [...tiers.values()].filter(({ kind }) => kind === "access").map(({ name }) => name);
  return fc.record({
    tierMode: fc.constantFrom("ceiling", "union"),
    anonymous: fc.constantFrom("policy", "policy", "upstream"),
    tier: fc.constantFrom(undefined, undefined, names[0], names.at(-1)),
    privileges: fc.constantFrom([], [], [...privileges.keys()]),
  });
}

/** The language of a policy: AWS's form, or the provider's own for policies of buckets. */
type Language = { readonly provider: Provider; readonly kind: PolicyKind };

/**
 * Draws statements. Without an Allow of everything, hardly any request would have all the rights
 * that it needs.
 */
function statementsOn(
  row: Row,
  language: Language,
  least: number,
): fc.Arbitrary<readonly Statement[]> {
  const mixed = fc.oneof(statementOn(row, language, "Allow"), statementOn(row, language, "Deny"));
  const everything = everythingOf(row, language);
  return fc.oneof(
    fc.array(mixed, { minLength: least, maxLength: least }),
    fc.array(mixed, { minLength: least, maxLength: 3 }),
    fc.array(mixed, { maxLength: 1 }).map((some) => [everything, ...some]),
  );
}

function everythingOf(row: Row, language: Language): Statement {
  const [everybody] = principalsOf(language);
  return {
    Effect: "Allow",
    Action: actionsOf(row, language, false),
    ...(isBucketWide(language) ? {} : { Resource: OF_BUCKET }),
    ...(everybody && { Principal: everybody }),
  };
}

/** Draws a statement that the language accepts, and that often concerns the needs of the row. */
function statementOn(row: Row, language: Language, effect: Effect): fc.Arbitrary<Statement> {
  const { fields } = language.provider.dialect;
  const may = (field: string): boolean =>
    !isBucketWide(language) && (fields === undefined || fields.includes(field));
  const lists = (field: string, values: readonly string[]): fc.Arbitrary<Statement> =>
    fc
      .array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })
      .map((list) => ({ [field]: list }));
  const resources = row.needs.map((need) => need.split(" ")[1] ?? "").map(arnOf);
  const near = [...resources, ...OF_BUCKET, "arn:aws:s3:::b*", "arn:aws:s3:::other*"];
  const actions = [lists("Action", actionsOf(row, language, effect === "Deny"))];
  if (may("NotAction")) {
    actions.push(lists("NotAction", actionsOf(row, language, effect === "Allow")));
  }
  // Mostly none, so that most statements hold.
  const unconditional = Array.from({ length: 12 }, () => ({}));
  const scopes = [isBucketWide(language) ? fc.constant({}) : lists("Resource", near)];
  if (may("NotResource")) scopes.push(lists("NotResource", near));
  const principals = principalsOf(language);
  const subjects: Statement[] = principals.map((Principal) => ({ Principal }));
  if (may("NotPrincipal") && effect === "Deny") {
    subjects.push(...principals.map((NotPrincipal) => ({ NotPrincipal })));
  }
  const conditions = CONDITIONS.filter(
    ([key]) => may("Condition") && hasConditionKey(language.provider.dialect, key),
  ).map(([key, operator, value]) => ({ Condition: { [operator]: { [key]: value } } }));
  return fc
    .tuple(
      fc.oneof(...actions),
      fc.oneof(...scopes),
      fc.constantFrom(...(subjects.length === 0 ? [{}] : subjects)),
      fc.constantFrom<Statement>(...unconditional, ...conditions),
    )
    .map((parts): Statement => Object.assign({ Effect: effect }, ...parts))
    .filter((statement) => parsed(language, statement).ok);
}

const OF_BUCKET = ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"];

/** Returns an ARN, also for the service: policies of buckets cannot say "*" alone. */
function arnOf(resource: string): string {
  return `arn:aws:s3:::${resource}`;
}

const CONDITIONS = [
  ["aws:SourceIp", "IpAddress", "192.0.2.0/24"],
  ["aws:SourceIp", "NotIpAddress", "192.0.2.0/24"],
  ["aws:username", "StringEquals", "reader"],
  ["aws:username", "StringNotLike", "lab*"],
  ["s3:versionid", "Null", "false"],
  ["s3:prefix", "StringNotEquals", "a"],
  ["s3:ResourceAccount", "StringEquals", "lab"],
] as const;

/**
 * Returns the row's actions and the usual ones, as far as the language has them. `stricter`: by
 * further names, which count only in a Deny's Action and an Allow's NotAction.
 */
function actionsOf(
  { operation, needs, deniedToo = [] }: Row,
  { provider }: Language,
  stricter: boolean,
): readonly string[] {
  const { knownActions, wildcardActions } = provider.dialect;
  const needed = needs.map((need) => need.split(" ")[0] ?? "");
  const names = stricter ? [...deniedToo, `s3:${operation}`] : [];
  const usual = ["s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*", "*"];
  return [...needed, ...names, ...usual].filter((action) => {
    if (!action.includes("*")) return knownActions?.includes(action) ?? true;
    return wildcardActions === "any" || (wildcardActions === "all" && action === "s3:*");
  });
}

/** Returns principals, everybody first; none in identity policies, which are about their holder. */
function principalsOf({ provider, kind }: Language): readonly Statement[] {
  if (kind === "identity") return [];
  const { document } = provider.dialect;
  if (document.kind === "bucket-wide") {
    return DIRECTORY_NAMES.map((name) => ({ [document.principal]: [name] }));
  }
  const names = Object.values(IDENTITIES).flatMap((identity) => {
    const { identifiers, accountIdentifiers } = identifiersOf(provider.principals, identity);
    return [...identifiers, ...accountIdentifiers];
  });
  const others = [...new Set(names)].map((name) =>
    name.includes("$") ? { CanonicalUser: name } : { AWS: name },
  );
  return [{ AWS: "*" }, ...others];
}

const DIRECTORY_NAMES = ["Everyone", "Authenticated Users", "local:guest", "lab", "local:partner"];

const NO_MORE = { groups: [], tenant: undefined };
const IDENTITIES: Readonly<Record<Person, Identity>> = {
  lab: { account: "lab", subuser: undefined, ...NO_MORE },
  reader: { account: "lab", subuser: "reader", ...NO_MORE },
  partner: { account: "partner", subuser: undefined, ...NO_MORE },
  visitor: { account: "partner", subuser: "visitor", ...NO_MORE },
};

function isBucketWide({ provider, kind }: Language): boolean {
  return kind === "bucket" && provider.dialect.document.kind === "bucket-wide";
}

/** Parses a statement once for all verdicts, as a policy of its own. */
function parsed(language: Language, statement: Statement): ReturnType<typeof parse> {
  const known = PARSED.get(statement) ?? parse(language, statement);
  PARSED.set(statement, known);
  return known;
}

const PARSED = new WeakMap<Statement, ReturnType<typeof parse>>();

function parse({ provider, kind }: Language, statement: Statement) {
  const { document } = provider.dialect;
  const text =
    kind === "bucket" && document.kind === "bucket-wide"
      ? JSON.stringify({ [document.statements]: [statement] })
      : policyDocument([statement]);
  return parseProviderPolicy(provider, text, `${kind}.json`, kind, { bucket: "bucket" });
}

export function verdictIn(
  provider: Provider,
  { row, caller, settings, policies }: Situation,
): Decided {
  const read = (place: Place): readonly Policy[] => {
    const kind = place === "bucket" ? "bucket" : "identity";
    return policies[place].map((statement) => {
      const policy = parsed({ provider, kind }, statement);
      if (!policy.ok) throw new Error(JSON.stringify(policy.error));
      return policy.value;
    });
  };
  const config = configOf(provider, settings);
  const [ofAccount, ofSubuser, ofBucket] = [read("account"), read("subuser"), read("bucket")];
  const accounts = config.accounts.map((account) => ({
    ...account,
    policies: ofAccount,
    subusers: account.subusers.map((subuser) => ({ ...subuser, policies: ofSubuser })),
  }));
  // A first policy can be shown in place of none: that is not a matter of rights.
  const policyText = "{}";
  const buckets = config.buckets.map((bucket) => ({ ...bucket, policies: ofBucket, policyText }));
  const snapshot = compileSnapshot({ ...config, accounts, buckets }, 1);
  return judgeRow(snapshot, row, caller && keyOf(caller));
}

/**
 * Returns the gateway without the policies: parsed once, it is not parsed again for each of them.
 */
function configOf(provider: Provider, settings: Settings): Config {
  const id = JSON.stringify([provider.name, settings]);
  const config = CONFIGS.get(id) ?? writtenConfig(provider, settings);
  CONFIGS.set(id, config);
  return config;
}

const CONFIGS = new Map<string, Config>();

function writtenConfig({ name: provider }: Provider, settings: Settings): Config {
  const { tierMode, anonymous, tier, privileges } = settings;
  const upstream = { accessKey: "STOREKEY000000000000", secretKey: "the-stores-secret" };
  const person = (name: Person) => ({ name, privileges, keys: [keyOf(name)] });
  const subuser = (name: Person) => ({ ...person(name), tier, policies: ["some.json"] });
  const policy = { provider, tierMode, anonymous, bucketPolicies: "gateway" };
  return goodConfig({
    "gateway.yaml": `${EVERY_OPERATION_SERVED}policy: ${JSON.stringify(policy)}\n`,
    "accounts.yaml": JSON.stringify({
      accounts: [
        { ...person("lab"), upstream, subusers: [subuser("reader")] },
        { ...person("partner"), upstream, subusers: [subuser("visitor")] },
      ],
      buckets: [{ name: "bucket", account: "lab" }],
    }),
    // A subuser needs a policy; those of the situation replace it.
    "some.json": policyDocument([
      { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" },
    ]),
  });
}

function keyOf(name: Person): KeyPair {
  return { accessKey: `AKID.${name}`, secretKey: `secret-${name}` };
}
