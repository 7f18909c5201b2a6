import { byProgram, type OwnClient, noReader } from "./frame.ts";
import { DATA_PYTHON, ours } from "./installed.ts";
import { pinned, snippet } from "./snippets.ts";

export const POLARS: OwnClient = {
  name: "polars",
  title: "polars (Rust object_store)",
  version: pinned("requirements/data.txt", "polars"),
  snippet: snippet("python/polars_day.py", "polars", "python"),
  needs: [DATA_PYTHON.need],
  scheme: "https",
  bucket: "given",
  spend: byProgram(DATA_PYTHON.path, [ours("python/polars_day.py")], ({ authority }) => ({
    SSL_CERT_FILE: authority,
  })),
  steps: {
    "writes Parquet": { ok: true },
    "reads Parquet": { ok: true, same: true },
    "scans columns and rows": { ok: true, rows: 50, sum: 2500 },
    "sinks a large table in parts": { ok: true, rows: 3000000, sum: 4499998500000 },
    "writes and reads CSV": { ok: true, same: true },
    "reads what a pattern names": { ok: true, rows: 3000 },
    "reads hive partitions": { ok: true, rows: 500 },
    "reads a missing table": { ok: false, code: "FileNotFoundError: 404" },
    "reads with a reader's key": { ok: true, rows: 1000 },
    "writes with a reader's key": { ok: false, code: "PermissionError: 403" },
    "uses a wrong secret": { ok: false, code: "PermissionError: 403" },
  },
  differences: [noReader("reads with a reader's key")],
};
