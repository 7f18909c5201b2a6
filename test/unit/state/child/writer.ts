/** Writes records of the directory in argv[2] until it is killed, and a dot for each: argv[3] says which round it is. */
import { openDirectory } from "../../../../src/state/directory.ts";

const [, , path = "", round = ""] = process.argv;
const store = openDirectory(path);
if (!store.ok) throw new Error(store.error);
for (let i = 0; ; i++) {
  const name = `bucket-${i % 20}`;
  const stored = await store.value.read(name);
  if (!stored.ok) throw new Error(stored.error);
  // Large enough that a write takes several steps of the disk.
  const record = { owner: "alice", policy: `${round}-${i} `.repeat(2_000), at: i, by: round };
  await store.value.write(name, record, stored.value?.revision);
  process.stdout.write(".");
}
