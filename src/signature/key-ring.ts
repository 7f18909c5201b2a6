import { LRUCache } from "lru-cache";
import { amzDate } from "./amz-date.ts";
import { hmac, signingKeyOf, type SigningKey } from "./hmac.ts";

export type { SigningKey } from "./hmac.ts";

/** Days and regions that one secret is used for at a time; beyond them the oldest goes. */
const SCOPES_MAX = 8;

type Derived = {
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly key: SigningKey;
};

/**
 * The values that successive requests share: signing keys that were derived lately, and the text of
 * the present second. A key serves one secret, day, region and service, so a client's requests of a
 * day share one.
 */
export class KeyRing {
  // The key is the secret itself, or a key that was rotated away would go on verifying. Its hash is
  // computed once, which a name joined of all four parts would cost at every request.
  readonly #bySecret: LRUCache<string, Derived[]>;
  #second = Number.NaN;
  #timestamp = "";

  /** `maxSecrets`: of how many secrets signing keys are kept, the least recently used go first. */
  constructor(maxSecrets: number) {
    this.#bySecret = new LRUCache({ max: maxSecrets });
  }

  /** `amzDate(ms)`. */
  timestamp(ms: number): string {
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#timestamp = amzDate(ms);
    }
    return this.#timestamp;
  }

  /**
   * The signing key of `secret` for a credential scope; `date` is `YYYYMMDD` ("Calculate the
   * signature", SigV4).
   */
  signingKey(secret: string, date: string, region: string, service: string): SigningKey {
    const known = this.#bySecret.get(secret);
    for (const derived of known ?? []) {
      if (derived.date === date && derived.region === region && derived.service === service) {
        return derived.key;
      }
    }
    const key = deriveSigningKey(secret, date, region, service);
    const others = (known ?? []).slice(0, SCOPES_MAX - 1);
    this.#bySecret.set(secret, [{ date, region, service, key }, ...others]);
    return key;
  }
}

function deriveSigningKey(
  secret: string,
  date: string,
  region: string,
  service: string,
): SigningKey {
  let key = signingKeyOf(Buffer.from(`AWS4${secret}`));
  for (const part of [date, region, service, "aws4_request"]) {
    key = signingKeyOf(Buffer.from(hmac(key, part), "hex"));
  }
  return key;
}
