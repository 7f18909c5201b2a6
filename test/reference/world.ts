/**
 * What the reference is told: a configuration as an operator writes it, and a request as a client
 * means it. Nothing here is compiled, checked or shared with `src`.
 */

export type Words = string | readonly string[];

/** A statement as it stands in a policy's file. */
export type Statement = {
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | Readonly<Record<string, Words>>;
  readonly NotPrincipal?: "*" | Readonly<Record<string, Words>>;
  readonly Action?: Words;
  readonly NotAction?: Words;
  readonly Resource?: Words;
  readonly NotResource?: Words;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Words>>>>;
};

export type PolicyFile = {
  readonly Version?: string;
  readonly Statement: readonly Statement[];
};

export type Networks = { readonly allow?: readonly string[]; readonly deny?: readonly string[] };

export type WrittenKey = {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly disabled?: boolean;
  readonly notBefore?: string;
  readonly expires?: string;
  readonly networks?: Networks;
};

/** What accounts and subusers both have. */
export type WrittenHolder = {
  readonly name: string;
  readonly policies?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly networks?: Networks;
  readonly blockedActions?: readonly string[];
  /** Under Qumulo: further names, and rights whatever policies say. */
  readonly groups?: readonly string[];
  readonly privileges?: readonly string[];
  readonly keys?: readonly WrittenKey[];
};

export type WrittenSubuser = WrittenHolder & { readonly tier?: string };

export type WrittenRole = Omit<WrittenSubuser, "keys"> & {
  readonly trust: PolicyFile | { readonly issuer: string; readonly subject: Words };
  /** Such as `15m`; an hour if it is missing. */
  readonly maxSession?: string;
};

/** An entry of `issuers`. Claims and tags are JSON Pointers, or names of claims. */
export type WrittenIssuer = {
  readonly name: string;
  readonly url: string;
  readonly audiences: readonly string[];
  readonly claims?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
};

export type WrittenAccount = WrittenHolder & {
  readonly upstream: { readonly accessKey: string; readonly secretKey: string };
  readonly disabled?: boolean;
  readonly subusers?: readonly WrittenSubuser[];
  readonly roles?: readonly WrittenRole[];
};

/** An entry of `revoked`, of which all that is there must fit. */
export type Revoked = {
  readonly role?: string;
  readonly session?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly before?: string;
};

/** A session that somebody has begun (docs/sts.md, "Sessions"). */
export type Begun = {
  /** The id of its temporary key. */
  readonly accessKey: string;
  readonly account: string;
  /** Of AssumeRole: the role and the session's name; else the key that asked for a session. */
  readonly of: { readonly role: string; readonly name: string } | { readonly parent: string };
  readonly issuedMs: number;
  readonly expiresMs: number;
  readonly tags?: Readonly<Record<string, string>>;
  /** The tags that the next session of a chain begins with. */
  readonly transitive?: readonly string[];
  /** The session policy, by the name of its file. */
  readonly policy?: string;
  readonly sourceIdentity?: string;
  readonly federated?: { readonly issuer: string; readonly subject: string };
};

export type WrittenBucket = {
  readonly name: string;
  readonly account: string;
  readonly policy?: string;
  readonly shares?: readonly { readonly with: string; readonly permissions: string }[];
};

/** `policy` of gateway.yaml. */
export type WrittenPolicy = {
  readonly provider: string;
  readonly bucketPolicies: "gateway";
  readonly guestGroups?: readonly string[];
  readonly mode?: "enforce" | "report";
  readonly tierMode?: "ceiling" | "union";
  readonly anonymous?: "deny" | "policy" | "upstream";
  readonly versionGuard?: boolean;
  readonly networks?: Networks;
  readonly blockedActions?: readonly string[];
  readonly unsupported?: readonly string[];
};

/** Of config/providers/NAME.yaml, as docs/providers.md explains each word. */
export type Model = {
  readonly tiers: Readonly<Record<string, WrittenTier>>;
  readonly actionGroups: Readonly<Record<string, readonly string[]>>;
  readonly accountTier?: string;
  readonly tierMode: "ceiling" | "union";
  readonly crossAccount: "both" | "resource";
  readonly bucketPolicyRole: "grant" | "restrict";
  readonly policyManagers: "account" | "privilege";
  readonly privileges?: Readonly<Record<string, readonly string[]>>;
  readonly attributesReadObjects: boolean;
  readonly ownerPolicyEscape: boolean;
  readonly policyDelegation: boolean;
  readonly operationNames: boolean;
  readonly copyReadsTags: boolean;
  readonly username: "subuser" | "account";
  readonly anonymous: {
    readonly access: "deny" | "policy" | "upstream";
    readonly ceiling?: string;
  };
  readonly blockedActions?: readonly {
    readonly action: string;
    readonly exceptTiers?: readonly string[];
  }[];
  readonly unsupported?: readonly string[];
  /** The actions that its policies know; undefined: all. */
  readonly policy?: { readonly knownActions?: readonly string[] };
  /** Without forms, names are those of a directory (Qumulo). */
  readonly principals: { readonly forms?: readonly PrincipalForm[] };
};

type WrittenTier = {
  readonly groups?: readonly string[];
  readonly actions?: readonly string[];
  readonly operations?: readonly string[];
};

export type PrincipalForm = {
  readonly form: string;
  readonly direct: readonly Known["kind"][];
  readonly delegated?: readonly Known["kind"][];
};

export type World = {
  readonly model: Model;
  readonly policy: WrittenPolicy;
  readonly accounts: readonly WrittenAccount[];
  readonly buckets: readonly WrittenBucket[];
  readonly sessions: readonly Begun[];
  readonly revoked: readonly Revoked[];
  /** Policies by the name of their file. */
  readonly files: Readonly<Record<string, PolicyFile>>;
};

/** A request as it is meant, before it is encoded and signed. */
export type Asked = {
  readonly method: string;
  readonly bucket?: string;
  readonly key?: string;
  /** Decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a browser's form what it holds; method, query and key are its PutObject's. */
  readonly form?: Form;
  /** The document of a PutBucketPolicy. */
  readonly policy?: PolicyFile;
  /** The entries of a DeleteObjects. */
  readonly entries?: readonly { readonly key: string; readonly version?: string }[];
  /** The id of the access key that signs, if any does. */
  readonly as?: string;
  readonly ip: string;
  readonly nowMs: number;
};

/** A browser's form. Without a policy nobody signed it. */
export type Form = {
  /** By name as the page has it, those that tell the credential included; `TOKEN` is a session's token. */
  readonly fields: Readonly<Record<string, string>>;
  /** As the browser tells it, maybe with folders. */
  readonly filename: string;
  /** The length of the file. */
  readonly bytes: number;
  readonly policy?: {
    readonly expiration: string;
    readonly conditions: readonly FormCondition[];
  };
  /** Fields behind the file, which nobody reads. */
  readonly behind?: Readonly<Record<string, string>>;
};

export type FormCondition =
  | readonly [operator: string, field: string, value: string]
  | readonly ["content-length-range", number, number]
  | Readonly<Record<string, string>>;

/** Who asks: an account by its own key, one of its subusers, or a session of a role. */
export type Known = {
  readonly kind: "account" | "subuser" | "session";
  readonly account: WrittenAccount;
  /** The subuser or the role, whose rights are written alike. */
  readonly user: WrittenSubuser | WrittenRole | undefined;
  /** The permanent key; a role's session has none. */
  readonly key: WrittenKey | undefined;
  readonly session: Begun | undefined;
};

export type Who = Known | "anonymous";

/** One permission that a request needs. `bucket` is missing where the service itself is asked. */
export type Ask = {
  readonly action: string;
  readonly operation: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly version?: string;
};

/** The tags that the store has of an object; in these worlds its name tells them. */
export function storedTags(key: string): ReadonlyMap<string, string> {
  if (key.startsWith("ab")) return new Map([["team", "ab"]]);
  if (key.startsWith("a"))
    return new Map([
      ["team", "a"],
      ["Team", "A"],
    ]);
  return key.startsWith("raw") ? new Map([["Team", "a"]]) : new Map();
}

export function words(list: Words | undefined): readonly string[] {
  if (list === undefined) return [];
  return typeof list === "string" ? [list] : list;
}
