import { NO_TRAILERS, byProgram, type OwnClient, noReader } from "./frame.ts";
import { DATA_PYTHON, ours } from "./installed.ts";
import { pinned, snippet } from "./snippets.ts";

export const PYICEBERG: OwnClient = {
  name: "pyiceberg",
  title: "PyIceberg, over pyarrow",
  version: pinned("requirements/data.txt", "pyiceberg"),
  snippet: snippet("python/pyiceberg_day.py", "pyiceberg", "python"),
  needs: [DATA_PYTHON.need],
  scheme: "https",
  bucket: "given",
  spend: byProgram(
    DATA_PYTHON.path,
    [ours("python/pyiceberg_day.py"), "pyiceberg.io.pyarrow.PyArrowFileIO"],
    ({ authority }) => ({
      AWS_CA_BUNDLE: authority,
      SSL_CERT_FILE: authority,
    }),
  ),
  steps: {
    "creates a table": { ok: true },
    appends: { ok: true, snapshots: 2 },
    scans: { ok: true, rows: 500 },
    "deletes rows": { ok: true, rows: 1500 },
    overwrites: { ok: true, rows: 10 },
    "travels in time": { ok: true, rows: 1000 },
    "adds a column": { ok: true, columns: ["n", "name"] },
    "reads with a reader's key": { ok: true, rows: 10 },
    "writes with a reader's key": { ok: false, code: "OSError: ACCESS_DENIED" },
    "purges the table": { ok: true, left: false },
  },
  differences: [
    noReader("reads with a reader's key"),
    {
      stores: ["ceph"],
      way: "direct",
      steps: [
        "creates a table",
        "appends",
        "scans",
        "deletes rows",
        "overwrites",
        "travels in time",
        "adds a column",
        "reads with a reader's key",
        "writes with a reader's key",
        "purges the table",
      ],
      why: NO_TRAILERS,
    },
  ],
};
