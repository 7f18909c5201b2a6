import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { parsePolicy } from "../policy/parse.ts";
import type { Policy } from "../policy/policy.ts";
import { TRUST_ACTIONS, type TrustRules } from "../policy/trust-rules.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt, quoted } from "./placed.ts";
import { linesAbove, policySourceOf } from "./policies.ts";
import { field, itemOf, pathOf, pattern, select, type Placed } from "./select.ts";
import type { Surroundings } from "./surroundings.ts";

const ROLES = pattern("accounts[*].roles[*]");
const TRUSTS = pattern("accounts[*].roles[*].trust");
const REVOKED = pattern("revoked[*]");
const TIERS = pattern("accounts[*].roles[*].tier");
const ISSUERS = pattern("issuers[*]");
const SEALING_IDS = pattern("sts.keys[*].id");

/**
 * Returns the names that trust policies may use, as far as the entries of `issuers` in gateway.yaml
 * can be read.
 */
export function trustRules(gateway: ConfigDocument): TrustRules {
  const issuers = select(gateway, ISSUERS).flatMap(({ value }) => {
    const name = field(value, "name");
    if (typeof name !== "string") return [];
    const url = field(value, "url");
    const claims = field(value, "claims");
    const isMap = typeof claims === "object" && claims !== null;
    const names = isMap ? Object.keys(claims) : [];
    return [{ name, url: typeof url === "string" ? url : undefined, claims: names }];
  });
  return { issuers };
}

/**
 * The trust policies of an accounts file's roles, by the path of their `trust`, or every problem in
 * them with its place.
 */
export function readTrusts(
  document: ConfigDocument,
  rules: TrustRules,
  surroundings: Surroundings,
): Result<ReadonlyMap<string, Policy>, readonly Problem[]> {
  const trusts = new Map<string, Policy>();
  const problems: Problem[] = [];
  for (const placed of select(document, TRUSTS)) {
    const trust = readTrust(placed, rules, surroundings);
    if (trust === undefined) continue;
    if (trust.ok) trusts.set(pathOf(placed), trust.value);
    else problems.push(...trust.error);
  }
  return problems.length > 0 ? err(problems) : ok(trusts);
}

/**
 * Reads a trust policy; `undefined` if it is neither a text nor a map, which the schema complains
 * of.
 */
function readTrust(
  placed: Placed,
  rules: TrustRules,
  surroundings: Surroundings,
): Result<Policy, readonly Problem[]> | undefined {
  const { document, value } = placed;
  if (isShort(value)) return readShort(placed, rules);
  const path = pathOf(placed);
  const source = policySourceOf(document, path, value, surroundings);
  if (source === undefined) return undefined;
  if (!source.ok) return err([problemAt(document, path, source.error)]);
  return parsePolicy(source.value.text, source.value.file, "trust", { trust: rules });
}

/** `{ issuer, subject }`: what most people want, instead of a policy. */
function isShort(value: unknown): boolean {
  return field(value, "issuer") !== undefined || field(value, "subject") !== undefined;
}

/** The short form becomes the policy that it stands for, so that one engine judges both. */
function readShort(
  { document, value, ...placed }: Placed,
  rules: TrustRules,
): Result<Policy, readonly Problem[]> {
  const path = pathOf({ document, value, ...placed });
  const issuer = field(value, "issuer");
  const subject = field(value, "subject");
  const problems: Problem[] = [];
  const complain = (below: string, message: string, remedy: string): void => {
    problems.push(problemAt(document, `${path}${below}`, { message, remedy }));
  };
  for (const name of Object.keys(typeof value === "object" && value !== null ? value : {})) {
    if (name === "issuer" || name === "subject") continue;
    complain(`.${name}`, `Unknown key "${name}"`, "Known here: issuer, subject");
  }
  const names = rules.issuers.map(({ name }) => name);
  if (typeof issuer !== "string") complain("", 'Missing key "issuer"', "Add it");
  else if (!names.includes(issuer)) {
    const at = `${path}.issuer`;
    const known =
      names.length === 0 ? "Add it to issuers in gateway.yaml" : `Known: ${names.join(", ")}`;
    const remedy = didYouMean(issuer, names, known);
    complain(".issuer", `Unknown issuer${quoted(at, document.nodes.get(at))}`, remedy);
  }
  const subjects = Array.isArray(subject) ? subject : [subject];
  if (subject === undefined) complain("", 'Missing key "subject"', 'Add it: "*" is any subject');
  else if (subjects.length === 0 || subjects.some((one) => typeof one !== "string" || one === "")) {
    complain(".subject", "Expected a text or a list of texts", "");
  }
  if (problems.length > 0) return err(problems);
  const text = JSON.stringify({
    // Variables mean nothing in this version: a subject is taken as it is written, with its wildcards.
    Version: "2008-10-17",
    Statement: {
      Effect: "Allow",
      Principal: { Federated: issuer },
      Action: TRUST_ACTIONS.filter((action) => action !== "sts:AssumeRole"),
      Condition: { StringLike: { [`${String(issuer)}:sub`]: subjects } },
    },
  });
  const placedText = `{${linesAbove(document, path)}${text.slice(1)}`;
  return parsePolicy(placedText, document.file, "trust", { trust: rules });
}

/**
 * Checks that the settings of roles fit together: looks at single values, as `accountProblems`
 * does.
 */
export function roleProblems(
  gateway: ConfigDocument,
  files: readonly ConfigDocument[],
  tiers: ReadonlySet<string>,
): readonly Problem[] {
  const roles = files.flatMap((file) => select(file, ROLES));
  return [
    ...repeatedSealingIds(gateway),
    ...(gateway.nodes.has("sts") ? [] : roles.slice(0, 1).map(withoutSealing)),
    ...roles.flatMap(roleWithoutRights),
    ...files
      .flatMap((file) => select(file, REVOKED))
      .flatMap((one) => wrongRevocation(one, roles, gateway)),
    ...repeatedRoleNames(roles),
    ...roles.flatMap(unsigned),
    ...files.flatMap((file) => select(file, TIERS)).flatMap((tier) => unknownTier(tier, tiers)),
  ];
}

function repeatedSealingIds(gateway: ConfigDocument): readonly Problem[] {
  const ids = select(gateway, SEALING_IDS);
  return ids.flatMap((placed, i) => {
    if (!ids.slice(0, i).some(({ value }) => value === placed.value)) return [];
    const message = "Two sealing keys have the same id";
    return [problemAt(gateway, pathOf(placed), { message, remedy: "Give each its own id" })];
  });
}

function withoutSealing(role: Placed): Problem {
  const message = "Nobody can become the role: gateway.yaml has no sts.keys to seal sessions with";
  const remedy = "Add sts: { keys: [...] }, with a key of s3warden keygen --sealing";
  return problemAt(role.document, pathOf(role), { message, remedy });
}

/** A role with neither a tier nor a policy, whose sessions could do nothing. */
function roleWithoutRights({ document, value, ...placed }: Placed): readonly Problem[] {
  if (field(value, "name") === undefined) return [];
  if (field(value, "tier") !== undefined || itemOf(field(value, "policies"), 0) !== undefined) {
    return [];
  }
  const message = "Sessions of the role may do nothing: it has neither a tier nor a policy";
  const path = pathOf({ document, value, ...placed });
  return [problemAt(document, path, { message, remedy: "Add tier: READ, or policies" })];
}

function repeatedRoleNames(roles: readonly Placed[]): readonly Problem[] {
  return roles.flatMap((role, i) => {
    const name = field(role.value, "name");
    const twice = roles
      .slice(0, i)
      .some((other) => other.above === role.above && field(other.value, "name") === name);
    if (name === undefined || !twice) return [];
    const path = `${pathOf(role)}.name`;
    const got = quoted(path, role.document.nodes.get(path));
    const message = `The role is given twice${got}`;
    return [problemAt(role.document, path, { message, remedy: "Remove one of them" })];
  });
}

/** Sessions have no key at the store: the account's must sign for them. */
function unsigned(role: Placed): readonly Problem[] {
  const account = role.above?.above;
  if (account === undefined || field(account.value, "upstream") !== undefined) return [];
  const keys = field(account.value, "keys");
  const own = (Array.isArray(keys) ? keys : []).some(
    (key) => field(key, "sessionToken") === undefined,
  );
  if (own) return [];
  const message = "The gateway has no key of the account with which it could sign for sessions";
  const remedy = "Add upstream, or a key of the account that the store knows";
  return [problemAt(role.document, pathOf(role), { message, remedy })];
}

/** A revocation that would end nothing, which nobody can have meant. */
function wrongRevocation(
  { document, value, ...placed }: Placed,
  roles: readonly Placed[],
  gateway: ConfigDocument,
): readonly Problem[] {
  const path = pathOf({ document, value, ...placed });
  const complain = (below: string, message: string, remedy: string): Problem =>
    problemAt(document, `${path}${below}`, { message, remedy });
  const role = field(value, "role");
  const issuer = field(value, "issuer");
  const session = field(value, "session");
  if (role === undefined && issuer === undefined && session === undefined) {
    return [complain("", "It ends no session", "Add role, session, or issuer and subject")];
  }
  const problems: Problem[] = [];
  const names = roles.flatMap((one) => {
    const name = field(one.value, "name");
    const account = field(one.above?.above?.value, "name");
    return [`${String(account)}:${String(name)}`, String(name)];
  });
  if (typeof role === "string" && !names.includes(role)) {
    const got = quoted(`${path}.role`, document.nodes.get(`${path}.role`));
    const remedy = didYouMean(role, names, `Known: ${names.join(", ")}`);
    problems.push(complain(".role", `Unknown role${got}`, remedy));
  }
  const issuers = trustRules(gateway).issuers.map(({ name }) => name);
  if (typeof issuer === "string" && !issuers.includes(issuer)) {
    const got = quoted(`${path}.issuer`, document.nodes.get(`${path}.issuer`));
    const remedy = didYouMean(issuer, issuers, `Known: ${issuers.join(", ")}`);
    problems.push(complain(".issuer", `Unknown issuer${got}`, remedy));
  }
  if (field(value, "subject") !== undefined && issuer === undefined) {
    problems.push(complain(".subject", "A subject needs its issuer", "Add issuer"));
  }
  return problems;
}

function unknownTier(tier: Placed, tiers: ReadonlySet<string>): readonly Problem[] {
  const { document, value } = tier;
  if (typeof value !== "string" || tiers.has(value)) return [];
  const path = pathOf(tier);
  const message = `Unknown tier${quoted(path, document.nodes.get(path))}`;
  const remedy = didYouMean(value, tiers, `Known: ${[...tiers].join(", ")}`);
  return [problemAt(document, path, { message, remedy })];
}
