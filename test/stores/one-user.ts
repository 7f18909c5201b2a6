import { startGateway, type Gateway } from "../support/gateway.ts";
import type { PlainStore } from "../support/plain-store.ts";
import type { KeyPair } from "../support/signed.ts";
import type { StoreKind } from "../../src/s3/store-kinds.ts";

/** Starts a gateway in front of `store`. Its one user has `key` and only the rights of `policy`. */
export function startForUser(
  store: PlainStore,
  kind: StoreKind,
  policy: unknown,
  key: KeyPair,
): Promise<Gateway> {
  const user = { name: "user", policies: ["user.json"], keys: [key] };
  return startGateway({
    upstream: store.endpoint,
    store: { store: kind },
    files: { "user.json": JSON.stringify(policy) },
    accounts: [{ name: "owner", upstream: store.key, subusers: [user] }],
  });
}
