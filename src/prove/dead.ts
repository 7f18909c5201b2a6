import type { Config } from "../config/config.ts";
import { differs } from "./compare.ts";
import type { ConfigPart } from "./config-parts.ts";
import type { Scene } from "./scene.ts";

/** The result for a part of a configuration: it can be taken away, or that is not known. */
export type Deadness = {
  readonly part: ConfigPart;
  readonly kind: "dead" | "not decided";
};

/**
 * The parts without which the same requests pass, of all that people send who have a key in the
 * configuration or none at all. `sceneFor`: of a configuration without one of them, with the same
 * records and the same time.
 */
export function deadParts(
  scene: Scene,
  parts: readonly ConfigPart[],
  sceneFor: (config: Config) => Scene,
  progress: (share: number) => void,
): readonly Deadness[] {
  return parts.flatMap((part, i) => {
    progress(i / parts.length);
    const answer = differs(scene, sceneFor(part.without()));
    if (answer === true) return [];
    return [{ part, kind: answer === false ? ("dead" as const) : ("not decided" as const) }];
  });
}
