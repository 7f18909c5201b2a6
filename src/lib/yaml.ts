import { LineCounter, parseDocument, type Document } from "yaml";
import { err, ok, type Result } from "./result.ts";

/** A YAML file as its parser understands it. */
export type YamlFile = { readonly document: Document.Parsed; readonly lines: LineCounter };

/** 1-based. */
export type Position = { readonly line: number; readonly column: number };

/** `message` is the parser's, and may quote the file. */
export type YamlFault = { readonly at: Position; readonly message: string };

/**
 * Reads YAML 1.2 (so JSON too) of the core schema. Text that two readers could understand
 * differently is a fault: repeated keys, several documents, anything that the parser warns of.
 */
export function parseYaml(text: string): Result<YamlFile, readonly YamlFault[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: "core",
    version: "1.2",
    merge: false,
  });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length === 0) return ok({ document, lines });
  return err(faults.map(({ message, pos }) => ({ at: positionOf(lines, pos[0]), message })));
}

/** Returns the position of the character at `offset`. */
export function positionOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}
