/** The classes that pass of each dimension of a request, by number, whatever the others say. */
export type Alternative = readonly (readonly number[])[];

/**
 * Returns `cells`, each with the number of its class in every dimension, as the fewest alternatives
 * that this order of dimensions allows: together they are exactly the cells.
 */
export function alternativesOf(cells: readonly (readonly number[])[]): readonly Alternative[] {
  const [first] = cells;
  if (first === undefined) return [];
  const reach = first.map((_, i) => [...new Set(cells.map((cell) => cell[i] ?? 0))]);
  if (reach.reduce((product, { length }) => product * length, 1) === cells.length) return [reach];
  const rests = new Map<
    string,
    { readonly heads: number[]; readonly rest: (readonly number[])[] }
  >();
  for (const head of reach[0] ?? []) {
    const rest = cells.filter((cell) => cell[0] === head).map((cell) => cell.slice(1));
    const id = rest.map((cell) => cell.join(" ")).join(",");
    const same = rests.get(id);
    if (same === undefined) rests.set(id, { heads: [head], rest });
    else same.heads.push(head);
  }
  return [...rests.values()].flatMap(({ heads, rest }) =>
    alternativesOf(rest).map((alternative) => [heads, ...alternative]),
  );
}
