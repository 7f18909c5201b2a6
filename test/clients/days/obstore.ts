import { byProgram, type OwnClient, noReader } from "./frame.ts";
import { DATA_PYTHON, ours } from "./installed.ts";
import { pinned, snippet } from "./snippets.ts";

export const OBSTORE: OwnClient = {
  name: "obstore",
  title: "obstore (Rust object_store)",
  version: pinned("requirements/data.txt", "obstore"),
  snippet: snippet("python/obstore_day.py", "obstore", "python", ")"),
  needs: [DATA_PYTHON.need],
  scheme: "https",
  bucket: "given",
  spend: byProgram(DATA_PYTHON.path, [ours("python/obstore_day.py")]),
  steps: {
    "puts an object": { ok: true },
    "gets it": {
      ok: true,
      text: "The quick brown fox jumps over the lazy dog",
      type: "text/plain",
      colour: "blue",
    },
    "heads it": { ok: true, size: 43, etag: "9e107d9d372bb6826bd81d3542a419d6" },
    "gets ranges": { ok: true, one: "quick", more: ["quick", "fox"] },
    "puts 20 MiB in parts": { ok: true, intact: true },
    "writes a stream": {
      ok: true,
      text: "The quick brown fox jumps over the lazy dogThe quick brown fox jumps over the lazy dogThe quick brown fox jumps over the lazy dog",
    },
    "keeps odd paths": { ok: true, wrong: [], listed: 5 },
    lists: {
      ok: true,
      all: ["tree/branch/leaf", "tree/leaf"],
      here: ["tree/leaf"],
      below: ["tree/branch"],
    },
    "copies and renames": {
      ok: true,
      text: "The quick brown fox jumps over the lazy dog",
      copies: [],
    },
    "creates only what is not there": { ok: false, code: "AlreadyExistsError: PreconditionFailed" },
    "updates only what it has seen": { ok: false, code: "PreconditionError: PreconditionFailed" },
    "gets unless unchanged": { ok: false, code: "NotModifiedError" },
    "signs links": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "deletes several": { ok: true, left: [] },
    "gets a missing object": { ok: false, code: "FileNotFoundError: 404" },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "PermissionDeniedError: 403" },
    "deletes everything": { ok: true, left: [] },
  },
  differences: [noReader("reads with a reader's key")],
};
