import { networksOf, type AddressClass } from "./address-classes.ts";
import { KEY_OF_PLACE, type TextPlace } from "./dimensions.ts";

const SHOWN_MAX = 3;

/** Returns some of the keys, as examples. */
export function keysSuchAs(keys: readonly string[]): string {
  const shown = keys.slice(0, SHOWN_MAX).map((key) => JSON.stringify(key));
  return `keys such as ${shown.join(", ")}`;
}

/** Returns the addresses inside or outside of which it holds, whichever text is shorter. */
export function addressWords(classes: readonly AddressClass[], at: readonly number[]): string {
  const inside = networksOf(classes.filter((_, i) => at.includes(i)));
  const outside = networksOf(classes.filter((_, i) => !at.includes(i)));
  return inside.length <= outside.length
    ? `only from ${inside.join(", ")}`
    : `only from outside ${outside.join(", ")}`;
}

/** Returns the start and end of each run of the times at `at`. */
export function spans(times: readonly number[], at: readonly number[]): string {
  const texts: string[] = [];
  for (const place of at) {
    if (at.includes(place - 1)) continue;
    let end = place;
    while (at.includes(end + 1)) end += 1;
    const from = place === 0 ? "" : `from ${instant(times[place] ?? 0)}`;
    const next = times[end + 1];
    const until = next === undefined ? "" : `until ${instant(next)}`;
    texts.push([from, until].filter((text) => text !== "").join(" "));
  }
  return texts.join(" or ");
}

function instant(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** Returns the text that the client must write there; `undefined` if it must write none. */
export function textWords(place: TextPlace, values: readonly (string | undefined)[]): string {
  const said = values.map((value) => (value === undefined ? "absent" : JSON.stringify(value)));
  return `only with ${KEY_OF_PLACE[place]} ${said.slice(0, SHOWN_MAX).join(" or such as ")}`;
}
