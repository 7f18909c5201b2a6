import { createHmac, hash, timingSafeEqual } from "node:crypto";

/**
 * A key made ready for HMAC-SHA256: padded, and mixed with both pads (RFC 2104 section 2). After
 * each pad is room for the text it is hashed with, which `hmac()` writes there anew each time.
 */
export type SigningKey = { readonly inner: Buffer; readonly outer: Buffer };

/** SHA-256 works on blocks of 64 bytes (FIPS 180-4), and so do the pads. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** Every text that SigV4 signs is shorter, those of chunks included, but for policies of forms. */
const TEXT_ROOM = 384;

/**
 * HMAC-SHA256 of `text` (a string stands for its UTF-8 bytes) as 64 lower-case hex digits.
 *
 * Two one-shot hashes over ready pads take about a tenth of what `createHmac` takes, which sets up
 * a key and a context each time: test/bench/signature.ts has the figures.
 */
export function hmac(key: SigningKey, text: string | Buffer): string {
  // "binary" hands over the 32 bytes as a string; "buffer" costs three times as much.
  const digest = hash("sha256", innerText(key, text), "binary");
  key.outer.write(digest, BLOCK_BYTES, DIGEST_BYTES, "latin1");
  return hash("sha256", key.outer, "hex");
}

/** The inner pad and `text` behind it. */
function innerText({ inner }: SigningKey, text: string | Buffer): Buffer {
  const bytes = typeof text === "string" ? Buffer.byteLength(text) : text.length;
  const whole = bytes <= TEXT_ROOM ? inner.subarray(0, BLOCK_BYTES + bytes) : withPad(inner, bytes);
  if (typeof text !== "string") whole.set(text, BLOCK_BYTES);
  // As many bytes as characters: all of them are ASCII, which is written much faster as such.
  else if (bytes === text.length) whole.write(text, BLOCK_BYTES, bytes, "latin1");
  else whole.write(text, BLOCK_BYTES);
  return whole;
}

function withPad(inner: Buffer, bytes: number): Buffer {
  const whole = Buffer.allocUnsafe(BLOCK_BYTES + bytes);
  inner.copy(whole, 0, 0, BLOCK_BYTES);
  return whole;
}

/** The pads for `key`, the raw bytes of an HMAC key of any length. */
export function signingKeyOf(key: Buffer): SigningKey {
  // A key longer than a block is hashed first (RFC 2104 section 2): secrets of 61 characters and up.
  const short = key.length > BLOCK_BYTES ? hash("sha256", key, "buffer") : key;
  return {
    inner: padded(short, INNER_PAD, TEXT_ROOM),
    outer: padded(short, OUTER_PAD, DIGEST_BYTES),
  };
}

function padded(key: Buffer, pad: number, room: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + room);
  block.fill(pad, 0, BLOCK_BYTES);
  for (const [i, byte] of key.entries()) block[i] = byte ^ pad;
  return block;
}

/**
 * SHA-256 of `text`, in which each character stands for one byte (latin1, as header values are
 * received), as 64 lower-case hex digits.
 */
export function sha256OfBytes(text: string): string {
  // Given a string, `hash` takes its UTF-8 bytes, which are the same only within ASCII: there, and
  // only there, they are as many as the characters.
  const isAscii = Buffer.byteLength(text) === text.length;
  return hash("sha256", isAscii ? text : Buffer.from(text, "latin1"), "hex");
}

/**
 * HMAC-SHA1 of `text` (each character one byte) in base64: a signature of version 2 ("Signing and
 * authenticating REST requests").
 */
export function hmacSha1(secret: string, text: string): string {
  return createHmac("sha1", secret).update(text, "latin1").digest("base64");
}

/**
 * Returns true if two signatures are the same text, in a time that does not reveal where they
 * differ.
 */
export function sameSignature(computed: string, claimed: string): boolean {
  const isUsual = computed.length === DIGITS && Buffer.byteLength(computed) === DIGITS;
  if (!isUsual || claimed.length !== DIGITS) {
    const [a, b] = [Buffer.from(computed), Buffer.from(claimed)];
    return a.length === b.length && timingSafeEqual(a, b);
  }
  // Two of version 4 cost half so. A character beyond ASCII takes several bytes, and does not fit.
  COMPUTED.write(computed);
  return CLAIMED.write(claimed) === DIGITS && timingSafeEqual(COMPUTED, CLAIMED);
}

/** The hexadecimal digits of HMAC-SHA256. */
const DIGITS = 2 * DIGEST_BYTES;
const COMPUTED = Buffer.alloc(DIGITS);
const CLAIMED = Buffer.alloc(DIGITS);
