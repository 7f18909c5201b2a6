/** Characters of one text of a client, above any key (1,024 bytes) or version. */
const TEXT_MAX = 1024;

/**
 * Matches a credential in a text where none belongs, such as the key of a presigned URL whose
 * question mark was encoded: a reader of the line could use it. Not only in a query: headers are
 * pasted, too.
 */
const CREDENTIAL =
  /(?:x-amz-(?:signature|security-token|credential|(?:copy-source-)?server-side-encryption-customer-key(?:-md5)?)(?:[=:]|%(?:25)*3[ad])|(?:signature|awsaccesskeyid)(?:=|%(?:25)*3d))/i;

/** Returns `text` as a line may hold it; ends with `…` if that is not all of it. */
export function clip(text: string): string {
  const short = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
  const found = /[=:%]/.test(short) ? CREDENTIAL.exec(short) : null;
  return found === null ? short : `${short.slice(0, found.index)}…`;
}

/** Counts the characters that several texts may take together. */
export class Budget {
  #left: number;
  #exceeded = false;

  /** `characters`: of all texts. */
  constructor(characters: number) {
    this.#left = characters;
  }

  /** True if some text was not returned whole. */
  get exceeded(): boolean {
    return this.#exceeded;
  }

  /** `text`, or what may be held of it. */
  take(text: string): string {
    const clipped = this.#left > 0 ? clip(text) : "";
    this.#left -= clipped.length;
    if (clipped !== text) this.#exceeded = true;
    return clipped;
  }
}
