/** Requests at random, of each kind that the models tell apart. */

import { between, oneOf } from "../../support/seeds.ts";
import type { Asked, World } from "../world.ts";
import { ADDRESSES, BUCKETS, KEYS, maybe, NOW_MS, type Random } from "./parts.ts";

/** Method, query, whether it is about an object, and headers of which each may be there. */
type Kind = {
  readonly method: string;
  readonly on: "service" | "bucket" | "object";
  readonly query?: Readonly<Record<string, string>>;
  readonly mayQuery?: Readonly<Record<string, readonly [string, ...string[]]>>;
  readonly mayHave?: Readonly<Record<string, readonly [string, ...string[]]>>;
};

const VERSIONS = { versionId: ["v", "null", "a"] } as const;
const LISTING = {
  prefix: ["a", "ab", "", "A"],
  delimiter: ["/", "a"],
  "max-keys": ["10", "11", "1000"],
} as const;
const REFERER = { referer: ["a", "lab", "*"] } as const;
const MAKING = {
  ...REFERER,
  "x-amz-acl": ["private", "public-read", "bucket-owner-full-control"],
  "x-amz-tagging": ["team=a", "team=ab&a=b", "a=b"],
  "x-amz-storage-class": ["STANDARD", "GLACIER"],
} as const;
const BYPASS = { ...REFERER, "x-amz-bypass-governance-retention": ["true", "false"] } as const;

const KINDS = [
  { method: "GET", on: "object", mayQuery: VERSIONS, mayHave: REFERER },
  { method: "GET", on: "object", mayQuery: VERSIONS },
  { method: "HEAD", on: "object", mayQuery: VERSIONS },
  { method: "GET", on: "object", query: { acl: "" }, mayQuery: VERSIONS },
  { method: "GET", on: "object", query: { attributes: "" }, mayQuery: VERSIONS },
  { method: "PUT", on: "object", mayHave: MAKING },
  { method: "PUT", on: "object", mayHave: MAKING },
  { method: "POST", on: "object", query: { uploads: "" }, mayHave: MAKING },
  { method: "DELETE", on: "object", mayQuery: VERSIONS, mayHave: BYPASS },
  { method: "DELETE", on: "object", query: { uploadId: "u" } },
  { method: "GET", on: "bucket", mayQuery: LISTING },
  { method: "GET", on: "bucket", query: { "list-type": "2" }, mayQuery: LISTING, mayHave: REFERER },
  { method: "GET", on: "bucket", query: { versions: "" }, mayQuery: LISTING },
  { method: "HEAD", on: "bucket" },
  { method: "GET", on: "bucket", query: { uploads: "" } },
  { method: "GET", on: "bucket", query: { uploads: "", prefix: "a" } },
  { method: "GET", on: "bucket", query: { uploads: "", prefix: "ab" } },
  { method: "GET", on: "bucket", query: { acl: "" } },
  { method: "GET", on: "bucket", query: { policy: "" } },
  { method: "GET", on: "bucket", query: { location: "" } },
  { method: "GET", on: "bucket", query: { lifecycle: "" } },
  { method: "DELETE", on: "bucket", query: { lifecycle: "" } },
  { method: "DELETE", on: "bucket", query: { replication: "" } },
  { method: "DELETE", on: "bucket" },
  { method: "PUT", on: "bucket", mayHave: { "x-amz-acl": ["private", "public-read"] } },
  { method: "GET", on: "service" },
] as const satisfies readonly Kind[];

const DIRECTIVE = "x-amz-tagging-directive";
const COPY = {
  ...MAKING,
  [DIRECTIVE]: ["REPLACE", "COPY"],
  "x-amz-metadata-directive": ["REPLACE", "COPY"],
} as const;

/** Somebody of the world or nobody, somewhere, about now. */
export function drawSender(
  random: Random,
  { accounts, sessions }: World,
): Pick<Asked, "as" | "ip" | "nowMs"> {
  const holders = accounts.flatMap((account) => [account, ...(account.subusers ?? [])]);
  const keys = [...holders.flatMap((one) => one.keys ?? []), ...sessions];
  const names = keys.map(({ accessKey }) => accessKey);
  const as = random() < 0.12 ? undefined : names[between(random, 0, names.length - 1)];
  return {
    ...(as !== undefined && { as }),
    ip: oneOf(random, ADDRESSES),
    nowMs: NOW_MS + oneOf(random, [0, 0, 0, 1000, -1000] as const),
  };
}

/** A request of somebody of the world, or of nobody. */
export function drawRequest(random: Random, world: World): Asked {
  const common = drawSender(random, world);
  const bucket = oneOf(random, BUCKETS);
  const chance = random();
  if (chance < 0.06) {
    const entries = Array.from({ length: between(random, 1, 4) }, () => {
      const version = maybe(random, 0.4, () => oneOf(random, ["v", "null", "a"] as const));
      return { key: oneOf(random, KEYS), ...(version !== undefined && { version }) };
    });
    const headers = chosen(random, BYPASS);
    return { ...common, method: "POST", bucket, query: { delete: "" }, headers, entries };
  }
  if (chance < 0.2) {
    const version = random() < 0.5 ? "?versionId=v" : "";
    const source = `/${oneOf(random, BUCKETS)}/${oneOf(random, ["a", "ab", "a/b", "raw/1"] as const)}${version}`;
    const drawn: Readonly<Record<string, string>> = chosen(random, COPY);
    // Tags of its own can only replace those of the source.
    const replaces = drawn["x-amz-tagging"] === undefined ? {} : { [DIRECTIVE]: "REPLACE" };
    const headers = { ...drawn, ...replaces, "x-amz-copy-source": source };
    return { ...common, method: "PUT", bucket, key: oneOf(random, KEYS), query: {}, headers };
  }
  const kind: Kind = oneOf<Kind>(random, KINDS);
  return {
    ...common,
    method: kind.method,
    ...(kind.on !== "service" && { bucket }),
    ...(kind.on === "object" && { key: oneOf(random, KEYS) }),
    query: { ...kind.query, ...chosen(random, kind.mayQuery ?? {}) },
    headers: chosen(random, kind.mayHave ?? {}),
  };
}

export function chosen(
  random: Random,
  from: Readonly<Record<string, readonly [string, ...string[]]>>,
): Readonly<Record<string, string>> {
  const named = Object.entries(from).filter(() => random() < 0.3);
  return Object.fromEntries(named.map(([name, values]) => [name, oneOf(random, values)]));
}
