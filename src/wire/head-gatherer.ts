import { Buffer } from "node:buffer";
import type { WireProblem } from "./problem.ts";

const CR = 0x0d;
const LF = 0x0a;
const HEAD_END = Buffer.from("\r\n\r\n");
/** Room for the beginning of a head that comes in pieces; it doubles. */
const FIRST_ROOM_BYTES = 1024;

/** The beginning of a head: of requests or of answers. */
export type HeadKind = {
  /** Returns the problem of a beginning, which is never empty and at most `startBytes` long. */
  readonly startProblem: (start: string) => WireProblem | undefined;
  readonly startBytes: number;
  /** True if empty lines before the head are skipped (RFC 9112 section 2.2: before requests). */
  readonly skipsEmptyLines: boolean;
};

/**
 * Finds heads in bytes that come in pieces of any size: work is linear in them, and no more is kept
 * than the limit. If a head comes whole in one piece, only its text is copied.
 */
export class HeadGatherer {
  /** The offset in the last piece at which the body begins, once a head is whole. */
  next = 0;
  /** The reason why no head will come; `undefined` if there is none so far. */
  problem: WireProblem | undefined;
  readonly #kind: HeadKind;
  #bytesMax = 0;
  #kept: Buffer = NOTHING;
  #length = 0;
  /** Bytes of empty lines that were read over. */
  #skipped = 0;

  constructor(kind: HeadKind) {
    this.#kind = kind;
  }

  /** True if a part of a head has come, but not all of it. */
  get begun(): boolean {
    return this.#length > 0 || this.#skipped > 0;
  }

  /**
   * Takes the bytes from `from` on. Returns the head's text when it is whole: its lines, each
   * with its CRLF, without the empty one; one character a byte. Then `next` says where the body
   * begins, and another head can be gathered. A head with an LF that has no CR may be returned as
   * far as that; nobody reads it as a head. `undefined` if more bytes are needed, or there is a
   * `problem`. `bytesMax`: of the whole head.
   */
  take(bytes: Buffer, from: number, bytesMax: number): string | undefined {
    this.#bytesMax = bytesMax;
    const start = this.#length === 0 && this.#kind.skipsEmptyLines ? this.#skip(bytes, from) : from;
    if (this.problem !== undefined || start >= bytes.length) return undefined;
    return this.#length === 0 ? this.#whole(bytes, start) : this.#append(bytes, start);
  }

  #whole(bytes: Buffer, from: number): string | undefined {
    const at = bytes.indexOf(HEAD_END, from);
    const next = at + HEAD_END.length;
    if (at < 0 || next - from > this.#bytesMax) return this.#append(bytes, from);
    this.#skipped = 0;
    this.next = next;
    return bytes.toString("latin1", from, at + 2);
  }

  /** Appends byte by byte, so that the result does not depend on how they come. */
  #append(bytes: Buffer, from: number): string | undefined {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (this.#length >= this.#bytesMax) return this.#fail("head-bytes");
      if (this.#length >= this.#kept.length) this.#grow();
      this.#kept[this.#length++] = byte;
      if (this.#length <= this.#kind.startBytes) {
        const problem = this.#kind.startProblem(this.#kept.toString("latin1", 0, this.#length));
        if (problem !== undefined) return this.#fail(problem);
      }
      if (byte !== LF) continue;
      // An LF without its CR cannot become valid by more bytes: its sender waits for an answer.
      const isBare = this.#kept[this.#length - 2] !== CR;
      const isEmptyLine =
        this.#kept[this.#length - 4] === CR && this.#kept[this.#length - 3] === LF;
      if (!isBare && !isEmptyLine) continue;
      const text = this.#kept.toString("latin1", 0, isBare ? this.#length : this.#length - 2);
      this.#forget();
      this.next = at + 1;
      return text;
    }
    return undefined;
  }

  /**
   * Returns the offset of the first byte that is not part of an empty line; that behind the last if
   * there is none yet.
   */
  #skip(bytes: Buffer, from: number): number {
    const to = bytes.length;
    let at = from;
    while (at < to) {
      const byte = bytes[at];
      if (byte !== (this.#skipped % 2 === 0 ? CR : LF)) break;
      at++;
      if (++this.#skipped > this.#bytesMax) {
        this.problem = "head-bytes";
        return to;
      }
    }
    if (at < to && this.#skipped % 2 === 1) this.problem = "start-line";
    return at;
  }

  #fail(problem: WireProblem): undefined {
    this.problem = problem;
    this.#forget();
    return undefined;
  }

  #grow(): void {
    const room = Math.max(FIRST_ROOM_BYTES, 2 * this.#kept.length);
    const grown = Buffer.allocUnsafe(Math.min(room, this.#bytesMax));
    this.#kept.copy(grown, 0, 0, this.#length);
    this.#kept = grown;
  }

  #forget(): void {
    this.#kept = NOTHING;
    this.#length = 0;
    this.#skipped = 0;
  }
}

const NOTHING = Buffer.alloc(0);
