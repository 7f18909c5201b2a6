/** Changes of bucket policies for the engine, with every record in `state`. */

import type { BucketRecord } from "../../src/admission/record.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { compileSnapshot, recordReader } from "../../src/config/compile.ts";
import type { Answer } from "./decide.ts";
import { answerOf, configOf, headOf, policyText } from "./engine.ts";
import type { Asked, World } from "./world.ts";

export type KeptEngine = {
  readonly snapshot: Snapshot;
  readonly records: ReadonlyMap<string, BucketRecord | undefined>;
};

export function keptEngine(world: World, names: readonly string[]): KeptEngine {
  const config = configOf({ ...world, buckets: [] }, "state: { directory: records }\n");
  const read = recordReader(config);
  const records = names.map((name) => {
    const bucket = world.buckets.find((one) => one.name === name);
    if (bucket === undefined) return [name, undefined] as const;
    const file = world.files[bucket.policy ?? ""];
    const policy = file && policyText(file, world.policy.provider === "qumulo");
    const shares = (bucket.shares ?? []).map((share) => ({ ...share, untilMs: undefined }));
    const record = read(name, { owner: bucket.account, policy, shares });
    if (!record.ok) throw new Error(record.error);
    return [name, record.value] as const;
  });
  const snapshot = { ...compileSnapshot(config, 1), elsewhere: { keys: false, records: true } };
  return { snapshot, records: new Map(records) };
}

/** What `admit` says of a change, in the reference's words. */
export function admittedChange(
  { snapshot, records }: KeptEngine,
  world: World,
  asked: Asked,
): Answer {
  const { policy } = asked;
  const body = policy === undefined ? "" : policyText(policy, world.policy.provider === "qumulo");
  return answerOf(snapshot, headOf(world, asked, body), asked, { records, revoked: [], body });
}
