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

/** Each of these stores increments in `lines` at once, `each` times one after the other. */
export async function race(
  stores: readonly StateStore[],
  name: string,
  lines: number,
  each = 1,
): Promise<void> {
  const all = Array.from({ length: lines }, () => stores).flat();
  await Promise.all(
    all.map(async (store) => {
      for (let i = 0; i < each; i++) await increment(store, name);
    }),
  );
}
