import type { StateStore } from "../../../src/state/state-store.ts";

/** Adds one to the number in `by` of the record, as often as it takes to be the one who wrote. */
export async function increment(store: StateStore, name: string): Promise<void> {
  for (;;) {
    const stored = await store.read(name);
    if (!stored.ok) throw new Error(stored.error);
    const by = `${Number(stored.value?.record.by ?? 0) + 1}`;
    const record = { owner: "alice", policy: undefined, at: 1, by };
    const written = await store.write(name, record, stored.value?.revision);
    if (!written.ok) throw new Error(written.error);
    if (written.value === "written") return;
  }
}

/** `count` increments by each of these stores, all at once. */
export async function race(
  stores: readonly StateStore[],
  name: string,
  count: number,
): Promise<void> {
  const turns = Array.from({ length: count }, () => stores).flat();
  await Promise.all(turns.map(async (store) => increment(store, name)));
}
