import { NO_TRAILERS, byProgram, type OwnClient, noReader } from "./frame.ts";
import { installed } from "./installed.ts";
import { pinned, snippet } from "./snippets.ts";

const SDK = installed("the Go SDK's day", "bin/aws-go-day");
const MINIO = installed("minio-go's day", "bin/minio-go-day");

export const GO_SDK: OwnClient = {
  name: "go-sdk",
  title: "AWS SDK for Go v2, transfer manager",
  version: pinned("go/go.mod", "aws-sdk-go-v2/service/s3 "),
  snippet: snippet("go/sdk/main.go", "go", "go", "})"),
  needs: [SDK.need],
  scheme: "https",
  bucket: "made",
  spend: byProgram(SDK.path, []),
  steps: {
    "makes a bucket": { ok: true },
    "puts an object": { ok: true },
    "gets it": {
      ok: true,
      colour: "blue",
      text: "The quick brown fox jumps over the lazy dog",
      type: "text/plain",
    },
    "gets a range": { ok: true, text: "quick" },
    "puts a stream of unknown length": {
      ok: true,
      text: "The quick brown fox jumps over the lazy dog",
    },
    "uploads 20 MiB by the transfer manager": { ok: true },
    "downloads 20 MiB by the transfer manager": { ok: true, intact: true },
    "puts with every checksum": {
      ok: true,
      refused: ["MD5 other", "XXHASH64 other", "XXHASH3 other", "XXHASH128 other"],
    },
    "asks for attributes": { ok: true, size: 43 },
    "lists in pages": { ok: true, keys: 5, pages: 3 },
    copies: { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes a lock only once": { ok: false, code: "PreconditionFailed" },
    presigns: { ok: true, status: 200, text: "The quick brown fox jumps over the lazy dog" },
    "deletes several": { ok: true, deleted: ["page/0", "page/1"] },
    "gets a missing key": { ok: false, code: "NoSuchKey" },
    "heads a missing key": { ok: false, code: "NotFound" },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "AccessDenied" },
    "uploads 20 MiB with a reader's key": { ok: false, code: "AccessDenied" },
    "uses a wrong secret": { ok: false, code: "SignatureDoesNotMatch" },
    "deletes everything": { ok: true },
  },
  differences: [
    noReader("reads with a reader's key"),
    {
      stores: ["ceph"],
      way: "gateway",
      steps: ["asks for attributes"],
      outcome: { code: "NotImplemented", ok: false },
      why: "RGW 16 has no GetObjectAttributes, and refuses its signature; the gateway says that it is not implemented",
    },
    {
      stores: ["ceph"],
      way: "direct",
      steps: ["asks for attributes"],
      why: "RGW 16 has no GetObjectAttributes, and refuses its signature; the gateway says that it is not implemented",
    },
    {
      stores: ["ceph"],
      way: "direct",
      steps: [
        "puts a stream of unknown length",
        "uploads 20 MiB by the transfer manager",
        "downloads 20 MiB by the transfer manager",
        "puts with every checksum",
      ],
      why: NO_TRAILERS,
    },
  ],
};

export const MINIO_GO: OwnClient = {
  name: "minio-go",
  title: "minio-go",
  version: pinned("go/go.mod", "minio-go/v7 "),
  snippet: snippet("go/minio/main.go", "minio-go", "go", "})"),
  needs: [MINIO.need],
  scheme: "https",
  bucket: "made",
  spend: byProgram(MINIO.path, []),
  steps: {
    "makes a bucket": { ok: true },
    "puts an object": { ok: true },
    "gets it": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "stats it": { ok: true, colour: "blue", size: 43, type: "text/plain" },
    "gets a range": { ok: true, text: "quick" },
    "puts a stream of unknown length": {
      ok: true,
      text: "The quick brown fox jumps over the lazy dog",
    },
    "uploads 20 MiB in parts": { ok: true },
    "uploads 20 MiB with full-object checksums": { ok: true },
    "downloads 20 MiB": { ok: true, intact: true },
    lists: {
      ok: true,
      all: ["tree/branch/leaf", "tree/leaf"],
      here: ["tree/leaf", "tree/branch/"],
    },
    "lists with metadata": { ok: true, keys: ["tree/branch/leaf", "tree/leaf"] },
    copies: { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "composes an object of others": { ok: true, size: 20971563 },
    "tags an object": { ok: true, kind: "animal" },
    presigns: { ok: true, status: 200, text: "The quick brown fox jumps over the lazy dog" },
    "removes several": { ok: true, left: [] },
    "gets a missing key": { ok: false, code: "NoSuchKey" },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "AccessDenied" },
    "uses a wrong secret": { ok: false, code: "SignatureDoesNotMatch" },
    "deletes everything": { ok: true },
  },
  differences: [
    noReader("reads with a reader's key"),
    {
      stores: ["ceph", "versitygw"],
      way: "gateway",
      steps: ["lists with metadata"],
      outcome: { code: "InvalidArgument", ok: false },
      why: "a parameter that only MinIO knows (`metadata=true`) is refused in front of other stores, which ignore it",
    },
    {
      stores: ["ceph"],
      way: "direct",
      steps: [
        "uploads 20 MiB in parts",
        "uploads 20 MiB with full-object checksums",
        "downloads 20 MiB",
        "composes an object of others",
      ],
      why: NO_TRAILERS,
    },
  ],
};
