import type { Key } from "../admission/principal.ts";
import type { GlobPart } from "../lib/glob.ts";
import type { NetworkSet } from "../policy/network.ts";
import type { Bucket, BucketId } from "../s3/bucket.ts";
import type { TextPlace } from "./dimensions.ts";
import type { Way } from "./ways.ts";

/** Which requests are looked at; each is a narrowing. */
export type Goal = {
  readonly isWho: (key: Key | undefined) => boolean;
  /** Whether a request that asks this is meant. */
  readonly isAsked: (way: Way, ask: Way["asks"][number]) => boolean;
  /** Any of them; see `arnOf` for what they are compared with. */
  readonly resources: readonly GoalResource[];
  /** Only of this bucket; `undefined`: of any, and of the service. */
  readonly bucket: BucketId | undefined;
  /** Requests from addresses outside of these; undefined: from anywhere. */
  readonly outside: NetworkSet | undefined;
  /** Requests from one of these; undefined: from anywhere. */
  readonly inside: NetworkSet | undefined;
  /** Requests with TLS, or without; undefined: both. */
  readonly tls: boolean | undefined;
  /** Requests at that time or later, in milliseconds since the epoch; undefined: from now on. */
  readonly fromMs: number | undefined;
};

export type GoalResource = {
  /** Of `bucket` or `bucket/key`. */
  readonly parts: readonly GlobPart[];
  /** Whose bucket it is at the store; undefined: anybody's. */
  readonly tenant: string | undefined;
};

/** When, from where and with what a request comes. */
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
  /** As the caller spells it; undefined: the service. */
  readonly bucket: Bucket | undefined;
  readonly objectKey: string | undefined;
  readonly circumstances: Circumstances;
  /** What rules about it look at that is not followed. */
  readonly beyond: readonly string[];
};

/** What could not be looked at. */
export type Gap = { readonly kind: "gap"; readonly key: Key | undefined; readonly why: string };
