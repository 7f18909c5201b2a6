import type { PROVIDERS } from "../../src/provider/names.ts";
import type { Site } from "./site.ts";

/** A store, and the source of its users. */
export const CONFIGURATIONS = ["ceph-users", "ceph-accounts", "minio"] as const;
export type Configuration = (typeof CONFIGURATIONS)[number];

/** The name of each configuration on the page. */
export const CONFIGURATION_NAMES: Readonly<Record<Configuration, string>> = {
  "ceph-users": "Ceph, its own users",
  "ceph-accounts": "Ceph, accounts.yaml",
  minio: "MinIO",
};

/** A sentence, table cell, example or command of a document, and a check that it holds. */
export type Row = {
  /** The document's own words, then, after a dash, the part of them that is tried. */
  readonly says: string;
  /** Checks the sentence; throws if it does not hold. */
  readonly holds: (site: Site) => Promise<void>;
};

/** A document, and the state that its rows need before they run. */
export type SeedDocument = {
  readonly title: string;
  readonly provider: (typeof PROVIDERS)[number];
  readonly prepare: (site: Site) => Promise<void>;
  /** The rows in order: a later one may depend on an earlier one. */
  readonly rows: readonly Row[];
};
