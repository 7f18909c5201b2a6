import { looksUpKeys, usersElsewhere } from "../config/elsewhere.ts";
import { deadParts } from "../prove/dead.ts";
import { partsOf } from "../prove/config-parts.ts";
import { count } from "../lib/words.ts";
import { sceneWith, type KnownScene } from "./known-scene.ts";
import { progressOn } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Tells what can be taken out of the configuration and changes no decision. Returns the exit code: 1 if
 * there is such a part, or it is not decided.
 */
export function tellDead(
  { config, scene, kept }: KnownScene,
  isJson: boolean,
  terminal: Terminal,
): 0 | 1 {
  const parts = partsOf(config);
  const shown = progressOn(terminal);
  const found = deadParts(
    scene,
    parts,
    (next) => {
      const without = sceneWith(next, kept, scene.nowMs);
      // The whole configuration reads the same records, and no part of it is needed for that.
      if (!without.ok) throw new Error(without.error);
      return without.value;
    },
    shown.show,
  );
  shown.clear();
  const told = found.map(({ kind, part }) => ({ answer: kind, kind: part.kind, name: part.name }));
  if (isJson) terminal.stdout(`${JSON.stringify(told, undefined, 2)}\n`);
  else {
    const lines = told.map(({ answer, kind, name }) => `${answer.padEnd(12)}${kind} ${name}`);
    const answers = ["dead", "not decided"] as const;
    const numbers = answers.flatMap((answer) => {
      const number = told.filter((one) => one.answer === answer).length;
      return number === 0 ? [] : [`${number} ${answer}`];
    });
    const result = numbers.length === 0 ? "none is dead" : numbers.join(", ");
    const summary = `${count(parts.length, "part")}: ${result}`;
    terminal.stdout([...lines, summary, ...notSaid(config), ""].join("\n"));
  }
  return found.length === 0 ? 0 : 1;
}

function notSaid(config: KnownScene["config"]): readonly string[] {
  const who = [
    ...(looksUpKeys(config) ? [usersElsewhere(config)] : []),
    ...(config.accounts.some(({ roles }) => roles.length > 0) ? ["sessions of roles"] : []),
  ];
  return who.length === 0 ? [] : [`Not looked at: requests of ${who.join(" and ")}`];
}
