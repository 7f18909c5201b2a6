import { loadConfig } from "../life/load.ts";
import { gainedBy, type Comparison } from "../prove/compare.ts";
import { unseenChanges } from "../prove/unseen.ts";
import { printProblems } from "./print-problems.ts";
import { sceneWith, type KnownScene } from "./known-scene.ts";
import { progressOn } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Tells what is allowed more than under the configuration of `oldFile`, and what less. Returns the exit
 * code: 1 if something is allowed that was not, or it is not decided.
 */
export function tellChanges(
  oldFile: string,
  { config, scene, kept }: KnownScene,
  isJson: boolean,
  terminal: Terminal,
): 0 | 1 | 2 {
  const { result } = loadConfig(oldFile, false);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 2;
  }
  const before = sceneWith(result.value, kept, scene.nowMs);
  if (!before.ok) {
    terminal.stderr(`Cannot read what is kept of buckets: ${before.error}\n`);
    return 2;
  }
  const old = before.value;
  const shown = progressOn(terminal);
  const seen = gainedBy(old, scene, (share) => shown.show(share / 2));
  const unseen = unseenChanges(result.value, config);
  const gained = { ...seen, notDecided: [...seen.notDecided, ...unseen] };
  const taken = gainedBy(scene, old, (share) => shown.show(0.5 + share / 2));
  shown.clear();
  terminal.stdout(
    isJson
      ? `${JSON.stringify({ gained, taken }, undefined, 2)}\n`
      : [
          ...comparisonText("New access", gained),
          "",
          ...comparisonText("Taken away", taken),
          "",
        ].join("\n"),
  );
  return gained.findings.length === 0 && gained.notDecided.length === 0 ? 0 : 1;
}

function comparisonText(title: string, { findings, notDecided }: Comparison): readonly string[] {
  const lines = findings.flatMap(({ who, actions, resource, only, example }) => [
    `  ${who.join(", ")}: ${actions.join(", ")} on ${resource}`,
    ...(only.length === 0 ? [] : [`    ${only.join("; ")}`]),
    ...(example === undefined ? [] : [`    for example ${example}`]),
  ]);
  const open = notDecided.map((why) => `  not decided: ${why}`);
  return lines.length + open.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines, ...open];
}
