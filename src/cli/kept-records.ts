import type { BucketRecord } from "../admission/buckets.ts";
import { recordReader } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { openStateReader } from "../state/open.ts";

/** What the gateway keeps of buckets, read and remembered for as long as a command runs. */
export type KeptRecords = {
  /** "unknown": fetch it first. */
  readonly find: (name: string) => BucketRecord | "none" | "unknown";
  /** Error: a sentence of why it cannot be read or used. */
  readonly fetch: (name: string) => Promise<Result<undefined, string>>;
  readonly close: () => Promise<void>;
};

/** Undefined: the configuration keeps nothing. Nothing is written, whatever is there. */
export function openKeptRecords(config: Config): KeptRecords | undefined {
  if (config.state === undefined) return undefined;
  const compile = recordReader(config);
  const records = new Map<string, BucketRecord | "none">();
  const state = openStateReader(config.state, config.upstream);
  return {
    find: (name) => records.get(name) ?? "unknown",
    fetch: async (name) => {
      const stored = await state.read(name);
      if (!stored.ok) return err(`Cannot read the state: ${stored.error}`);
      const record = stored.value === undefined ? undefined : compile(name, stored.value.record);
      if (record?.ok === false) return err(`Cannot use the record of "${name}": ${record.error}`);
      records.set(name, record?.value ?? "none");
      return ok(undefined);
    },
    close: () => state.close(),
  };
}
