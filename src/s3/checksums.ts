/** The algorithms of `x-amz-checksum-*` ("ChecksumAlgorithm", Amazon S3 API Reference). */
export const CHECKSUM_ALGORITHMS = [
  "crc32",
  "crc32c",
  "crc64nvme",
  "md5",
  "sha1",
  "sha256",
  "sha512",
  "xxhash128",
  "xxhash3",
  "xxhash64",
] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** The prefix of all fields about checksums. */
export const CHECKSUM_PREFIX = "x-amz-checksum-";

/** Bytes of each algorithm's value. Fields carry it in base64, the most significant byte first. */
export const CHECKSUM_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  md5: 16,
  sha1: 20,
  sha256: 32,
  sha512: 64,
  xxhash128: 16,
  xxhash3: 8,
  xxhash64: 8,
};

/** Returns the length of a value in base64, in characters. */
export function checksumCharacters(algorithm: ChecksumAlgorithm): number {
  return Math.ceil(CHECKSUM_BYTES[algorithm] / 3) * 4;
}

/** Fields with the prefix of a checksum that speak about checksums but carry no value. */
const NOT_VALUES: ReadonlySet<string> = new Set([
  "x-amz-checksum-algorithm",
  "x-amz-checksum-mode",
  "x-amz-checksum-type",
]);

/** Returns true if `field`, in lower case, carries a checksum, even of an unknown algorithm. */
export function isChecksumField(field: string): boolean {
  return field.startsWith(CHECKSUM_PREFIX) && !NOT_VALUES.has(field);
}

/** The algorithm whose value `field` carries, in lower case. `undefined` if it carries none. */
export function checksumOf(field: string): ChecksumAlgorithm | undefined {
  return BY_FIELD.get(field);
}

/**
 * The algorithm that `name` names, in any case, as in `x-amz-sdk-checksum-algorithm`. `undefined` for
 * an unknown one.
 */
export function checksumNamed(name: string): ChecksumAlgorithm | undefined {
  return BY_FIELD.get(CHECKSUM_PREFIX + name.toLowerCase());
}

const BY_FIELD: ReadonlyMap<string, ChecksumAlgorithm> = new Map(
  CHECKSUM_ALGORITHMS.map((algorithm) => [CHECKSUM_PREFIX + algorithm, algorithm]),
);
