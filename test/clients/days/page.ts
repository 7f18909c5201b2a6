import type { StoreKind } from "../../../src/s3/store-kinds.ts";
import { REAL_STORES } from "../../stores/real-stores.ts";
import type { OwnClient, OwnDifference } from "./frame.ts";

/** The stores of docs/clients.md, in the order of its columns. */
const STORES: readonly StoreKind[] = ["ceph", "minio", "versitygw"];

/**
 * Returns a client's row in the page: name, version, transport, then directly and through for each
 * store.
 */
export function rowOf(client: OwnClient): readonly string[] {
  const counts = STORES.flatMap((kind) =>
    (["direct", "gateway"] as const).map((way) => String(asExpected(client, kind, way))),
  );
  const { name, title, version, scheme, steps } = client;
  const transport = scheme === "https" ? "TLS" : "HTTP";
  return [title, `\`${name}\``, version, transport, String(Object.keys(steps).length), ...counts];
}

/** Returns the number of steps with the usual outcome there. */
function asExpected(client: OwnClient, kind: StoreKind, way: OwnDifference["way"]): number {
  const differing = client.differences
    .filter((one) => one.stores.includes(kind) && (one.way === way || one.way === "both"))
    .flatMap(({ steps }) => steps);
  return Object.keys(client.steps).length - new Set(differing).size;
}

/** Returns the rows of a client's differences: steps, client, store, where, why. */
export function differencesOf(client: OwnClient): readonly (readonly string[])[] {
  return client.differences.map(({ steps, stores, way, why }) => [
    steps.join(", "),
    `\`${client.name}\``,
    stores.map(nameOf).join(", "),
    WHERE[way],
    why,
  ]);
}

function nameOf(kind: StoreKind): string {
  return REAL_STORES.find((store) => store.kind === kind)?.name ?? kind;
}

const WHERE = { direct: "directly", gateway: "through", both: "both" } as const;
