import { byProgram, type OwnClient, noReader } from "./frame.ts";
import { DATA_PYTHON, ours } from "./installed.ts";
import { pinned, snippet } from "./snippets.ts";

export const DUCKDB: OwnClient = {
  name: "duckdb",
  title: "DuckDB with httpfs",
  version: pinned("requirements/data.txt", "duckdb"),
  snippet: snippet("python/duckdb_day.py", "duckdb", "sql"),
  needs: [DATA_PYTHON.need],
  scheme: "https",
  bucket: "given",
  spend: byProgram(DATA_PYTHON.path, [ours("python/duckdb_day.py")]),
  steps: {
    "writes Parquet": { ok: true },
    "reads Parquet": { ok: true, sum: 499500 },
    "filters and joins": { ok: true, rows: 333 },
    "writes a large table in parts": { ok: true, rows: 3000000 },
    "writes CSV and JSON": { ok: true, b: 'x,"y' },
    "writes partitions and reads one": { ok: true, rows: 333 },
    globs: { ok: true, files: 3 },
    "reads whole files": { ok: true, text: 'a,b\n1,"x,""y"\n' },
    "reads a missing table": { ok: false, code: "HTTPException: 404" },
    "reads with a reader's key": { ok: true, sum: 499500 },
    "writes with a reader's key": { ok: false, code: "HTTPException: Forbidden" },
    "uses a wrong secret": { ok: false, code: "HTTPException: 403" },
  },
  differences: [noReader("reads with a reader's key")],
};
