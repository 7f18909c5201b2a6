/** A table of figures: the same for a terminal and for a page. */
export type Table = {
  readonly title: string;
  /** The first column is text, the others are figures. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

/** Returns lines for a terminal. */
export function textLines({ title, head, rows }: Table): readonly string[] {
  const all = [
    [title, ...head.slice(1)],
    ...rows.map(([first = "", ...rest]) => [`  ${first}`, ...rest]),
  ];
  const widths = widthsOf(all);
  return all.map((cells) =>
    cells
      .map((cell, i) => padded(cell, i, widths))
      .join("  ")
      .trimEnd(),
  );
}

/** Returns lines of Markdown, aligned as the formatter aligns them. */
export function markdownLines({ head, rows }: Table): readonly string[] {
  const widths = widthsOf([head, ...rows]).map((width) => Math.max(width, 3));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => padded(cell, i, widths)).join(" | ")} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)];
}

function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  const columns = rows[0] ?? [];
  return columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
}

function padded(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
