import type { Problem } from "../lib/problem.ts";
import { compileActions } from "../policy/actions.ts";
import type { Provider } from "../provider/provider.ts";
import { compileTier, type Tier } from "../provider/tier.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt, quoted } from "./placed.ts";

const OWN = /^policy\.tiers\.([A-Za-z0-9_-]+)$/;

/**
 * Reads the provider's tiers, and above them the operator's own of `gateway`. Problems: names of
 * operations if the provider has no such permissions. An invalid action is the schema's to complain
 * of, and left out here.
 */
export function readTiers(
  gateway: ConfigDocument,
  provider: Provider,
  problems: Problem[],
): ReadonlyMap<string, Tier> {
  const tiers = new Map(provider.tiers);
  const { operationNames } = provider.switches;
  for (const path of gateway.nodes.keys()) {
    const name = OWN.exec(path)?.[1];
    if (name === undefined) continue;
    const patterns = readPatterns(gateway, path, operationNames, problems);
    const tier = compileTier({ name, kind: "access", patterns, operationNames });
    if (!tier.ok) throw new Error(`A checked tier has good patterns: ${tier.error.message}`);
    tiers.set(name, tier.value);
  }
  return tiers;
}

function readPatterns(
  gateway: ConfigDocument,
  path: string,
  operationNames: boolean,
  problems: Problem[],
): readonly string[] {
  const patterns: string[] = [];
  for (let i = 0; ; i++) {
    const item = `${path}[${i}]`;
    const node = gateway.nodes.get(item);
    if (node === undefined) return patterns;
    const text = String(node.value);
    const set = compileActions([text]);
    if (!set.ok) continue;
    if (operationNames || set.value.operations.size === 0) patterns.push(text);
    else {
      const message = `An operation's name is no permission here${quoted(item, node)}`;
      const remedy = "Name the action that the operation needs, such as s3:GetObject";
      problems.push(problemAt(gateway, item, { message, remedy }));
    }
  }
}
