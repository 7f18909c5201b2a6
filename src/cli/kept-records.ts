import { keepsRecordsIn, recordReader } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import type { ReadRecord } from "../explain/answers.ts";
import { err, ok } from "../lib/result.ts";

/**
 * Opens the gateway's records of buckets to be read and never changed; `undefined` if it keeps
 * none.
 */
export async function openKeptRecords(
  config: Config,
): Promise<{ readonly read: ReadRecord; readonly close: () => Promise<void> } | undefined> {
  if (config.state === undefined || !keepsRecordsIn(config)) return undefined;
  // Loaded only here: with it comes the client that asks stores, which most questions do not need.
  const { openStateReader } = await import("../state/open.ts");
  const { isInForce } = await import("../state/record.ts");
  const compile = recordReader(config);
  const state = openStateReader(config.state, config.upstream);
  const read: ReadRecord = async (id) => {
    const stored = await state.read(id);
    if (!stored.ok) return err(`Cannot read the state: ${stored.error}`);
    if (stored.value === undefined || !isInForce(stored.value.record)) return ok(undefined);
    const record = compile(id, stored.value.record);
    return record.ok ? record : err(`Cannot use the record of "${id}": ${record.error}`);
  };
  return { read, close: () => state.close() };
}
