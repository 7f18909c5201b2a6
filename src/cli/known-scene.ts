import { compileSnapshot } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import { ok, type Result } from "../lib/result.ts";
import { sceneOf, type Scene } from "../prove/scene.ts";
import { readAllKept, recordsUnder, type AllKept } from "./kept-records.ts";

/** A configuration, and what is known of buckets. */
export type KnownScene = {
  readonly config: Config;
  readonly scene: Scene;
  /** The content of the state; `undefined` if it was not read. */
  readonly kept: AllKept | undefined;
};

/** `config` now; `readsState`: with all that the state keeps. Error: a sentence of why not. */
export async function knownWith(
  config: Config,
  readsState: boolean,
): Promise<Result<KnownScene, string>> {
  const kept = readsState ? await readAllKept(config) : ok(undefined);
  if (!kept.ok) return kept;
  const scene = sceneWith(config, kept.value, Date.now());
  return scene.ok ? ok({ config, scene: scene.value, kept: kept.value }) : scene;
}

/** The scene of `config` with what was read of the state before. */
export function sceneWith(
  config: Config,
  kept: AllKept | undefined,
  nowMs: number,
): Result<Scene, string> {
  const records = kept === undefined ? ok(undefined) : recordsUnder(config, kept);
  return records.ok ? ok(sceneOf(compileSnapshot(config, 1), records.value, nowMs)) : records;
}
