import type { PROVIDERS } from "../../src/provider/names.ts";
import type { Site } from "./site.ts";

/** A store, and where its users come from. */
export const CONFIGURATIONS = ["ceph-users", "ceph-accounts", "minio"] as const;
export type Configuration = (typeof CONFIGURATIONS)[number];

/** How a configuration is called on the page. */
export const CONFIGURATION_NAMES: Readonly<Record<Configuration, string>> = {
  "ceph-users": "Ceph, its own users",
  "ceph-accounts": "Ceph, accounts.yaml",
  minio: "MinIO",
};

/** A sentence, table cell, example or command of a document, and what shows that it holds. */
export type Row = {
  /** The document's own words, then, after a dash, what of them is tried. */
  readonly says: string;
  /** Throws where it does not hold. */
  readonly holds: (site: Site) => Promise<void>;
};

/** A document, and what must be there before its rows run. */
export type SeedDocument = {
  readonly title: string;
  readonly provider: (typeof PROVIDERS)[number];
  readonly prepare: (site: Site) => Promise<void>;
  /** In their order: a later one may rest on what an earlier one did. */
  readonly rows: readonly Row[];
};
