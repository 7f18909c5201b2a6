import type { StoreKind } from "../../src/s3/stores.ts";
import type { PlainStore } from "../support/plain-store.ts";
import { skipUnless } from "../support/requirement.ts";
import { CEPH, startCeph } from "./ceph.ts";
import { MINIO, startMinio } from "./minio.ts";

export type Running = PlainStore & { readonly stop: () => Promise<void> };

/** Stores that can be had here, by what they are to the gateway. */
export const REAL_STORES: readonly {
  readonly name: string;
  readonly kind: StoreKind;
  readonly skip: string | false;
  readonly start: () => Promise<Running>;
}[] = [
  {
    name: "RGW",
    kind: "ceph",
    skip: skipUnless([CEPH]),
    start: async () => {
      const { endpoint, users, stop } = await startCeph();
      return { endpoint, key: users("alice"), stop };
    },
  },
  { name: "MinIO", kind: "minio", skip: skipUnless([MINIO]), start: startMinio },
];
