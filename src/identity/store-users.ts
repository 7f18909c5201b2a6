import { LRUCache } from "lru-cache";
import type { Key } from "../admission/principal.ts";
import type { Signing } from "./key-source.ts";

/** A user of a Ceph whose users may log in, with the name of its account here. */
type CephUser = { readonly user: string; readonly account: string };

/** The account that a credential of the store was last seen with. */
type Use = {
  readonly account: string;
  /** The access key whose answer said so; `undefined` if there were several. */
  readonly by: string | undefined;
};

/**
 * The accounts of directories by the credential that the store knows each by, so that two of them are
 * not one user of the store, with each other's buckets. An access key alone is no credential: whoever
 * only names it keeps nobody else from using it.
 */
export class StoreUsers {
  readonly #uses: LRUCache<string, Use>;
  /** Users of Ceph by their own credentials. */
  readonly #cephUsers: LRUCache<string, CephUser>;
  readonly #onBoth: (cephUser: string, account: string) => void;

  /**
   * `max`: credentials that are remembered at most, of each kind. `onBoth` hears of each user of Ceph
   * that is an account of a directory by another name, too.
   */
  constructor(max: number, onBoth: (cephUser: string, account: string) => void) {
    this.#uses = new LRUCache({ max });
    this.#cephUsers = new LRUCache({ max });
    this.#onBoth = onBoth;
  }

  /**
   * Notes what signs for `key` at the store. Returns the other account whose credential that is;
   * `undefined` if there is none. A key that signs itself may go to another account.
   */
  note(key: Key): string | undefined {
    const { accessKeyId, secret, account, signing } = key;
    // The upstream of an accounts file is judged where that is read.
    if (signing === undefined && account.upstream !== undefined) return undefined;
    const signer = signing ?? { accessKeyId, secret };
    const name = nameOf(signer);
    const use = this.#uses.get(name);
    const isMoved = use?.by === accessKeyId && signer.accessKeyId === accessKeyId;
    if (use !== undefined && use.account !== account.name && !isMoved) return use.account;
    const isAnother = use !== undefined && use.by !== accessKeyId;
    this.#uses.set(name, { account: account.name, by: isAnother ? undefined : accessKeyId });
    this.#compare(name);
    return undefined;
  }

  /** Notes that `own` is a credential of a user of Ceph. */
  noteCeph(own: Signing, user: CephUser): void {
    const name = nameOf(own);
    this.#cephUsers.set(name, user);
    this.#compare(name);
  }

  #compare(name: string): void {
    const user = this.#cephUsers.get(name);
    const use = this.#uses.get(name);
    if (user === undefined || use === undefined || user.account === use.account) return;
    this.#onBoth(user.user, use.account);
  }

  clear(): void {
    this.#uses.clear();
    this.#cephUsers.clear();
  }
}

/** Neither half of a credential has a control character. */
function nameOf({ accessKeyId, secret }: Signing): string {
  return `${accessKeyId}\n${secret}`;
}
