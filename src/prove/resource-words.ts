import type { Key } from "../admission/principal.ts";
import { globOf, matchesGlob, type GlobPart } from "../lib/glob.ts";
import type { Statement } from "../policy/policy.ts";
import type { ResourcePlace } from "./circumstances.ts";
import { dimensionsOf } from "./dimensions.ts";
import type { Scene } from "./scene.ts";
import type { Spot } from "./search.ts";
import type { Way } from "./ways.ts";
import { keysSuchAs } from "./words.ts";

/** Returns the resources of some classes, by the patterns of policies if these say it. */
export function resourceWords(
  { scene, key }: { readonly scene: Scene; readonly key: Key | undefined },
  { named, places }: Spot & { readonly places: readonly ResourcePlace[] },
  at: readonly number[],
  statements: readonly Statement[],
  way: Way,
): string {
  if (way.level === "service") return "the list of buckets";
  const whole =
    named === undefined
      ? `buckets of which nothing is known`
      : `arn:aws:s3::${named.home}:${named.name}${way.level === "bucket" ? "" : "/*"}`;
  if (at.length === places.length) return whole;
  const { resources } = dimensionsOf(scene.snapshot, key, statements, [way.operation]);
  const chosen = new Set(at);
  const left = new Set(at);
  const patterns: string[] = [];
  for (const parts of resources) {
    const glob = globOf(parts);
    const matched = places.flatMap((place, i) => (matchesGlob(glob, textOf(place)) ? [i] : []));
    if (matched.length === 0 || !matched.every((one) => chosen.has(one))) continue;
    if (!matched.some((one) => left.has(one))) continue;
    for (const one of matched) left.delete(one);
    patterns.push(`arn:aws:s3:::${written(parts)}`);
  }
  if (left.size > 0) {
    const examples = [...left].flatMap((one) => places[one] ?? []).map(textOf);
    patterns.push(`${whole}, ${keysSuchAs(examples)}`);
  }
  return patterns.join(" and ");
}

function textOf({ bucket, objectKey }: ResourcePlace): string {
  const name = bucket?.name ?? "";
  return objectKey === undefined ? name : `${name}/${objectKey}`;
}

function written(parts: readonly GlobPart[]): string {
  return parts
    .map((part) => (part.kind === "text" ? part.text : part.kind === "many" ? "*" : "?"))
    .join("");
}
