import type { GlobPart } from "../lib/glob.ts";
import type { ActionMatcher } from "../s3/action-names.ts";
import type { ActionSet } from "../policy/actions.ts";
import type { NetworkSet } from "../policy/network.ts";

/** A sentence about all requests: that none of these passes. Every claim comes to this. */
export type PolicyClaim = {
  /** As written, with single spaces. */
  readonly text: string;
  /** From 1; undefined: it stands on the command line. */
  readonly line: number | undefined;
  /** Whether a bucket policy that would break it is refused when it is put. */
  readonly enforced: boolean;
  readonly who: Who;
  readonly what: What;
  /** Any of them. */
  readonly on: readonly Resource[];
  /** Requests from outside of these; undefined: from anywhere. */
  readonly outside: NetworkSet | undefined;
  readonly inside: NetworkSet | undefined;
  /** Only requests without TLS. */
  readonly plainOnly: boolean;
  /** Only requests at that time or later, in milliseconds since the epoch. */
  readonly fromMs: number | undefined;
};

/** Whose requests: everybody's, or some people's. */
export type Who =
  | { readonly kind: "everybody"; readonly but: readonly Name[] }
  | { readonly kind: "named"; readonly names: readonly Name[] };

export type Name =
  | { readonly kind: "anonymous" }
  /** `account`: its own keys; `below`: those of its users too. */
  | { readonly kind: "account"; readonly account: string; readonly below: boolean }
  | { readonly kind: "subuser"; readonly account: string; readonly subuser: string }
  | { readonly kind: "tier"; readonly tier: string };

export type What =
  | { readonly kind: "anything" }
  /** Operations that write or delete. */
  | { readonly kind: "changes" }
  | { readonly kind: "actions"; readonly matches: readonly ActionMatcher[] }
  | { readonly kind: "all but"; readonly set: ActionSet };

export type Resource = {
  /** Of `bucket` or `bucket/key`, with `*` and `?`. */
  readonly parts: readonly GlobPart[];
  /** The tenant of the store; undefined: any. */
  readonly tenant: string | undefined;
};
