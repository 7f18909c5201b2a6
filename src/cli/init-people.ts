import type { PROVIDERS } from "../provider/names.ts";

/** An account of the accounts.yaml that `init` writes; each gets a new key, and so do its subusers. */
export type Starter = {
  readonly name: string;
  /** The comment above it in the file. */
  readonly comment: string;
  /**
   * The user of the store that several share; absent if the account has a user of its own there.
   */
  readonly storeUser?: string;
  /** Further lines of YAML, as they stand below the account. */
  readonly more?: readonly string[];
  readonly subusers?: readonly { readonly name: string; readonly tier: string }[];
};

/** The people in each provider's document, or the fewest that show its model. */
export const STARTERS: Readonly<Record<(typeof PROVIDERS)[number], readonly Starter[]>> = {
  aws: [
    {
      name: "lab",
      comment: "Owns its buckets and may do everything in them; its subuser only reads.",
      subusers: [{ name: "reader", tier: "READ" }],
    },
  ],
  atman: [
    {
      name: "username01",
      comment: "A master account, and a sub-account of each access type.",
      subusers: [
        { name: "subuser01", tier: "READ" },
        { name: "subuser02", tier: "WRITE" },
        { name: "subuser03", tier: "READWRITE" },
        { name: "subuser04", tier: "FULL" },
      ],
    },
    { name: "username02", comment: "Another customer: only policies of buckets let it in." },
  ],
  "lumi-o": [
    { name: "465000001", comment: "A project. All its members share its key and its rights." },
    { name: "465000002", comment: "Another project." },
  ],
  // All its users share one file system, so to the store they are one: the gateway tells them apart.
  qumulo: [
    {
      name: "admin",
      storeUser: "cluster",
      comment: "Has the privileges that let it manage buckets and their policies.",
      more: ["privileges: [S3_BUCKETS_READ, S3_BUCKETS_WRITE, S3_UPLOADS_READ, S3_UPLOADS_WRITE]"],
    },
    {
      name: "jane",
      storeUser: "cluster",
      comment: "Policies name her as jane, by her groups, or by another name that is written here.",
      more: [
        'groups: ["local:researchers", "ad:Company Name", "uid:1234", "gid:5678", "auth_id:12345678",',
        "  'EXAMPLE_DOMAIN\\Jose Ramirez', S-1-5-32-544]",
      ],
    },
    { name: "guestreader", storeUser: "cluster", comment: "Has a key and nothing else." },
  ],
  coscine: [
    {
      name: "resource",
      comment: "A resource: users come with its own key, the service with its subusers' keys.",
      subusers: [
        { name: "admin", tier: "coscine-admin" },
        { name: "system", tier: "coscine-system" },
      ],
    },
  ],
  nutanix: [
    { name: "owner", comment: "Owns buckets. `s3warden share` opens them to other users." },
    { name: "colleague", comment: "Another user, who sees what is shared with it." },
  ],
};
