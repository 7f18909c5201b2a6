/**
 * The values of the ten algorithms over CHECK_CONTENT, in hex. CRCs: "Catalogue of parametrised CRC
 * algorithms" (CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME). Hashes: RFC 1321 appendix A.5 has no
 * such line, so they come from md5sum(1), sha1sum(1), sha256sum(1) and sha512sum(1). Those of
 * xxHash come from xxhash 4.1.0 for Python.
 */
export const CHECK_VALUES = [
  ["crc32", "cbf43926"],
  ["crc32c", "e3069283"],
  ["crc64nvme", "ae8b14860a799888"],
  ["md5", "25f9e794323b453885f5181f1b624d0b"],
  ["sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
  ["sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"],
  [
    "sha512",
    "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
  ],
  ["xxhash64", "8cb841db40e6ae83"],
  ["xxhash3", "72dcb18b67a17dff"],
  ["xxhash128", "33119477ede5dcd5e9716427681d5860"],
] as const;

/** The content over which the catalogue computes its check values. */
export const CHECK_CONTENT = "123456789";
