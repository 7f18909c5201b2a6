import { NO_TRAILERS, byProgram, type OwnClient, noReader } from "./frame.ts";
import { AWS_PYTHON, ours } from "./installed.ts";
import { pinned, snippet } from "./snippets.ts";

export const BOTO3_CRT: OwnClient = {
  name: "boto3-crt",
  title: "boto3 with awscrt",
  version: pinned("requirements/aws.txt", "boto3"),
  snippet: snippet("python/boto3_crt_day.py", "boto3-crt", "python", ")"),
  needs: [AWS_PYTHON.need],
  scheme: "https",
  bucket: "made",
  spend: byProgram(AWS_PYTHON.path, [ours("python/boto3_crt_day.py")], ({ authority }) => ({
    AWS_CA_BUNDLE: authority,
  })),
  steps: {
    "makes a bucket": { ok: true },
    "puts with CRC32": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with CRC32C": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with CRC64NVME": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with SHA1": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with SHA256": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with SHA512": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with XXHASH64": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with XXHASH3": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "puts with XXHASH128": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "uploads in parts with CRC64NVME": { ok: true, intact: true },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "uploads in parts with a reader's key": {
      ok: false,
      code: "S3UploadFailedError: AccessDenied",
    },
    "deletes everything": { ok: true },
  },
  differences: [
    noReader("reads with a reader's key"),
    {
      stores: ["ceph"],
      way: "direct",
      steps: [
        "puts with CRC32",
        "puts with CRC32C",
        "puts with CRC64NVME",
        "puts with SHA1",
        "puts with SHA256",
        "puts with SHA512",
        "puts with XXHASH64",
        "puts with XXHASH3",
        "puts with XXHASH128",
        "uploads in parts with CRC64NVME",
        "reads with a reader's key",
        "deletes everything",
      ],
      why: NO_TRAILERS,
    },
  ],
};
