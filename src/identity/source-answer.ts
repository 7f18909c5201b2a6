/** The answer of a source to one question; `User`: its users, in the source's own terms. */
export type SourceAnswer<User> =
  | {
      readonly kind: "user";
      readonly user: User;
      /** The length of the answer, which says how much memory it takes; absent if that is little. */
      readonly bytes?: number;
    }
  /** Nobody has the key, or there is no such user. */
  | { readonly kind: "nobody" }
  | Unavailable;

/** No answer that could be believed; `why` is for the operator and quotes no answer, nor a secret. */
export type Unavailable = {
  readonly kind: "unavailable";
  /**
   * The subject of the failure. `source`: it does not answer. `key`: its answer for this one key
   * cannot be read.
   */
  readonly about: "source" | "key";
  readonly why: string;
};

/** An access key that no directory has: an answer to it proves that the gateway may ask. */
export const PROBE = "s3warden-probe";

export function unavailable(about: Unavailable["about"], why: string): Unavailable {
  return { kind: "unavailable", about, why };
}
