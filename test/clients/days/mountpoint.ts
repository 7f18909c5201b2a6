import { byProgram, type OwnClient, noReader } from "./frame.ts";
import { DATA_PYTHON, ours } from "./installed.ts";
import { pinned, snippet } from "./snippets.ts";

export const MOUNTPOINT: OwnClient = {
  name: "mountpoint",
  title: "Mountpoint's client in s3torchconnector",
  version: pinned("requirements/data.txt", "s3torchconnectorclient"),
  snippet: snippet("python/mountpoint_day.py", "mountpoint", "python", ")"),
  needs: [DATA_PYTHON.need],
  scheme: "http",
  bucket: "given",
  spend: byProgram(DATA_PYTHON.path, [ours("python/mountpoint_day.py")]),
  steps: {
    "writes an object": { ok: true },
    "reads it": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "reads a range": { ok: true, text: "quick" },
    "heads it": { ok: true, size: 43 },
    "writes a checkpoint of 20 MiB in parts": { ok: true, intact: true },
    "lists a data set": { ok: true, keys: ["set/0", "set/1", "set/2", "set/3", "set/4"] },
    copies: { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    deletes: { ok: true, left: [] },
    "reads a missing object": { ok: false, code: "S3Exception: The key does not exist" },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "S3Exception: Forbidden" },
    "deletes with a reader's key": { ok: false, code: "S3Exception: Forbidden" },
  },
  differences: [
    noReader("reads with a reader's key"),
    {
      stores: ["ceph"],
      way: "both",
      steps: ["writes an object", "writes a checkpoint of 20 MiB in parts", "lists a data set"],
      outcome: { code: "S3Exception", ok: false },
      why: "this client sends everything in parts, and takes RGW's end of an upload, which has no ETag, for a failure; the object exists",
    },
  ],
};
