import type { Terminal } from "../../src/cli/terminal.ts";

/** The output of a command, and its result. */
export type Ran<Code> = { readonly code: Code; readonly out: string; readonly err: string };

/** Runs a command on a terminal that records its output. */
export async function ran<Code>(
  command: (terminal: Terminal) => Code | Promise<Code>,
): Promise<Ran<Code>> {
  let out = "";
  let err = "";
  const code = await command({
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
  });
  return { code, out, err };
}
