/** Makes a disagreement small: whatever can be left out of it, is. */

/** A world, and what is asked in it: plain data. */
export type Case = { readonly world: { readonly model: unknown } };

/** The answers of both sides to a case that they decide differently. */
export type Said<T extends Case> = (one: T) => string | Promise<string>;

/** The smallest case to which both sides say the same as to the one found, as text. */
export async function disagreement<T extends Case>(found: T, saidOf: Said<T>): Promise<string> {
  const said = await saidOf(found);
  const { world, ...asked } = await shrunk(found, async (one) => (await saidOf(one)) === said);
  const { model: _, ...written } = world;
  return `${said}\nworld: ${JSON.stringify(written)}\nasked: ${JSON.stringify(asked)}`;
}

type Fails<T> = (smaller: T) => Promise<boolean>;

/** The smallest case found by leaving out one part at a time; `fails` must hold of what is given. */
async function shrunk<T extends Case>(found: T, fails: Fails<T>): Promise<T> {
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
async function holds<T>(smaller: T, fails: Fails<T>): Promise<boolean> {
  try {
    return await fails(smaller);
  } catch {
    return false;
  }
}

/** The model is not the configuration's: it stays. */
function* smallerCases<T extends Case>(found: T): Generator<T> {
  const { model } = found.world;
  for (const smaller of smallerParts({ ...found, world: { ...found.world, model: undefined } }))
    yield { ...smaller, world: { ...smaller.world, model } };
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
