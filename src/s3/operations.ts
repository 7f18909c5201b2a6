import type { Action } from "./actions.ts";
import {
  LEVELS,
  METHODS,
  ROWS,
  type BodyKind,
  type Level,
  type Method,
  type Row,
  type RoutingHeader,
} from "./operation-table.ts";

export type OperationName = keyof typeof ROWS;

/** A parameter that must be there: `value` "" for a flag, undefined for any value but "". */
export type RequiredParameter = { readonly name: string; readonly value: string | undefined };

/** An operation, with everything that other code needs to know of it. */
export type Operation = {
  readonly name: OperationName;
  readonly method: Method;
  readonly level: Level;
  /** The required parameters, the routing one first; empty if none routes. */
  readonly required: readonly RequiredParameter[];
  readonly header: RoutingHeader | undefined;
  /** Every query parameter the operation takes, the required ones included. */
  readonly parameters: ReadonlySet<string>;
  readonly actions: readonly Action[];
  /** The actions where `versionId` is given. */
  readonly versionedActions: readonly Action[];
  readonly body: BodyKind;
};

/** Every operation, in the order of the table. */
export const OPERATION_LIST: readonly Operation[] = Object.freeze(
  Object.keys(ROWS).filter(isOperationName).map(fill),
);

const BY_NAME: ReadonlyMap<OperationName, Operation> = new Map(
  OPERATION_LIST.map((operation) => [operation.name, operation]),
);

/** The operation called `name`. */
export function operationNamed(name: OperationName): Operation {
  const operation = BY_NAME.get(name);
  if (operation === undefined) throw new Error(`Cannot find operation "${name}" in the table`);
  return operation;
}

/** Returns true if `name`, in exactly this spelling, is an operation's. */
export function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(ROWS, name);
}

/** The row called `name` with its defaults and its `on` taken apart. */
function fill(name: OperationName): Operation {
  const row: Row = ROWS[name];
  const [line = "", query = ""] = row.on.split("?");
  const [methodText, levelText] = line.split(" ");
  const method = METHODS.find((known) => known === methodText);
  const level = LEVELS.find((known) => known === levelText);
  if (method === undefined || level === undefined) throw new Error(`Cannot read row "${name}"`);
  const required = query === "" ? [] : query.split("&").map(requiredParameter);
  return Object.freeze({
    name,
    method,
    level,
    required,
    header: row.header,
    parameters: new Set([...required.map((parameter) => parameter.name), ...(row.query ?? [])]),
    actions: row.asks,
    versionedActions: row.versioned ?? row.asks,
    body: row.body ?? "none",
  });
}

function requiredParameter(text: string): RequiredParameter {
  const [name = "", value] = text.split("=");
  if (value === undefined) return { name, value: "" };
  return { name, value: value === "" ? undefined : value };
}
