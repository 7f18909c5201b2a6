/** A mistake in a file that an operator or a user wrote, described so that they can correct it. */
export type Problem = {
  /** The file as its user named it. */
  readonly file: string;
  /** The line, counted from 1; `undefined` if the problem is about the whole file. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** The place in the document, such as `policy.networks.allow[0]`. */
  readonly path: string;
  /** The mistake: "Cannot read …: got …", no final period. */
  readonly message: string;
  /** The correction; empty if the message says it all. */
  readonly remedy: string;
};

/** `file:line:column: path`, as editors and compilers write it. */
export function placeOf({ file, line, column, path }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return path === "" ? place : `${place}: ${path}`;
}

/** Sorts problems by file, then by line and column. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
  });
}
