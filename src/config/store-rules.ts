import type { Problem } from "../lib/problem.ts";
import { STORE_KINDS, type StoreKind } from "../s3/store-kinds.ts";
import { storeTraits } from "../s3/stores.ts";
import type { ConfigDocument } from "./document.ts";
import { STORE_DEFAULT } from "./gateway-schema.ts";
import { problemAt } from "./placed.ts";

const PATH = "upstream.store";

/** The kind that is written, or the default; that of a wrong word is the schema's to complain of. */
export function storeKindOf({ nodes }: ConfigDocument): StoreKind {
  const written = nodes.get(PATH)?.value;
  return STORE_KINDS.find((kind) => kind === written) ?? STORE_DEFAULT;
}

/** Returns the settings that do not fit the kind of store. */
export function storeProblems(gateway: ConfigDocument): readonly Problem[] {
  return [
    ...usersWithoutTenants(gateway),
    ...versionWithoutCeph(gateway),
    ...foldsPathsDenied(gateway),
  ];
}

/**
 * Ceph's users may be in tenants, and two of those may have a bucket of one name. Behind a store of
 * which that is not known, both would be one bucket here, with one owner and one policy.
 */
function usersWithoutTenants(gateway: ConfigDocument): readonly Problem[] {
  if (storeKindOf(gateway) !== "generic") return [];
  const source = [...gateway.nodes.keys()].find((path) => /^identities\[\d+\]\.ceph$/.test(path));
  if (source === undefined) return [];
  const message = `The users of ${source} have tenants, which a generic store does not have`;
  return [problemAt(gateway, PATH, { message, remedy: "Set upstream.store to ceph" })];
}

/**
 * Refuses a version of any other store: nothing depends on it, so that a number there has no
 * effect.
 */
function versionWithoutCeph(gateway: ConfigDocument): readonly Problem[] {
  const path = "upstream.version";
  if (storeKindOf(gateway) === "ceph" || !gateway.nodes.has(path)) return [];
  const message = "The setting has no effect: only Ceph has versions";
  return [
    problemAt(gateway, path, { message, remedy: "Remove it, or set upstream.store to ceph" }),
  ];
}

/**
 * Refuses it for kinds of store that were measured. Of a generic store the operator may know
 * better.
 */
function foldsPathsDenied(gateway: ConfigDocument): readonly Problem[] {
  const path = "upstream.foldsPaths";
  const kind = storeKindOf(gateway);
  if (kind === "generic" || gateway.nodes.get(path)?.value !== false) return [];
  if (!storeTraits(kind).foldsKeys) return [];
  const message = `A store of the kind ${kind} maps keys such as a//b to other keys, which bypasses policies`;
  return [problemAt(gateway, path, { message, remedy: "Remove it" })];
}

export function storeWarnings(gateway: ConfigDocument): readonly Problem[] {
  if (gateway.nodes.has(PATH)) return [];
  const message = "upstream.store is not named: only operations that every S3 store has are served";
  const remedy = "Name ceph, minio, versitygw or aws, or generic if it is none of them";
  return [problemAt(gateway, PATH, { message, remedy })];
}
