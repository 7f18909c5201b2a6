import type { ActionPattern } from "../admission/principal.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { compileActions, KNOWN_ACTIONS } from "../policy/actions.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { actionPattern, BLOCKABLE_NAMES } from "../s3/action-names.ts";
import { NEVER_SENT } from "../s3/store-operations.ts";
import { isOperationName, OPERATION_LIST, type OperationName } from "../s3/operations.ts";
import type { Complaint } from "./surroundings.ts";

/**
 * Reads an entry of `blockedActions` or `unsupported`: an action, an operation or another system's
 * name for one, with wildcards. An entry that nothing answers to is refused, since its author
 * believes that something is blocked.
 */
export function parseBlockedAction(text: string): Result<ActionPattern, Complaint> {
  const matches = actionPattern(text);
  if (matches.ok) return ok({ text, matches: matches.value });
  return err(unknownAction(text, BLOCKABLE_NAMES));
}

/**
 * An entry of a tier. Narrower than a blocked one: whether names of operations are permissions is
 * the provider's to say, and judged with it.
 */
export function parseTierAction(text: string): Result<string, Complaint> {
  return compileActions([text]).ok ? ok(text) : err(unknownAction(text, KNOWN_ACTIONS));
}

/** The name of an operation of the S3 API, such as `GetObjectAttributes`. */
export function parseOperation(text: string): Result<OperationName, Complaint> {
  if (isOperationName(text)) return NEVER_SENT.has(text) ? err(SENT_TO_NOBODY) : ok(text);
  const names = OPERATION_LIST.map(({ name }) => name);
  const remedy = "Name an operation of the S3 API such as GetObjectAttributes";
  return err({ message: "Unknown operation", remedy: didYouMean(text, names, remedy) });
}

function unknownAction(text: string, names: Iterable<string>): Complaint {
  const remedy = "Name an S3 action such as s3:GetObject; * and ? are wildcards";
  return { message: "Unknown action", remedy: didYouMean(text, names, remedy) };
}

const SENT_TO_NOBODY: Complaint = {
  message: "The operation is never sent to a store",
  remedy:
    "Remove it: CreateSession hands out a credential of the store, and WriteGetObjectResponse needs a host name that no gateway has",
};
