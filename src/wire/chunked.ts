import { Buffer } from "node:buffer";
import { readFields } from "./fields.ts";
import type { WireProblem } from "./problem.ts";

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
/** Enough for any length that can be counted, with zeros before it. */
const SIZE_DIGITS_MAX = 16;
/**
 * The limit of all chunk extensions of one body together. Nobody uses them (RFC 9112 section
 * 7.1.1).
 */
const EXTENSION_BYTES_MAX = 16 * 1024;
/** RFC 9112 section 7.1.1, without blanks around `;` and `=`. */
const EXTENSIONS =
  /^(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)+$/;

type State = "size" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailers" | "end";

/**
 * Reads a chunked body (RFC 9112 section 7.1) in pieces of any size. After each `step` the caller goes
 * on at `at`.
 */
export class ChunkedReader {
  /** The offset at which the next step begins. */
  at = 0;
  /**
   * The start of the data that a step found, which ends at `at`; gathered data ends at `dataTo`.
   */
  dataFrom = 0;
  dataTo = 0;
  /** Name in lower case, value, …: at the end. */
  trailers: string[] = [];
  /** The reason why a step was `bad`. */
  problem: WireProblem = "chunk";
  readonly #trailerBytesMax: number;
  #state: State = "size";
  #digits = 0;
  #size = 0;
  #extension = "";
  #extensionBytes = 0;
  #trailerBytes: number[] = [];

  /** `trailerBytesMax`: of the whole trailer section. */
  constructor(trailerBytesMax: number) {
    this.#trailerBytesMax = trailerBytesMax;
  }

  /**
   * Reads on from `from`, at most to `to`. `data`: bytes of the body stand from `dataFrom` to `at`.
   * `more`: all was read, and the body goes on. `end`: its last byte was read, and `trailers` are
   * known. `bad`: it is no such body, and `problem` says why; there is no further step.
   */
  step(bytes: Buffer, from: number, to: number): "data" | "more" | "end" | "bad" {
    let at = from;
    while (at < to) {
      if (this.#state === "data") {
        this.dataFrom = at;
        this.at = Math.min(to, at + this.#size);
        this.#size -= this.at - at;
        if (this.#size === 0) this.#state = "data-cr";
        return "data";
      }
      if (!this.#read(bytes[at++] ?? 0)) return "bad";
      if (this.#state === "end") {
        this.at = at;
        return "end";
      }
    }
    this.at = to;
    return "more";
  }

  /**
   * Reads on from `from` to the end of `bytes` or of the body. All data that is found is moved together
   * within `bytes`, from `dataFrom` to `dataTo`, so that many tiny chunks cost as much as one. Else as
   * `step`.
   */
  gather(bytes: Buffer, from: number): "more" | "end" | "bad" {
    let first = -1;
    let to = 0;
    let found = this.step(bytes, from, bytes.length);
    for (; found === "data"; found = this.step(bytes, this.at, bytes.length)) {
      if (first < 0) first = to = this.dataFrom;
      if (to < this.dataFrom) bytes.copyWithin(to, this.dataFrom, this.at);
      to += this.at - this.dataFrom;
    }
    this.dataFrom = Math.max(0, first);
    this.dataTo = to;
    return found;
  }

  /** Reads one byte of the framing. Returns false if the byte is not allowed here. */
  #read(byte: number): boolean {
    switch (this.#state) {
      case "size":
        return this.#readSize(byte);
      case "extension":
        return this.#readExtension(byte);
      case "size-lf":
        this.#state = this.#size === 0 ? "trailers" : "data";
        this.#digits = 0;
        return byte === LF;
      case "data-cr":
        this.#state = "data-lf";
        return byte === CR;
      case "data-lf":
        this.#state = "size";
        return byte === LF;
      case "trailers":
        return this.#readTrailer(byte);
      case "data":
      case "end":
        return false;
    }
  }

  #readSize(byte: number): boolean {
    const digit = HEX[byte] ?? -1;
    if (digit >= 0) {
      this.#size = this.#size * 16 + digit;
      return ++this.#digits <= SIZE_DIGITS_MAX && Number.isSafeInteger(this.#size);
    }
    if (this.#digits === 0) return false;
    if (byte === CR) {
      this.#state = "size-lf";
      return true;
    }
    this.#state = "extension";
    this.#extension = ";";
    return byte === SEMICOLON;
  }

  #readExtension(byte: number): boolean {
    if (byte === CR) {
      this.#state = "size-lf";
      return EXTENSIONS.test(this.#extension);
    }
    this.#extension += String.fromCharCode(byte);
    return ++this.#extensionBytes <= EXTENSION_BYTES_MAX;
  }

  #readTrailer(byte: number): boolean {
    const section = this.#trailerBytes;
    section.push(byte);
    if (section.length > this.#trailerBytesMax) {
      this.problem = "trailer-bytes";
      return false;
    }
    if (byte !== LF) return true;
    if (section.at(-2) !== CR) return false;
    if (section.length > 2 && (section.at(-3) !== LF || section.at(-4) !== CR)) return true;
    this.#state = "end";
    const text = Buffer.from(section).toString("latin1", 0, section.length - 2);
    const fields = readFields(text);
    if (!fields.ok || fields.value.some(isOfHead)) {
      this.problem = "field";
      return false;
    }
    this.trailers = fields.value;
    return true;
  }
}

/**
 * The fields that say where a message goes and ends, for which it is too late (RFC 9110 section
 * 6.5.1).
 */
const OF_HEAD: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "host",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function isOfHead(text: string, at: number): boolean {
  return at % 2 === 0 && OF_HEAD.has(text);
}

/** The value of a hex digit by its byte; -1: it is none. */
const HEX = Int8Array.from({ length: 256 }, (_, byte) => {
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
  return digit;
});
