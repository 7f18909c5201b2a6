import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Policy } from "../policy/policy.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import type { Provider } from "../provider/provider.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt } from "./placed.ts";
import { pathOf, pattern, select } from "./select.ts";
import { besides, unreadable, type Complaint, type Surroundings } from "./surroundings.ts";

const FILES = [
  pattern("accounts[*].policies[*]"),
  pattern("accounts[*].subusers[*].policies[*]"),
  pattern("accounts[*].roles[*].policies[*]"),
];

/**
 * The identity policies that an accounts file names, by the path of the name (such as
 * `accounts[0].policies[1]`), or every problem in them with its place in the policy's own file.
 */
export function readPolicies(
  document: ConfigDocument,
  provider: Provider,
  surroundings: Surroundings,
): Result<ReadonlyMap<string, Policy>, readonly Problem[]> {
  const policies = new Map<string, Policy>();
  const problems: Problem[] = [];
  const actionSets = new Map();
  const read = new Map<string, Policy>();
  for (const placed of select(document, ...FILES)) {
    const { value } = placed;
    const path = pathOf(placed);
    const source = policySourceOf(document, path, value, surroundings);
    if (source === undefined) continue;
    const known = source.ok ? read.get(source.value.file) : undefined;
    if (known !== undefined) {
      policies.set(path, known);
      continue;
    }
    const policy = source.ok
      ? parseProviderPolicy(provider, source.value.text, source.value.file, "identity", {
          actionSets,
        })
      : err([problemAt(document, path, source.error)]);
    if (policy.ok) {
      policies.set(path, policy.value);
      // Several stand in an accounts file; any other file is one policy.
      if (policy.value.file !== document.file) read.set(policy.value.file, policy.value);
    } else problems.push(...policy.error);
  }
  return problems.length > 0 ? err(problems) : ok(policies);
}

type Source = { readonly text: string; readonly file: string };

/** Returns the text of a policy that is named, or that stands here; `undefined` if neither is. */
export function policySourceOf(
  document: ConfigDocument,
  path: string,
  value: unknown,
  surroundings: Surroundings,
): Result<Source, Complaint> | undefined {
  if (typeof value === "string" && !value.trimStart().startsWith("{")) {
    const file = besides(document.file, value);
    const text = surroundings.read(file);
    return text.ok ? ok({ text: text.value, file }) : err(unreadable(file, text.error));
  }
  const text =
    typeof value === "string"
      ? `{${linesAbove(document, path)}${value.trimStart().slice(1)}`
      : inlineText(document, path, value);
  return text === undefined ? undefined : ok({ text, file: document.file });
}

/** Returns a policy as JSON, each statement on the line of the file on which it stands. */
function inlineText(document: ConfigDocument, path: string, value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  let text = "{";
  let line = 1;
  const goTo = (wanted: number): void => {
    text += "\n".repeat(Math.max(0, wanted - line));
    line = Math.max(line, wanted);
  };
  goTo(lineOf(document, path));
  for (const [i, [name, member]] of Object.entries(value).entries()) {
    text += `${i === 0 ? "" : ","}${JSON.stringify(name)}:`;
    if (name !== "Statement" || !Array.isArray(member)) {
      text += JSON.stringify(member);
      continue;
    }
    text += "[";
    for (const [j, statement] of member.entries()) {
      if (j > 0) text += ",";
      goTo(lineOf(document, `${path}.Statement[${j}]`));
      text += JSON.stringify(statement);
    }
    text += "]";
  }
  return `${text}}`;
}

/** Returns line breaks for after the first brace, so that the text keeps its place in the file. */
export function linesAbove(document: ConfigDocument, path: string): string {
  return "\n".repeat(lineOf(document, path) - 1);
}

function lineOf({ nodes }: ConfigDocument, path: string): number {
  return nodes.get(path)?.at.line ?? 1;
}
