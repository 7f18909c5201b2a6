import type { Problem } from "../lib/problem.ts";
import { didYouMean } from "../lib/suggestion.ts";
import type { ConfigDocument, DocumentNode } from "./document.ts";
import { problemAt, quoted } from "./issues.ts";
import { accountLimitProblems } from "./limit-rules.ts";
import { parseInstant } from "./scalars.ts";

/**
 * What must fit together across accounts files: names and access keys are given once, tiers
 * exist (`tiers`: their names). `ceph`: subusers may have their keys and tiers there. Looks at single values, so that it finds its problems although others are there.
 */
export function accountProblems(
  tiers: ReadonlySet<string>,
  files: readonly (ConfigDocument | undefined)[],
  ceph: boolean,
): readonly Problem[] {
  const scalars = files.flatMap((document) =>
    document === undefined
      ? []
      : [...document.nodes].map(([path, node]) => ({ document, path, node })),
  );
  return [
    ...repeated(scalars, ACCESS_KEY, "access key"),
    ...repeated(scalars, ACCOUNT_NAME, "account"),
    ...files.flatMap((document) => (document === undefined ? [] : repeatedSubusers(document))),
    ...unknownTiers(tiers, scalars),
    ...files.flatMap((document) => (document === undefined ? [] : powerless(document, ceph))),
    ...scalars.flatMap(emptyLife),
    ...scalars.flatMap(twoTenants),
    ...files.flatMap((document) => (document === undefined ? [] : accountLimitProblems(document))),
  ];
}

/** One value and where it stands. */
type Scalar = {
  readonly document: ConfigDocument;
  readonly path: string;
  readonly node: DocumentNode;
};

const ACCESS_KEY = /^accounts\[\d+\](?:\.subusers\[\d+\])?\.keys\[\d+\]\.accessKey$/;
const ACCOUNT_NAME = /^accounts\[\d+\]\.name$/;
const SUBUSER_NAME = /^(accounts\[\d+\])\.subusers\[\d+\]\.name$/;
const TIER = /^accounts\[\d+\]\.subusers\[\d+\]\.tier$/;
const TENANT = /^(accounts\[\d+\])\.tenant$/;
const EXPIRES = /^(.*\.keys\[\d+\])\.expires$/;

/** Values at `paths` that stand there a second time: with two, the secret would be a matter of luck. */
function repeated(scalars: readonly Scalar[], paths: RegExp, what: string): readonly Problem[] {
  const first = new Map<string, Scalar>();
  const problems: Problem[] = [];
  for (const scalar of scalars) {
    const { value } = scalar.node;
    if (!paths.test(scalar.path) || typeof value !== "string") continue;
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, scalar);
    else problems.push(secondTime(scalar, earlier, what));
  }
  return problems;
}

function secondTime({ document, path, node }: Scalar, earlier: Scalar, what: string): Problem {
  const place = `${earlier.document.file}:${earlier.node.at.line}`;
  const message = `The ${what} is given twice, first at ${place}${quoted(path, node)}`;
  return problemAt(document, path, { message, remedy: "Remove one of them" });
}

function repeatedSubusers(document: ConfigDocument): readonly Problem[] {
  const byAccount = new Map<string, Scalar[]>();
  for (const [path, node] of document.nodes) {
    const account = SUBUSER_NAME.exec(path)?.[1];
    if (account === undefined) continue;
    const siblings = byAccount.get(account) ?? [];
    siblings.push({ document, path, node });
    byAccount.set(account, siblings);
  }
  return [...byAccount.values()].flatMap((names) => repeated(names, SUBUSER_NAME, "subuser"));
}

function unknownTiers(tiers: ReadonlySet<string>, scalars: readonly Scalar[]): readonly Problem[] {
  return scalars.flatMap(({ document, path, node }) => {
    const { value } = node;
    if (!TIER.test(path) || typeof value !== "string" || tiers.has(value)) return [];
    const message = `Unknown tier${quoted(path, node)}`;
    const remedy = didYouMean(value, tiers, `Known: ${[...tiers].join(", ")}`);
    return [problemAt(document, path, { message, remedy })];
  });
}

/**
 * A subuser with neither a tier nor a policy, who could do nothing: surely a slip, unless Ceph has
 * its keys and its tier.
 */
function powerless(document: ConfigDocument, ceph: boolean): readonly Problem[] {
  const problems: Problem[] = [];
  for (const path of document.nodes.keys()) {
    const subuser = /^(accounts\[\d+\]\.subusers\[\d+\])\.name$/.exec(path)?.[1];
    if (subuser === undefined) continue;
    const { nodes } = document;
    if (ceph && !nodes.has(`${subuser}.keys[0]`)) continue;
    if (nodes.has(`${subuser}.tier`) || nodes.has(`${subuser}.policies[0]`)) continue;
    const message = "The subuser may do nothing: it has neither a tier nor a policy";
    problems.push(problemAt(document, subuser, { message, remedy: "Add tier: READ, or policies" }));
  }
  return problems;
}

/** A key whose life ends before it begins. */
function emptyLife({ document, path, node }: Scalar): readonly Problem[] {
  const key = EXPIRES.exec(path)?.[1];
  const begin = document.nodes.get(`${key}.notBefore`)?.value;
  if (key === undefined || typeof begin !== "string") return [];
  const from = parseInstant(begin);
  const until = parseInstant(String(node.value));
  if (!from.ok || !until.ok || from.value < until.value) return [];
  const message = `The key expires before it is valid${quoted(path, node)}`;
  return [problemAt(document, path, { message, remedy: "Put expires after notBefore" })];
}

/** A name such as `tenant$user` beside another tenant: one of them is wrong. */
function twoTenants({ document, path, node }: Scalar): readonly Problem[] {
  const account = TENANT.exec(path)?.[1];
  const name = document.nodes.get(`${account}.name`)?.value;
  if (account === undefined || typeof name !== "string" || !name.includes("$")) return [];
  const named = name.slice(0, name.indexOf("$"));
  if (node.value === named) return [];
  const message = `The account's name says the tenant "${named}"${quoted(path, node)}`;
  return [problemAt(document, path, { message, remedy: "Remove tenant, or change the name" })];
}
