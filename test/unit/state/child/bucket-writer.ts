/** Writes records of a state bucket until it is killed: argv has the options as JSON, the round. */
import { openStateBucket } from "../../../../src/state/bucket.ts";

const [, , options = "", round = ""] = process.argv;
const store = await openStateBucket(JSON.parse(options));
if (!store.ok) throw new Error(store.error);
process.stdout.write("ready\n");
for (let i = 0; ; i++) {
  const name = `killed-${i % 5}`;
  const stored = await store.value.read(name);
  if (!stored.ok) throw new Error(stored.error);
  const record = { owner: "alice", policy: `${round}-${i} `.repeat(2_000), at: i, by: round };
  await store.value.write(name, record, stored.value?.revision);
}
