import type { Problem } from "../lib/problem.ts";
import type { ConfigDocument } from "./document.ts";
import { ADMIN_DEFAULT, LISTEN_DEFAULT } from "./gateway-schema.ts";
import { problemAt } from "./placed.ts";
import { parseEndpoint, parseSocketAddress, type SocketAddress } from "./scalars.ts";

/** Checks `passthrough`, and the place of the store, beyond their shape. */
export function routeProblems(gateway: ConfigDocument): readonly Problem[] {
  const paths = valuesOf(gateway, /^passthrough\[\d+\]\.path$/);
  const targets = valuesOf(gateway, /^passthrough\[\d+\]\.target$/);
  return [
    ...paths.flatMap((path, i) => within(gateway, path, paths.slice(0, i))),
    ...targets.flatMap((target) => [...bypass(gateway, target), ...ineffectiveCa(gateway, target)]),
    ...valuesOf(gateway, STORES).flatMap((store) => circle(gateway, store)),
    ...directoriesOf(gateway).flatMap((directory) => circle(gateway, directory)),
  ];
}

/** Matches the targets of our own requests: the store's endpoints, and Ceph's. */
const STORES = /^(?:upstream\.endpoints\[\d+\]|identities\[\d+\]\.ceph\.endpoint)$/;
/**
 * Matches the servers that the gateway asks for the secrets of keys: no client may reach them
 * through it.
 */
const DIRECTORIES = /^identities\[\d+\]\.http\.url$/;

/** A scalar of the file, and its place. */
type Placed = { readonly path: string; readonly value: string };

/**
 * Refuses a route within another: which of them is meant would depend on an order that nobody sees.
 */
function within(
  gateway: ConfigDocument,
  { path, value }: Placed,
  before: readonly Placed[],
): readonly Problem[] {
  const other = before.find((one) => one.value.startsWith(value) || value.startsWith(one.value));
  if (other === undefined || !value.endsWith("/") || !other.value.endsWith("/")) return [];
  const message =
    other.value === value
      ? `Two routes have the path "${value}"`
      : `One route lies within another: "${value}" and "${other.value}"`;
  return [problemAt(gateway, path, { message, remedy: "Give each a path of its own" })];
}

/**
 * Refuses a route to the store, which would be a way past every rule, and to the gateway's own
 * ports: a circle, or a door to its operator's. Names that only DNS could tell apart are taken for
 * different.
 */
function bypass(gateway: ConfigDocument, { path, value }: Placed): readonly Problem[] {
  const target = addressOf(value);
  if (target === undefined) return [];
  const stores = valuesOf(gateway, STORES);
  if (stores.some((store) => isSame(target, addressOf(store.value)))) {
    const message = "The target is the store: everybody could bypass every rule";
    return [problemAt(gateway, path, { message, remedy: "Name the address of the dashboard" })];
  }
  if (directoriesOf(gateway).some(({ value: origin }) => isSame(target, addressOf(origin)))) {
    const message = "The target is a directory of identities: everybody could read its secrets";
    return [problemAt(gateway, path, { message, remedy: "Name the address of the dashboard" })];
  }
  const own = ownAt(gateway, target);
  if (own === undefined) return [];
  const message = `The target is the gateway itself, its ${own}`;
  return [problemAt(gateway, path, { message, remedy: "Name the address of the dashboard" })];
}

/**
 * Refuses an endpoint that is the gateway: each request would come back as another one, until
 * nothing is left to take them.
 */
function circle(gateway: ConfigDocument, { path, value }: Placed): readonly Problem[] {
  const own = ownAt(gateway, addressOf(value));
  if (own === undefined) return [];
  const message = `The endpoint is the gateway itself, its ${own}`;
  const whom = DIRECTORIES.test(path) ? "directory" : "store";
  return [problemAt(gateway, path, { message, remedy: `Name the address of the ${whom}` })];
}

/** Returns the name of the gateway's own port at the address; `undefined` if there is none. */
function ownAt(gateway: ConfigDocument, address: SocketAddress | undefined): string | undefined {
  const own = [
    ["listen.address", LISTEN_DEFAULT],
    ["admin.address", ADMIN_DEFAULT],
    ["sts.address", undefined],
  ] as const;
  const found = own.find(([name, otherwise]) => {
    const written = gateway.nodes.get(name)?.value;
    const text = typeof written === "string" ? written : otherwise;
    const parsed = text === undefined ? undefined : parseSocketAddress(text);
    return parsed?.ok === true && isSame(parsed.value, address);
  });
  return found?.[0];
}

/** A file that nobody would look at. */
function ineffectiveCa(gateway: ConfigDocument, { path, value }: Placed): readonly Problem[] {
  const caPath = path.replace(/target$/, "caFile");
  if (value.startsWith("https:") || !gateway.nodes.has(caPath)) return [];
  const message = "The setting has no effect: the target does not use https";
  return [
    problemAt(gateway, caPath, { message, remedy: "Name an https target, or remove caFile" }),
  ];
}

/** The origins of directories, each where its URL stands. */
function directoriesOf(gateway: ConfigDocument): readonly Placed[] {
  return valuesOf(gateway, DIRECTORIES).flatMap(({ path, value }) =>
    URL.canParse(value) ? [{ path, value: new URL(value).origin }] : [],
  );
}

function addressOf(endpoint: string): SocketAddress | undefined {
  const parsed = parseEndpoint(endpoint);
  if (!parsed.ok) return undefined;
  const { hostname, port, protocol } = new URL(parsed.value.origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  return { host, port: Number(port) || (protocol === "https:" ? 443 : 80) };
}

function isSame(one: SocketAddress, other: SocketAddress | undefined): boolean {
  if (other === undefined || one.port !== other.port) return false;
  const host = one.host.toLowerCase();
  return host === other.host.toLowerCase() || (isHere(host) && isHere(other.host.toLowerCase()));
}

/** Names of this machine: a server that listens on all addresses listens on loopback too. */
function isHere(host: string): boolean {
  return host === "localhost" || host.startsWith("127.") || HERE.has(host);
}

const HERE: ReadonlySet<string> = new Set(["0.0.0.0", "::", "::1"]);

function valuesOf({ nodes }: ConfigDocument, place: RegExp): readonly Placed[] {
  const found: Placed[] = [];
  for (const [path, { value }] of nodes) {
    if (place.test(path) && typeof value === "string") found.push({ path, value });
  }
  return found;
}
