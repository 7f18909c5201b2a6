import type { Problem } from "../lib/problem.ts";
import { type JsonNode, readJson } from "../lib/json.ts";
import type { PolicyKind } from "../policy/policy.ts";
import { complain, isFull, fieldPath, type Report } from "../policy/report.ts";
import { actionFault, hasConditionKey, type PolicyDialect } from "./dialect.ts";
import { type ArnGrammar, checkPrincipal, type PrincipalGrammar } from "./principals.ts";

/**
 * Reports the parts of a policy that AWS would take but the provider refuses: statement fields,
 * actions, condition keys and principals that the provider's document does not have. Malformed
 * parts are skipped, since parsePolicy() complains of them. `report`: a new one of the policy's
 * text; `root`: the document in it, `undefined` if that has not been read.
 */
export function restrictions(
  dialect: PolicyDialect,
  grammar: PrincipalGrammar,
  report: Report,
  root: JsonNode | undefined,
  kind: PolicyKind,
): readonly Problem[] {
  const document = root ?? documentOf(report);
  const list = document && member(document, "Statement");
  if (list === undefined) return [];
  const statements = list.kind === "array" ? list.items : [list];
  for (const [index, node] of statements.entries()) {
    if (isFull(report)) break;
    const path = list.kind === "array" ? `Statement[${index}]` : "Statement";
    const source = { report, dialect, node, path };
    restrictFields(source);
    restrictSid(source);
    restrictActions(source);
    restrictConditions(source);
    if (kind === "bucket" && grammar.kind === "arn") restrictPrincipals(source, grammar);
  }
  return report.problems;
}

/** Returns the document of a text; also of one that is too long to be a policy. */
function documentOf({ text }: Report): JsonNode | undefined {
  const document = readJson(text, DEPTH_MAX);
  return document.ok ? document.value.root : undefined;
}

/** The depth to which parsePolicy() goes. */
const DEPTH_MAX = 10;

/** A statement and its context. */
type Source = {
  readonly report: Report;
  readonly dialect: PolicyDialect;
  readonly node: JsonNode;
  readonly path: string;
};

function restrictFields({ report, dialect: { fields }, node, path }: Source): void {
  if (fields === undefined || node.kind !== "object") return;
  for (const { name, at } of node.members) {
    if (fields.includes(name) || !AWS_ONLY.has(name)) continue;
    const message = `Invalid policy syntax: the provider does not support ${name}`;
    complain(report, at, fieldPath(path, name), message, `Supported are ${fields.join(", ")}`);
  }
}

/** Fields that a provider may lack; of any other parsePolicy() complains. */
const AWS_ONLY: ReadonlySet<string> = new Set([
  "NotPrincipal",
  "NotAction",
  "NotResource",
  "Condition",
]);

function restrictSid({ report, dialect, node, path }: Source): void {
  const sid = member(node, "Sid");
  if (dialect.sids === "any" || sid?.kind !== "string" || ALPHANUMERIC.test(sid.text)) return;
  const message = `Invalid policy syntax: a Sid has letters and digits only, got "${sid.text}"`;
  complain(report, sid.at, fieldPath(path, "Sid"), message, "Leave out all other characters");
}

const ALPHANUMERIC = /^[A-Za-z0-9]*$/;

function restrictActions({ report, dialect, node, path }: Source): void {
  const denies = isDeny(member(node, "Effect"));
  for (const name of ["Action", "NotAction"]) {
    for (const { text, at, itemPath } of textsOf(member(node, name), fieldPath(path, name))) {
      const fault = actionFault(dialect, text, denies || name === "NotAction");
      if (fault !== undefined) complain(report, at, itemPath, fault.message, fault.remedy);
    }
  }
}

function isDeny(effect: JsonNode | undefined): boolean {
  return effect?.kind === "string" && effect.text === "Deny";
}

function restrictConditions({ report, dialect, node, path }: Source): void {
  for (const operator of membersOf(member(node, "Condition"))) {
    for (const { name, at } of membersOf(operator.value)) {
      if (hasConditionKey(dialect, name)) continue;
      const message = `Policy has an invalid condition key: the provider does not support "${name}"`;
      const remedy = `Supported are ${dialect.conditionKeys?.join(", ") ?? ""}`;
      complain(report, at, `${path}.Condition.${operator.name}.${name}`, message, remedy);
    }
  }
}

function restrictPrincipals({ report, node, path }: Source, grammar: ArnGrammar): void {
  for (const name of ["Principal", "NotPrincipal"]) {
    for (const field of membersOf(member(node, name))) {
      const ofField = fieldPath(fieldPath(path, name), field.name);
      for (const { text, at, itemPath } of textsOf(field.value, ofField)) {
        const fits = checkPrincipal(grammar, field.name, text);
        if (fits.ok) continue;
        const message = `Invalid principal in policy: got "${text}"`;
        complain(report, at, itemPath, message, fits.error);
      }
    }
  }
}

function membersOf(node: JsonNode | undefined): readonly {
  readonly name: string;
  readonly at: number;
  readonly value: JsonNode;
}[] {
  return node?.kind === "object" ? node.members : [];
}

function member(node: JsonNode, name: string): JsonNode | undefined {
  return membersOf(node).find((each) => each.name === name)?.value;
}

type Text = { readonly text: string; readonly at: number; readonly itemPath: string };

function textsOf(node: JsonNode | undefined, path: string): readonly Text[] {
  if (node?.kind === "string") return [{ text: node.text, at: node.at, itemPath: path }];
  if (node?.kind !== "array") return [];
  return node.items.flatMap((item, i) => textsOf(item, `${path}[${i}]`));
}
