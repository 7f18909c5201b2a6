import type { GlobPart } from "../lib/glob.ts";
import type { ActionMatcher } from "../s3/action-names.ts";
import type { ActionSet } from "../policy/actions.ts";
import type { NetworkSet } from "../policy/network.ts";

/** A sentence about all requests: that none of these passes. Every claim comes to this. */
export type PolicyClaim = {
  /** The claim as written, with single spaces. */
  readonly text: string;
  /** The line, counted from 1; `undefined` if it stands on the command line. */
  readonly line: number | undefined;
  /** True if a bucket policy that would break it is refused when it is put. */
  readonly enforced: boolean;
  readonly who: Who;
  readonly what: What;
  /** The resources, any of which may be meant. */
  readonly on: readonly Resource[];
  /** The networks that requests come from outside of; `undefined` if they come from anywhere. */
  readonly outside: NetworkSet | undefined;
  readonly inside: NetworkSet | undefined;
  /** True for requests without TLS only. */
  readonly plainOnly: boolean;
  /** The start of the time that the claim is about, in milliseconds since the epoch. */
  readonly fromMs: number | undefined;
};

/** The senders of the requests: everybody, or some people. */
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
  /** The parts of `bucket` or `bucket/key`, with `*` and `?`. */
  readonly parts: readonly GlobPart[];
  /** The tenant of the store; `undefined` if it may be any. */
  readonly tenant: string | undefined;
};
