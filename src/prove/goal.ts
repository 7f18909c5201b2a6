import type { Key } from "../admission/principal.ts";
import type { GlobPart } from "../lib/glob.ts";
import type { NetworkSet } from "../policy/network.ts";
import type { Bucket, BucketId } from "../s3/bucket.ts";
import type { TextPlace } from "./dimensions.ts";
import type { Way } from "./ways.ts";

/** The requests that are looked at; each field narrows them. */
export type Goal = {
  readonly isWho: (key: Key | undefined) => boolean;
  /** Returns true if a request that asks this is meant. */
  readonly isAsked: (way: Way, ask: Way["asks"][number]) => boolean;
  /** The resources, any of which may be meant; see `arnOf` for the text they are compared with. */
  readonly resources: readonly GoalResource[];
  /** The only bucket; `undefined` for any, and for the service. */
  readonly bucket: BucketId | undefined;
  /** The networks that requests come from outside of; `undefined` if they come from anywhere. */
  readonly outside: NetworkSet | undefined;
  /** The networks that requests come from; `undefined` if they come from anywhere. */
  readonly inside: NetworkSet | undefined;
  /** True for requests with TLS, false for those without; `undefined` for both. */
  readonly tls: boolean | undefined;
  /** The start of the time, in milliseconds since the epoch; `undefined` for now. */
  readonly fromMs: number | undefined;
};

export type GoalResource = {
  /** The parts of `bucket` or `bucket/key`. */
  readonly parts: readonly GlobPart[];
  /** The tenant that the bucket has at the store; `undefined` for any. */
  readonly tenant: string | undefined;
};

/** The time, the address and the texts of a request. */
export type Circumstances = {
  readonly address: string;
  readonly atMs: number;
  readonly tls: boolean;
  readonly texts: readonly { readonly place: TextPlace; readonly value: string }[];
};

/** One request of a class that the gates let pass, as far as rules are followed. */
export type Cell = {
  readonly kind: "cell";
  readonly key: Key | undefined;
  readonly way: Way;
  /** The bucket as the caller spells it; `undefined` for the service. */
  readonly bucket: Bucket | undefined;
  readonly objectKey: string | undefined;
  readonly circumstances: Circumstances;
  /** The parts that rules about it look at and that are not followed. */
  readonly beyond: readonly string[];
};

/** A part that could not be looked at. */
export type Gap = { readonly kind: "gap"; readonly key: Key | undefined; readonly why: string };
