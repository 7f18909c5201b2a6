import { NO_TRAILERS, byProgram, type OwnClient, noReader } from "./frame.ts";
import { DATA_PYTHON, ours } from "./installed.ts";
import { pinned, snippet } from "./snippets.ts";

export const S3FS: OwnClient = {
  name: "s3fs",
  title: "s3fs (pandas, dask; aiobotocore)",
  version: pinned("requirements/data.txt", "s3fs"),
  snippet: snippet("python/s3fs_day.py", "s3fs", "python", ")"),
  needs: [DATA_PYTHON.need],
  scheme: "https",
  bucket: "given",
  spend: byProgram(DATA_PYTHON.path, [ours("python/s3fs_day.py")], ({ authority }) => ({
    AWS_CA_BUNDLE: authority,
  })),
  steps: {
    "writes a file": { ok: true },
    "reads it": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "reads a range": { ok: true, text: "quick", last: "dog" },
    "uploads 20 MiB in parts": { ok: true, size: 20971520, intact: true },
    "writes a stream in parts": { ok: true, intact: true },
    "puts many files at once": { ok: true, texts: "012345678910111213141516171819" },
    "lists and globs": {
      ok: true,
      below: ["tree/branch/leaf", "tree/leaf"],
      here: ["tree/branch", "tree/leaf"],
      globbed: 11,
    },
    "appends to a file": { ok: true, text: "The quick brown fox jumps over the lazy dog." },
    "copies and moves": {
      ok: true,
      text: "The quick brown fox jumps over the lazy dog",
      left: false,
    },
    "sets metadata and tags": { ok: true, colour: "green", kind: "animal" },
    "writes only where nothing is": { ok: false, code: "OSError" },
    "signs a link": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "asks for a missing file": { ok: false, code: "FileNotFoundError" },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "PermissionError" },
    "deletes with a reader's key": { ok: false, code: "PermissionError" },
    "deletes everything": { ok: true, left: false },
  },
  differences: [
    {
      stores: ["versitygw"],
      way: "both",
      steps: ["writes only where nothing is"],
      outcome: { ok: false, code: "FileExistsError" },
      why: "s3fs learns from the error's text that the object exists, and versitygw's text has a final period",
    },
    noReader("reads with a reader's key"),
    {
      stores: ["ceph"],
      way: "direct",
      steps: [
        "writes a file",
        "reads it",
        "reads a range",
        "uploads 20 MiB in parts",
        "writes a stream in parts",
        "puts many files at once",
        "lists and globs",
        "appends to a file",
        "copies and moves",
        "sets metadata and tags",
        "signs a link",
        "reads with a reader's key",
        "writes with a reader's key",
      ],
      why: NO_TRAILERS,
    },
  ],
};
