import { createHash, hash } from "node:crypto";
import { crc32, crc32c } from "@node-rs/crc32";
import type { Late } from "../lib/late.ts";
import type { ChecksumAlgorithm } from "../s3/checksums.ts";
import { CRC64NVME_OF_NOTHING, crc64nvme } from "./crc64nvme.ts";
import { startXxhash3, startXxhash64, xxhash, type Xxhash } from "./xxhash.ts";
import { startXxhash128, updateXxhash128, xxhash128, xxhash128Of } from "./xxhash128.ts";

/** A checksum being computed over bytes as they come. */
export type Digest = {
  readonly update: (bytes: Buffer) => void;
  /** The value in base64, the most significant byte first; may be asked for once. */
  readonly base64: () => string;
};

/**
 * Returns a promise to await before digests of `algorithms` are made; `undefined` if there is
 * nothing to load.
 */
export function loadDigests(
  algorithms: readonly ChecksumAlgorithm[],
): Promise<unknown> | undefined {
  let loading: Promise<unknown> | undefined;
  for (const algorithm of algorithms) {
    const one = loadDigest(algorithm);
    if (one !== undefined) loading = loading === undefined ? one : Promise.all([loading, one]);
  }
  return loading;
}

function loadDigest(algorithm: ChecksumAlgorithm): Promise<void> | undefined {
  switch (algorithm) {
    case "xxhash64":
    case "xxhash3":
      return opening(xxhash);
    case "xxhash128":
      return opening(xxhash128);
    default:
      return undefined;
  }
}

function opening(library: Late<unknown>): Promise<void> | undefined {
  return library.value === undefined ? open(library) : undefined;
}

/** Rejects if it cannot be opened now: the next body tries again. */
async function open(library: Late<unknown>): Promise<void> {
  const result = await library.get();
  if (!result.ok) throw new Error(result.error);
}

/**
 * A fresh digest as the S3 API defines it ("Checking object integrity"): CRC-32 (ISO-HDLC),
 * CRC-32C, CRC-64/NVME, MD5, SHA-1, SHA-256, SHA-512, and XXH64, XXH3 of 64 bits and XXH128 with the
 * seed 0. Throws if `loadDigests` was not waited for.
 */
export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  switch (algorithm) {
    case "crc32":
      return crcDigest(crc32);
    case "crc32c":
      return crcDigest(crc32c);
    case "crc64nvme":
      return crc64Digest();
    case "sha1":
    case "sha256":
    case "sha512":
    case "md5":
      return hashDigest(algorithm);
    case "xxhash64":
      return xxhashDigest(startXxhash64());
    case "xxhash3":
      return xxhashDigest(startXxhash3());
    case "xxhash128":
      return xxhash128Digest();
  }
}

/** Returns what `createDigest` computes of bytes that are all there, which is cheaper at once. */
export function digestOf(algorithm: ChecksumAlgorithm, bytes: Buffer): string {
  switch (algorithm) {
    case "sha1":
    case "sha256":
    case "sha512":
    case "md5":
      return hash(algorithm, bytes, "base64");
    default: {
      const digest = createDigest(algorithm);
      digest.update(bytes);
      return digest.base64();
    }
  }
}

/** `next`: the checksum of `bytes` after whatever has the checksum `value`. */
function crcDigest(next: (bytes: Buffer, value: number) => number): Digest {
  let value = 0;
  return {
    update: (bytes) => {
      value = next(bytes, value);
    },
    base64: () => base64OfUint32(value),
  };
}

function crc64Digest(): Digest {
  let value = CRC64NVME_OF_NOTHING;
  return {
    update: (bytes) => {
      value = crc64nvme(bytes, value);
    },
    base64: () => base64OfUint64(value),
  };
}

function hashDigest(algorithm: "sha1" | "sha256" | "sha512" | "md5"): Digest {
  const state = createHash(algorithm);
  return {
    update: (bytes) => {
      state.update(bytes);
    },
    base64: () => state.digest("base64"),
  };
}

function xxhashDigest(state: Xxhash): Digest {
  return {
    update: (bytes) => {
      state.update(bytes);
    },
    base64: () => base64OfUint64(state.digest()),
  };
}

function xxhash128Digest(): Digest {
  let state = startXxhash128();
  return {
    update: (bytes) => {
      state = updateXxhash128(state, bytes);
    },
    base64: () => Buffer.from(xxhash128Of(state)).toString("base64"),
  };
}

function base64OfUint64(value: bigint): string {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(value);
  return bytes.toString("base64");
}

function base64OfUint32(value: number): string {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString("base64");
}
