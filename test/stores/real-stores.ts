import type { StoreKind } from "../../src/s3/store-kinds.ts";
import type { PlainStore } from "../support/plain-store.ts";
import { skipUnless } from "../support/requirement.ts";
import type { KeyPair } from "../support/signed.ts";
import { CEPH, startCeph } from "./ceph.ts";
import { MINIO, startMinio } from "./minio.ts";
import { startVersitygw, VERSITYGW } from "./versitygw.ts";

export type Running = PlainStore & {
  /** The key of another user of the store; the same as `key` if a test's store has only one. */
  readonly other: KeyPair;
  readonly stop: () => Promise<void>;
};

/** A store that can be installed here, and its kind for the gateway. */
export type RealStore = {
  readonly name: string;
  readonly kind: StoreKind;
  readonly skip: string | false;
  readonly start: () => Promise<Running>;
};

/** All real stores, each with all its features switched on. */
export const REAL_STORES: readonly RealStore[] = [
  {
    name: "RGW",
    kind: "ceph",
    skip: skipUnless([CEPH]),
    start: async () => {
      const { endpoint, users, stop } = await startCeph();
      return { endpoint, key: users("alice"), other: users("bob"), stop };
    },
  },
  {
    name: "MinIO",
    kind: "minio",
    skip: skipUnless([MINIO]),
    start: async () => withOneUser(await startMinio()),
  },
  {
    name: "versitygw",
    kind: "versitygw",
    skip: skipUnless([VERSITYGW]),
    start: async () => withOneUser(await startVersitygw(true)),
  },
];

function withOneUser(store: Omit<Running, "other">): Running {
  return { ...store, other: store.key };
}
