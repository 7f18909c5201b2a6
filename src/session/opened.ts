import { LRUCache } from "lru-cache";

/** The result of opening one token; from `untilMs` on it must be opened anew. */
type Opened<T> = { readonly token: string; readonly value: T; readonly untilMs: number };

/**
 * The tokens that were opened lately, with the `T` made of each, so that a session costs its
 * opening once. By access key id, which every session has its own of: to find one takes no hash of
 * the whole token. Returns nothing that opening the token anew would not return.
 */
export class OpenedSessions<T extends object> {
  readonly #byKey: LRUCache<string, Opened<T>>;

  /** `max`: how many are remembered, the least recently used go first. */
  constructor(max: number) {
    this.#byKey = new LRUCache({ max });
  }

  /** Returns the value; `undefined` if exactly this token is not remembered for this key. */
  find(accessKeyId: string, token: string, nowMs: number): T | undefined {
    const opened = this.#byKey.get(accessKeyId);
    return opened?.token === token && nowMs < opened.untilMs ? opened.value : undefined;
  }

  /**
   * Remembers a token that was opened. Only such a token: any other would push out what others use.
   */
  remember(accessKeyId: string, token: string, value: T, untilMs: number): void {
    this.#byKey.set(accessKeyId, { token, value, untilMs });
  }
}
