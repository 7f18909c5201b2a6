/** The kinds of store, by what they understand. The first is taken if none is named. */
export const STORE_KINDS = ["generic", "aws", "ceph", "minio", "versitygw"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];
