import type { Config, AccountConfig } from "./config.ts";
import type { z } from "zod";
import { inOrder, type Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Policy } from "../policy/policy.ts";
import type { Provider } from "../provider/provider.ts";
import { parseProvider } from "../provider/parse.ts";
import { storeTraits } from "../s3/stores.ts";
import { bucketNamesProblems, namesByAccount } from "./bucket-names.ts";
import { accountProblems } from "./account-rules.ts";
import { AccountsSchema, type AccountsFile } from "./accounts-schema.ts";
import { attributeProblems } from "./attributes.ts";
import { readBuckets, type WholeFile } from "./buckets.ts";
import { connectionProblems, connectionWarnings } from "./connection-rules.ts";
import { readConfigDocument, type ConfigDocument } from "./document.ts";
import { directoryProblems } from "./directory-rules.ts";
import { gatewayProblems } from "./gateway-rules.ts";
import { assemble } from "./assemble.ts";
import { PROVIDERS } from "../provider/names.ts";
import { GatewaySchema } from "./gateway-schema.ts";
import { readIssuers } from "./issuers.ts";
import { shapeProblems } from "./issues.ts";
import { problemAt } from "./placed.ts";
import { readPem } from "./pem.ts";
import { readPolicies } from "./policies.ts";
import { readTrusts, roleProblems, trustRules } from "./roles.ts";
import { keepsPolicies, unmetNeeds } from "./provider-needs.ts";
import { routeProblems } from "./route-rules.ts";
import { sharedUpstreamProblems } from "./shared-upstream.ts";
import { storeKindOf, storeProblems, storeWarnings } from "./store-rules.ts";
import { besides, unreadable, type Surroundings } from "./surroundings.ts";
import { readTiers } from "./tiers.ts";
import { configWarnings } from "./warnings.ts";

/**
 * Reads the configuration from `text`, the content of `file`, and the files it names; or returns
 * every problem in them at once, by file and line. Does no I/O but through `surroundings`.
 */
export function parseConfig(
  text: string,
  file: string,
  surroundings: Surroundings,
): Result<Config, readonly Problem[]> {
  const problems: Problem[] = [];
  const gateway = parseFile(text, file, GatewaySchema, surroundings, problems);
  if (gateway.document === undefined) return err(inOrder(problems));
  const { document } = gateway;
  const files = accountsFiles(document, surroundings, problems);
  const provider = readProvider(document, surroundings);
  const tiers = readTiers(document, provider, problems);
  const pem = readPem(document, surroundings);
  if (!pem.ok) problems.push(...pem.error);
  const documents = files.flatMap((each) => each.document ?? []);
  problems.push(
    ...gatewayProblems(document, provider),
    ...connectionProblems(document),
    ...directoryProblems(document),
    ...storeProblems(document),
    ...bucketNamesProblems(document, documents, provider),
    ...routeProblems(document),
    ...accountProblems(new Set(tiers.keys()), documents, hasOtherSources(document)),
    ...attributeProblems([document, ...documents], provider),
    ...roleProblems(document, documents, new Set(tiers.keys())),
    ...unmetNeeds(document, documents, provider, "model"),
  );
  const issuers = readIssuers(document, gateway.value?.issuers, surroundings, problems);
  const trust = trustRules(document);
  const accounts: AccountConfig[] = [];
  const whole: WholeFile[] = [];
  for (const { document: named, value } of files) {
    if (named === undefined) continue;
    const policies = readPolicies(named, provider, surroundings);
    const trusts = readTrusts(named, trust, surroundings);
    if (!policies.ok) problems.push(...policies.error);
    if (!trusts.ok) problems.push(...trusts.error);
    if (policies.ok && trusts.ok && value !== undefined) {
      accounts.push(...withPolicies(value, policies.value, trusts.value));
    }
    if (value !== undefined) whole.push({ document: named, value });
  }
  const kept = keepsPolicies(document, provider);
  const tenants = storeTraits(storeKindOf(document)).tenants || namesByAccount(document);
  const remembers = document.nodes.has("state") || whole.some(({ value }) => hasBuckets(value));
  problems.push(...sharedUpstreamProblems(whole, kept && remembers));
  const buckets = readBuckets(whole, { kept, tenants }, provider, surroundings, problems);
  if (problems.length > 0 || gateway.value === undefined || !pem.ok) return err(inOrder(problems));
  const revoked = whole.flatMap(({ value }) => value.revoked);
  const read = {
    accounts,
    buckets,
    revoked,
    provider,
    tiers,
    pem: pem.value,
    issuers: issuers(pem.value.issuerCas),
  };
  const config = assemble(gateway.value, read, file);
  const warnings = [
    ...configWarnings(document, whole, config),
    ...connectionWarnings(document),
    ...storeWarnings(document),
    ...unmetNeeds(document, documents, provider, "part"),
    ...pem.value.warnings,
  ];
  return ok({ ...config, warnings: inOrder(warnings) });
}

/** The access model that the gateway comes with; an unknown name is the schema's to complain of. */
function readProvider(gateway: ConfigDocument, surroundings: Surroundings): Provider {
  const written = gateway.nodes.get("policy.provider")?.value;
  const name = PROVIDERS.find((known) => known === written) ?? "aws";
  const { text, file } = surroundings.provider(name);
  const provider = parseProvider(text, file);
  if (!provider.ok) throw new Error(`${file} is not whole: ${provider.error[0]?.message}`);
  return namesByAccount(gateway) ? { ...provider.value, bucketNames: "tenant" } : provider.value;
}

/** `policies` and `trusts`: by the path of their names in the same file. */
function withPolicies(
  { accounts }: AccountsFile,
  policies: ReadonlyMap<string, Policy>,
  trusts: ReadonlyMap<string, Policy>,
): readonly AccountConfig[] {
  const named = (path: string, names: readonly unknown[]): readonly Policy[] =>
    names.length === 0
      ? NO_POLICIES
      : names.flatMap((_, index) => policies.get(`${path}.policies[${index}]`) ?? []);
  return accounts.map((account, i) => ({
    ...account,
    policies: named(`accounts[${i}]`, account.policies),
    subusers: account.subusers.map((subuser, j) => ({
      ...subuser,
      policies: named(`accounts[${i}].subusers[${j}]`, subuser.policies),
    })),
    roles: account.roles.flatMap((role, j) => {
      const path = `accounts[${i}].roles[${j}]`;
      const trust = trusts.get(`${path}.trust`);
      return trust === undefined ? [] : [{ ...role, policies: named(path, role.policies), trust }];
    }),
  }));
}

/** The policies of the many that have none. */
const NO_POLICIES: readonly Policy[] = [];

/** `value` is there if the shape is right, `document` already if it is YAML. */
type ParsedFile<T> = {
  readonly document: ConfigDocument | undefined;
  readonly value: T | undefined;
};

function parseFile<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
  surroundings: Surroundings,
  problems: Problem[],
): ParsedFile<z.output<Schema>> {
  const { document, problems: unreadables } = readConfigDocument(text, file, surroundings);
  problems.push(...unreadables);
  if (document === undefined) return { document, value: undefined };
  const shape = schema.safeParse(document.data);
  if (!shape.success) {
    // A value that could not be read has no further problems.
    const said = new Set(unreadables.map(({ path }) => path));
    const found = shapeProblems(document, schema, shape.error.issues);
    problems.push(...found.filter(({ path }) => !said.has(path)));
  }
  return { document, value: shape.data };
}

/** The files that `identities` names, each read as far as it goes. */
function accountsFiles(
  gateway: ConfigDocument,
  surroundings: Surroundings,
  problems: Problem[],
): readonly ParsedFile<AccountsFile>[] {
  const files: ParsedFile<AccountsFile>[] = [];
  for (const [path, { value }] of gateway.nodes) {
    if (!/^identities\[\d+\]\.accounts$/.test(path) || typeof value !== "string") continue;
    const file = besides(gateway.file, value);
    const text = surroundings.read(file);
    if (text.ok) files.push(parseFile(text.value, file, AccountsSchema, surroundings, problems));
    else problems.push(problemAt(gateway, path, unreadable(file, text.error)));
  }
  return files;
}

function hasBuckets({ buckets }: AccountsFile): boolean {
  return buckets.length > 0;
}

/**
 * Returns true if users of other sources are served, who may be missing in accounts files or only
 * partly in them.
 */
function hasOtherSources({ nodes }: ConfigDocument): boolean {
  return [...nodes.keys()].some((path) => /^identities\[\d+\]\.(?:ceph|http)$/.test(path));
}
