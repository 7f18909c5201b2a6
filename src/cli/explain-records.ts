import type { Elsewhere } from "../admission/snapshot.ts";
import type { Config } from "../config/config.ts";
import type { Result } from "../lib/result.ts";
import { openKeptRecords } from "./kept-records.ts";

/**
 * What `work` gives when it knows every record that it looks for: it is done again, each time with
 * the records that were missing before. The error is its own, or a sentence of what cannot be read.
 */
export async function withRecords<T>(
  config: Config,
  work: (elsewhere: Elsewhere) => Result<T, string>,
): Promise<Result<T, string>> {
  const records = openKeptRecords(config);
  if (records === undefined) return work({ key: undefined, bucket: undefined });
  const missing = new Set<string>();
  const bucket: Elsewhere["bucket"] = (name) => {
    const found = records.find(name);
    if (found === "unknown") missing.add(name);
    return found === "unknown" ? "none" : found;
  };
  try {
    for (;;) {
      missing.clear();
      const done = work({ key: undefined, bucket });
      if (missing.size === 0) return done;
      for (const name of missing) {
        const fetched = await records.fetch(name);
        if (!fetched.ok) return fetched;
      }
    }
  } finally {
    await records.close();
  }
}
