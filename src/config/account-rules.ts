import type { Problem } from "../lib/problem.ts";
import { didYouMean } from "../lib/suggestion.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt, quoted } from "./placed.ts";
import { accountLimitProblems } from "./limit-rules.ts";
import { parseInstant } from "./scalars.ts";
import { field, itemOf, pathOf, pattern, type Pattern, type Placed, visit } from "./select.ts";

/**
 * Checks that accounts files fit together: names and access keys are given once, tiers exist
 * (`tiers`: their names). `elsewhere`: subusers may have their keys and tiers in another source.
 * Looks at single values, so that it finds its problems although others exist.
 */
export function accountProblems(
  tiers: ReadonlySet<string>,
  files: readonly (ConfigDocument | undefined)[],
  elsewhere: boolean,
): readonly Problem[] {
  const documents = files.filter((document) => document !== undefined);
  const problems: Problem[] = documents.flatMap(accountLimitProblems);
  const check = (patterns: readonly Pattern[], rule: Rule): void => {
    const found = (placed: Placed): void => void problems.push(...rule(placed));
    for (const document of documents) visit(document, patterns, found);
  };
  check(ACCESS_KEYS, onlyOnce("access key"));
  check([ACCOUNT_NAME], onlyOnce("account"));
  check([SUBUSER_NAME], onlyOnceInAccount("subuser"));
  check([TIER], (tier) => unknownTier(tiers, tier));
  check([SUBUSER], (subuser) => subuserWithoutRights(subuser, elsewhere));
  check(KEYS, neverInForce);
  check([ACCOUNT], contradictoryTenants);
  return problems;
}

type Rule = (placed: Placed) => readonly Problem[];

const ACCOUNT = pattern("accounts[*]");
const SUBUSER = pattern("accounts[*].subusers[*]");
const KEYS = [pattern("accounts[*].keys[*]"), pattern("accounts[*].subusers[*].keys[*]")];
const ACCESS_KEYS = KEYS.map((key) => [...key, "accessKey"]);
const ACCOUNT_NAME = pattern("accounts[*].name");
const SUBUSER_NAME = pattern("accounts[*].subusers[*].name");
const TIER = pattern("accounts[*].subusers[*].tier");

/** Finds values that were there before: with two, the secret would be a matter of luck. */
function onlyOnce(what: string): Rule {
  const first = new Map<string, Placed>();
  return (placed) => {
    const { value } = placed;
    if (typeof value !== "string") return [];
    const earlier = first.get(value);
    if (earlier !== undefined) return [repeatedAt(placed, earlier, what)];
    first.set(value, placed);
    return [];
  };
}

/** The same of what an account has, one account after the other. */
function onlyOnceInAccount(what: string): Rule {
  let account: Placed | undefined;
  let rule = onlyOnce(what);
  return (placed) => {
    const subusers = placed.above?.above;
    if (subusers !== account) rule = onlyOnce(what);
    account = subusers;
    return rule(placed);
  };
}

function repeatedAt(second: Placed, first: Placed, what: string): Problem {
  const { document } = second;
  const path = pathOf(second);
  const place = `${first.document.file}:${first.document.nodes.get(pathOf(first))?.at.line}`;
  const message = `The ${what} is listed twice, first at ${place}${got(document, path)}`;
  return problemAt(document, path, { message, remedy: "Remove one of them" });
}

function got(document: ConfigDocument, path: string): string {
  return quoted(path, document.nodes.get(path));
}

function unknownTier(tiers: ReadonlySet<string>, placed: Placed): readonly Problem[] {
  const { document, value } = placed;
  if (typeof value !== "string" || tiers.has(value)) return [];
  const path = pathOf(placed);
  const message = `Unknown tier${got(document, path)}`;
  const remedy = didYouMean(value, tiers, `Known: ${[...tiers].join(", ")}`);
  return [problemAt(document, path, { message, remedy })];
}

/**
 * A subuser with neither a tier nor a policy, who could do nothing: surely a slip, unless another
 * source has its keys and its tier.
 */
function subuserWithoutRights(subuser: Placed, elsewhere: boolean): readonly Problem[] {
  const { document, value } = subuser;
  if (field(value, "name") === undefined) return [];
  if (elsewhere && itemOf(field(value, "keys"), 0) === undefined) return [];
  if (field(value, "tier") !== undefined || itemOf(field(value, "policies"), 0) !== undefined)
    return [];
  const message = "The subuser can do nothing: it has neither a tier nor a policy";
  return [problemAt(document, pathOf(subuser), { message, remedy: "Add tier: READ, or policies" })];
}

/** A key whose life ends before it begins. */
function neverInForce(key: Placed): readonly Problem[] {
  const { document, value } = key;
  const begin = field(value, "notBefore");
  const end = field(value, "expires");
  if (typeof begin !== "string" || typeof end !== "string") return [];
  const from = parseInstant(begin);
  const until = parseInstant(end);
  if (!from.ok || !until.ok || from.value < until.value) return [];
  const path = `${pathOf(key)}.expires`;
  const message = `The key expires before it is valid${got(document, path)}`;
  return [problemAt(document, path, { message, remedy: "Put expires after notBefore" })];
}

/** A name such as `tenant$user` beside another tenant: one of them is wrong. */
function contradictoryTenants(account: Placed): readonly Problem[] {
  const { document, value } = account;
  const tenant = field(value, "tenant");
  const name = field(value, "name");
  if (tenant === undefined || typeof name !== "string" || !name.includes("$")) return [];
  const named = name.slice(0, name.indexOf("$"));
  if (tenant === named) return [];
  const path = `${pathOf(account)}.tenant`;
  const message = `The account's name implies the tenant "${named}"${got(document, path)}`;
  return [problemAt(document, path, { message, remedy: "Remove tenant, or change the name" })];
}
