import { ok } from "../../src/lib/result.ts";
import type { StateStore, Stored } from "../../src/state/state-store.ts";

/** Returns records in memory, which any number of gateways may share. */
export function memoryState(): StateStore & { readonly stored: ReadonlyMap<string, Stored> } {
  const stored = new Map<string, Stored>();
  let revisions = 0;
  const isNow = (name: string, expected: string | undefined): boolean =>
    stored.get(name)?.revision === expected;
  return {
    stored,
    read: (name) => Promise.resolve(ok(stored.get(name))),
    write: async (name, record, expected) => {
      if (!isNow(name, expected)) return ok("conflict");
      stored.set(name, { record, revision: String(++revisions) });
      return ok("written");
    },
    remove: async (name, expected) => {
      if (!isNow(name, expected)) return ok("conflict");
      stored.delete(name);
      return ok("written");
    },
    close: () => Promise.resolve(),
  };
}
