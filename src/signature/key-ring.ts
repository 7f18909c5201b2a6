import { LRUCache } from "lru-cache";
import { hmac, signingKeyOf, type SigningKey } from "./hmac.ts";

export type { SigningKey } from "./hmac.ts";

/**
 * Signing keys that were derived lately. A key serves one secret, day, region and service, so a
 * client's requests of a day share one.
 */
export class KeyRing {
  readonly #keys: LRUCache<string, SigningKey>;

  /** `maxEntries`: how many signing keys are kept, the least recently used go first. */
  constructor(maxEntries: number) {
    this.#keys = new LRUCache({ max: maxEntries });
  }

  /**
   * The signing key of `secret` for a credential scope; `date` is `YYYYMMDD` ("Calculate the
   * signature", SigV4). None of the four may contain a newline.
   */
  signingKey(secret: string, date: string, region: string, service: string): SigningKey {
    // The secret is part of the name, or a key that was rotated away would go on verifying.
    const name = `${secret}\n${date}\n${region}\n${service}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = deriveSigningKey(secret, date, region, service);
    this.#keys.set(name, key);
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
