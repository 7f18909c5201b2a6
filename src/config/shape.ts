/** Building blocks of the two schemas: a string with a language of its own, a range, a limit. */
import { z } from "zod";
import { err, type Result } from "../lib/result.ts";
import type { Complaint } from "./surroundings.ts";
import { parseDuration, parseSize } from "./scalars.ts";

/**
 * Makes a schema of a reader of text. Its error becomes a custom issue, with the remedy, if it
 * knows one, as a parameter.
 */
export function text<T>(read: (text: string) => Result<T, string | Complaint>) {
  return z.string().transform((written, context): T => {
    const value = read(written);
    if (value.ok) return value.value;
    const { error } = value;
    const { message, remedy } = typeof error === "string" ? { message: error, remedy: "" } : error;
    context.issues.push({ code: "custom", message, input: written, params: { remedy } });
    return z.NEVER;
  });
}

/**
 * A list that may be left out. All that leave one out have the same empty list: of a hundred
 * thousand users most have no groups, networks or policies of their own.
 */
export function optionalList<Item extends z.ZodType>(item: Item) {
  return z.array(item).default(() => NOTHING);
}

const NOTHING: never[] = [];
Object.freeze(NOTHING);

/** Accepts any text but an empty one. */
export function someText() {
  return z.string().min(1);
}

/** A duration from `least` to `most`, both written as in the file; in milliseconds. */
export function duration(least: string, most: string) {
  return text(within(parseDuration, least, most));
}

/** A size from `least` to `most`, both written as in the file; in bytes. */
export function size(least: string, most: string) {
  return text(within(parseSize, least, most));
}

/** Accepts a number of things: at least one. */
export function atLeastOne() {
  return z.int().min(1).max(1_000_000);
}

function within(
  read: (text: string) => Result<number, string>,
  least: string,
  most: string,
): (text: string) => Result<number, string> {
  const min = valueOf(read(least));
  const max = valueOf(read(most));
  return (written) => {
    const value = read(written);
    if (!value.ok || (value.value >= min && value.value <= max)) return value;
    return err(`Expected ${least} to ${most}`);
  };
}

function valueOf(bound: Result<number, string>): number {
  if (bound.ok) return bound.value;
  throw new Error(`The schema has a wrong bound: ${bound.error}`);
}
