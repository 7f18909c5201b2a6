import type { BucketRecord } from "../admission/buckets.ts";
import type { Elsewhere } from "../admission/snapshot.ts";
import { recordReader } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import { err, type Result } from "../lib/result.ts";
import { openStateReader } from "../state/open.ts";

/**
 * What `work` gives when it knows every record that it looks for: it is done again, each time with
 * the records that were missing before. The error is its own, or a sentence of what cannot be read.
 */
export async function withRecords<T>(
  config: Config,
  work: (elsewhere: Elsewhere) => Result<T, string>,
): Promise<Result<T, string>> {
  if (config.state === undefined) return work({ key: undefined, bucket: undefined });
  const compile = recordReader(config);
  const records = new Map<string, BucketRecord | "none">();
  const missing = new Set<string>();
  const bucket = (name: string): BucketRecord | "none" => {
    const found = records.get(name);
    if (found === undefined) missing.add(name);
    return found ?? "none";
  };
  const state = openStateReader(config.state, config.upstream);
  try {
    for (;;) {
      missing.clear();
      const done = work({ key: undefined, bucket });
      if (missing.size === 0) return done;
      for (const name of missing) {
        const stored = await state.read(name);
        if (!stored.ok) return err(`Cannot read the state: ${stored.error}`);
        const record = stored.value === undefined ? undefined : compile(name, stored.value.record);
        if (record?.ok === false) return err(`Cannot use the record of "${name}": ${record.error}`);
        records.set(name, record?.value ?? "none");
      }
    }
  } finally {
    await state.close();
  }
}
