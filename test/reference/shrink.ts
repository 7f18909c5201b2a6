/** Makes a disagreement small: whatever can be left out of it, is. */

import type { Asked, World } from "./world.ts";

export type Case = { readonly world: World; readonly asked: Asked };

/** What is said of a case that two sides decide differently. */
export type Said = (one: Case) => string | Promise<string>;

/** The smallest case of which the same is said, as text that can become a test of its own. */
export async function disagreement(found: Case, saidOf: Said): Promise<string> {
  const said = await saidOf(found);
  const { world, asked } = await shrunk(found, async (smaller) => (await saidOf(smaller)) === said);
  const { model: _, ...written } = world;
  return `${said}\nworld: ${JSON.stringify(written)}\nasked: ${JSON.stringify(asked)}`;
}

type Fails = (smaller: Case) => Promise<boolean>;

/** The smallest case found by leaving out one part at a time; `fails` must hold of what is given. */
async function shrunk(found: Case, fails: Fails): Promise<Case> {
  let best = found;
  let at = 0;
  // Each case tried is a configuration read anew.
  for (let tried = 0; tried < 600; tried += 1) {
    const smaller = nth(smallerCases(best), at);
    if (smaller === undefined) return best;
    // What stood before it could not be left out, and hardly can now.
    if (await holds(smaller, fails)) best = smaller;
    else at += 1;
  }
  return best;
}

function nth<T>(items: Iterable<T>, index: number): T | undefined {
  let at = 0;
  for (const item of items) if (at++ === index) return item;
  return undefined;
}

/** What is no configuration at all does not fail in the way that is meant. */
async function holds(smaller: Case, fails: Fails): Promise<boolean> {
  try {
    return await fails(smaller);
  } catch {
    return false;
  }
}

function* smallerCases({ world, asked }: Case): Generator<Case> {
  const { model, ...rest } = world;
  for (const smaller of smallerParts(rest)) yield { world: { model, ...smaller }, asked };
  for (const headers of smallerParts(asked.headers)) yield { world, asked: { ...asked, headers } };
  for (const query of smallerParts(asked.query)) yield { world, asked: { ...asked, query } };
  if (asked.form !== undefined) {
    for (const form of smallerParts(asked.form)) yield { world, asked: { ...asked, form } };
  }
  if (asked.entries !== undefined) {
    for (const entries of smallerParts(asked.entries))
      yield { world, asked: { ...asked, entries } };
  }
}

/** Everything that is left if one part, however deep, is left out. */
function* smallerParts<T>(whole: T): Generator<T> {
  if (typeof whole !== "object" || whole === null) return;
  for (const name of Object.keys(whole)) {
    const without = structuredClone(whole);
    if (Array.isArray(without)) without.splice(Number(name), 1);
    else Reflect.deleteProperty(without, name);
    yield without;
  }
  for (const [name, part] of Object.entries(whole)) {
    for (const smaller of smallerParts(part)) {
      const changed = structuredClone(whole);
      Reflect.set(changed, name, smaller);
      yield changed;
    }
  }
}
