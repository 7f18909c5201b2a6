import { isIP } from "node:net";
import type { Problem } from "../lib/problem.ts";
import type { Provider } from "../provider/provider.ts";
import type { ConfigDocument } from "./document.ts";
import { ADMIN_DEFAULT, LISTEN_DEFAULT } from "./gateway-schema.ts";
import { problemAt, quoted } from "./placed.ts";
import { gatewayLimitProblems } from "./limit-rules.ts";
import { keepsPolicies } from "./provider-needs.ts";
import { parseEndpoint } from "./scalars.ts";

/**
 * Checks that the settings of gateway.yaml fit together. Looks at single values and not at the
 * checked whole, so that it finds its problems although others exist.
 */
export function gatewayProblems(gateway: ConfigDocument, provider: Provider): readonly Problem[] {
  return [
    ...sharedAddress(gateway),
    ...ineffectiveSocketMode(gateway),
    ...withoutV4(gateway),
    ...virtualAddresses(gateway),
    ...ineffectiveState(gateway, provider),
    ...doubtfulDomains(gateway),
    ...notOneSource(gateway),
    ...ineffectiveAccountDomains(gateway, provider),
    ...gatewayLimitProblems(gateway),
  ];
}

/**
 * Reports account domains if no bucket has an account in its address: then a host cannot name one
 * either.
 */
function ineffectiveAccountDomains(
  gateway: ConfigDocument,
  { name, tenantAddressing }: Provider,
): readonly Problem[] {
  if (tenantAddressing) return [];
  const [first] = valuesBelow(gateway, "listen.accountDomains");
  if (first === undefined) return [];
  const message = `The provider ${name} has no account host names, so every such host would be refused`;
  const remedy = "Remove the list, or choose a provider that has account host names";
  return [problemAt(gateway, first[0], { message, remedy })];
}

/** A label cannot be a bucket and an account at once. */
function doubtfulDomains(gateway: ConfigDocument): readonly Problem[] {
  const domains = new Set(valuesBelow(gateway, "listen.domains").map(([, value]) => value));
  return valuesBelow(gateway, "listen.accountDomains").flatMap(([path, value]) => {
    if (!domains.has(String(value).slice(2))) return [];
    const message = "The names are already bucket domains, in listen.domains";
    return [problemAt(gateway, path, { message, remedy: "Give accounts another domain" })];
  });
}

/**
 * Reports a state if policies of buckets are not kept: it is the place where they are remembered.
 */
function ineffectiveState(gateway: ConfigDocument, provider: Provider): readonly Problem[] {
  // If there are sessions, it is also the place where they are revoked.
  if (!gateway.nodes.has("state") || gateway.nodes.has("sts") || keepsPolicies(gateway, provider))
    return [];
  const message = "The setting has no effect: the store keeps bucket policies";
  return [problemAt(gateway, "state", { message, remedy: "Set policy.bucketPolicies to gateway" })];
}

function sharedAddress(gateway: ConfigDocument): readonly Problem[] {
  const written = (path: string): unknown => gateway.nodes.get(path)?.value;
  const admin = written("admin.address") ?? ADMIN_DEFAULT;
  const listen = written("listen.address") ?? LISTEN_DEFAULT;
  const sts = written("sts.address");
  const pairs = [
    ["S3 clients and operators", ["admin.address", "listen.address"], admin === listen, admin],
    ["STS and operators", ["sts.address"], sts === admin, sts],
    ["STS and S3", ["sts.address"], sts === listen, sts],
  ] as const;
  return pairs.flatMap(([who, paths, same, address]) => {
    // Port 0 is any free one: never the same twice.
    if (!same || String(address).endsWith(":0")) return [];
    // One of the two may be a default, which stands nowhere.
    const path = paths.find((candidate) => gateway.nodes.has(candidate)) ?? paths[0];
    const got = quoted(path, gateway.nodes.get(path));
    const message = `${who} cannot share an address${got}`;
    return [problemAt(gateway, path, { message, remedy: "Give them different ports" })];
  });
}

function ineffectiveSocketMode(gateway: ConfigDocument): readonly Problem[] {
  const path = "admin.socketMode";
  const address = gateway.nodes.get("admin.address")?.value;
  const isSocket = typeof address === "string" && address.startsWith("unix:");
  if (isSocket || !gateway.nodes.has(path)) return [];
  const message = "The setting has no effect: admin.address is no Unix socket";
  const remedy = "Remove it, or set admin.address to unix: and a path";
  return [problemAt(gateway, path, { message, remedy })];
}

function withoutV4(gateway: ConfigDocument): readonly Problem[] {
  const path = "policy.signatures";
  const listed = valuesBelow(gateway, path);
  if (!gateway.nodes.has(path) || listed.some(([, value]) => value === "v4")) return [];
  const message = "Signature version 4 cannot be switched off";
  return [problemAt(gateway, path, { message, remedy: "Add v4 to the list" })];
}

/** A bucket cannot stand in front of an IP address. */
function virtualAddresses(gateway: ConfigDocument): readonly Problem[] {
  if (gateway.nodes.get("upstream.addressing")?.value !== "virtual") return [];
  return valuesBelow(gateway, "upstream.endpoints").flatMap(([path, value]) => {
    const endpoint = parseEndpoint(String(value));
    if (!endpoint.ok) return [];
    const host = endpoint.value.authority.replace(/:\d+$/, "");
    if (isIP(host) === 0 && !host.startsWith("[")) return [];
    const message = `Virtual addressing needs endpoints with host names: got "${host}"`;
    const remedy = "Name the store, or set upstream.addressing to path";
    return [problemAt(gateway, path, { message, remedy })];
  });
}

/** An item of `identities` is one source: with two in it, nobody could say which comes first. */
function notOneSource(gateway: ConfigDocument): readonly Problem[] {
  return [...gateway.nodes].flatMap(([path, { value }]) => {
    // Scalars there are the schema's to complain of.
    if (!/^identities\[\d+\]$/.test(path) || value !== undefined) return [];
    const sources = ["accounts", "ceph", "http"].filter((kind) =>
      gateway.nodes.has(`${path}.${kind}`),
    );
    if (sources.length === 1) return [];
    const got = sources.length === 0 ? "none" : sources.join(" and ");
    const message = `Expected one source, accounts, ceph or http: got ${got}`;
    return [problemAt(gateway, path, { message, remedy: "Make each source a separate item" })];
  });
}

/** Returns path and value of the items of the list at `path`. */
function valuesBelow(
  document: ConfigDocument,
  path: string,
): readonly (readonly [string, unknown])[] {
  const items: [string, unknown][] = [];
  for (const [below, { value }] of document.nodes) {
    if (below.startsWith(`${path}[`)) items.push([below, value]);
  }
  return items;
}
