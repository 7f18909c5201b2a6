/** The S3 model as @aws-sdk/client-s3 carries it. */

import * as sdk from "@aws-sdk/client-s3";

export type Command = new (input: Record<string, unknown>) => sdk.GetObjectCommand;

/**
 * Smithy's static schema of an operation has its input at 4; that of a structure has its members'
 * names, their schemas and how many of them (the first ones) are required at 4, 5 and 6.
 */
const INPUT = 4;
const MEMBER_NAMES = 4;
const MEMBER_SCHEMAS = 5;
const REQUIRED_COUNT = 6;

export const commands = Object.entries(sdk).flatMap(([name, value]) =>
  /^[A-Z].*Command$/.test(name) && isCommand(value) ? [{ name: name.slice(0, -7), value }] : [],
);

export const schemas: ReadonlyMap<string, unknown> = new Map(
  Object.entries(sdk).map(([name, value]) => [name.replace(/\$$/, ""), value]),
);

export type Member = {
  readonly name: string;
  readonly schema: unknown;
  readonly traits: object;
  readonly required: boolean;
};

/** The input of the operation `name`, member by member. */
export function membersOf(name: string): readonly Member[] {
  const input = resolve(at(schemas.get(name), INPUT));
  const names = at(input, MEMBER_NAMES);
  const required = Number(at(input, REQUIRED_COUNT) ?? 0);
  if (!Array.isArray(names)) return [];
  return names.map((memberName, i) => {
    const member = at(at(input, MEMBER_SCHEMAS), i);
    const traits = at(member, 1);
    return {
      name: String(memberName),
      schema: Array.isArray(member) ? resolve(member[0]) : resolve(member),
      traits: typeof traits === "object" && traits !== null ? traits : {},
      required: i < required,
    };
  });
}

export function at(value: unknown, place: number | string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, place) : undefined;
}

/** Schemas refer to each other through functions, since they may be circular. */
function resolve(schema: unknown): unknown {
  return typeof schema === "function" ? schema() : schema;
}

function isCommand(value: unknown): value is Command {
  return typeof value === "function";
}
