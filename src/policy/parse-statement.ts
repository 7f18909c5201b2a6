import { type ActionSet, compileActions, levelOf } from "./actions.ts";
import type { Effect } from "./condition.ts";
import { exact } from "../lib/exact.ts";
import type { JsonNode } from "../lib/json.ts";
import { parseConditions } from "./parse-condition.ts";
import type { Statement } from "./policy.ts";
import { parseAwsPrincipal, parseCanonicalUser, type Principals } from "./principals.ts";
import { complain, fieldsOf, itemsOf, fieldPath, type Report } from "./report.ts";
import { mayApply, parseResource, type ResourceRules } from "./resource.ts";
import { templateOf, type Template } from "./template.ts";
import {
  allowsTokens,
  compileTrustActions,
  EVERY_KEY,
  federatedName,
  issuerNamed,
  type TrustRules,
} from "./trust-rules.ts";

export type StatementRules = ResourceRules & {
  /** True if an Allow may name operations instead of actions. */
  readonly operationNames: boolean;
  /** True if an Allow may have NotPrincipal. */
  readonly notPrincipalAllow: boolean;
  readonly actionSets: ActionSets;
  /** The issuers and claims that the Federated principals of a trust policy may name. */
  readonly trust: TrustRules | undefined;
};

/**
 * The earlier results of compiling action patterns, by their texts. A policy may say `s3:*`
 * thousands of times, and each time that is every action there is.
 */
export type ActionSets = Map<string, ReturnType<typeof compileActions>>;

/**
 * Reads one statement (S3-AUTHORIZATION section 3.1). Undefined if it is not good; every reason is
 * in the report then. `index`: its place among its policy's statements, from 0.
 */
export function parseStatement(
  report: Report,
  node: JsonNode,
  path: string,
  index: number,
  rules: StatementRules,
): Statement | undefined {
  const before = report.problems.length;
  const isTrust = rules.kind === "trust";
  const fields = fieldsOf(report, node, path, isTrust ? TRUST_FIELDS : STATEMENT_FIELDS);
  if (fields === undefined) return undefined;
  const source: Source = { report, node, path, fields, rules };
  const sid = readSid(source);
  const effect = readEffect(source);
  const principals = readPrincipals(source, effect);
  const actions = readActions(source, effect);
  const resources = isTrust ? ANY_RESOURCE : readResources(source);
  const condition = fields.get("Condition");
  const conditions =
    condition === undefined
      ? []
      : parseConditions(
          report,
          condition,
          fieldPath(path, "Condition"),
          rules.variables,
          rules.trust,
        );
  if (effect === undefined || actions === undefined || resources === undefined) return undefined;
  if (isTrust && effect === "Allow" && principals?.everyone === true && allowsTokens(actions)) {
    const message = `Invalid principal in policy: "*" would trust the tokens of every issuer`;
    const remedy = 'Name issuers in {"Federated": …}; {"AWS": "*"} is everybody who has a key';
    complain(report, node.at, fieldPath(path, "Principal"), message, remedy);
  }
  if (report.problems.length > before) return undefined;
  requireApplicable(source, actions, resources);
  const { line } = report.placeOf(node.at);
  const place = { file: report.file, line, sid, index };
  return { place, effect, principals, actions, resources, conditions };
}

const STATEMENT_FIELDS = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];

/** A role is the only resource of its trust policy, which goes without saying. */
const TRUST_FIELDS = STATEMENT_FIELDS.filter((name) => !name.endsWith("Resource"));
const ANY_RESOURCE: Statement["resources"] = {
  negated: false,
  patterns: [templateOf([{ kind: "many" }])],
};

/** A statement's text and all that is needed to read it. */
type Source = {
  readonly report: Report;
  readonly node: JsonNode;
  readonly path: string;
  readonly fields: ReadonlyMap<string, JsonNode>;
  readonly rules: StatementRules;
};

function readSid({ report, path, fields }: Source): string | undefined {
  const node = fields.get("Sid");
  if (node === undefined || node.kind === "string") return node?.text;
  return complain(
    report,
    node.at,
    fieldPath(path, "Sid"),
    "Invalid policy syntax: Sid must be text",
  );
}

function readEffect({ report, node, path, fields }: Source): Effect | undefined {
  const effect = fields.get("Effect");
  const at = fieldPath(path, "Effect");
  if (effect === undefined) {
    return complain(report, node.at, at, "Missing required field Effect");
  }
  const text = effect.kind === "string" ? effect.text : effect.kind;
  if (effect.kind === "string" && (text === "Allow" || text === "Deny")) return text;
  return complain(report, effect.at, at, `Invalid effect: ${text}`, 'Write "Allow" or "Deny"');
}

/** A field that may be written in its plain form or as `Not…`, but not both. */
type Negatable = { readonly node: JsonNode; readonly path: string; readonly negated: boolean };

function readNegatable(source: Source, name: string): Negatable | undefined {
  const { report, node, path, fields } = source;
  const plain = fields.get(name);
  const negated = fields.get(`Not${name}`);
  if (plain !== undefined && negated !== undefined) {
    const message = `Invalid policy syntax: ${name} and Not${name} exclude each other`;
    return complain(
      report,
      negated.at,
      fieldPath(path, `Not${name}`),
      message,
      "Keep one of the two",
    );
  }
  if (plain !== undefined) return { node: plain, path: fieldPath(path, name), negated: false };
  if (negated !== undefined) {
    return { node: negated, path: fieldPath(path, `Not${name}`), negated: true };
  }
  return complain(report, node.at, fieldPath(path, name), `Missing required field ${name}`);
}

function readActions(source: Source, effect: Effect | undefined): Statement["actions"] | undefined {
  const { report, rules } = source;
  const field = readNegatable(source, "Action");
  if (field === undefined) return undefined;
  const { negated } = field;
  const patterns: string[] = [];
  for (const { text, at, path } of itemsOf(report, field.node, field.path)) {
    const compiled = compiledOf(rules, [text]);
    if (!compiled.ok) complain(report, at, path, compiled.error.message, compiled.error.remedy);
    else if (!rules.operationNames && widensByOperation(compiled.value, effect, negated)) {
      const message = `Policy has invalid action: "${text}" is the name of an operation`;
      complain(report, at, path, message, "Name the action that the operation needs");
    } else patterns.push(text);
  }
  const set = compiledOf(rules, [...new Set(patterns)]);
  return set.ok ? { negated, set: set.value } : undefined;
}

function compiledOf(
  { actionSets, kind }: StatementRules,
  patterns: readonly string[],
): ReturnType<typeof compileActions> {
  const text = JSON.stringify(patterns);
  const compile = kind === "trust" ? compileTrustActions : compileActions;
  const compiled = actionSets.get(text) ?? compile(patterns);
  actionSets.set(text, compiled);
  return compiled;
}

/**
 * Returns true if an operation's name widens the statement: such names are not evaluated without
 * the switch; denials are.
 */
function widensByOperation(set: ActionSet, effect: Effect | undefined, negated: boolean): boolean {
  return set.operations.size > 0 && (effect === "Allow") !== negated;
}

function readResources(source: Source): Statement["resources"] | undefined {
  const { report, rules } = source;
  const field = readNegatable(source, "Resource");
  if (field === undefined) return undefined;
  const patterns: Template[] = [];
  for (const { text, at, path } of itemsOf(report, field.node, field.path)) {
    const pattern = parseResource(text, rules);
    if (pattern.ok) patterns.push(pattern.value);
    else complain(report, at, path, pattern.error.message, pattern.error.remedy);
  }
  return { negated: field.negated, patterns: exact(patterns) };
}

/**
 * Refuses a bucket policy's statement if none of its actions can apply to any resource, as AWS
 * does.
 */
function requireApplicable(
  { report, node, path, rules }: Source,
  actions: Statement["actions"],
  resources: Statement["resources"],
): void {
  if (rules.kind !== "bucket" || actions.negated || resources.negated) return;
  if (actions.set.operations.size > 0 || actions.set.narrowed.size > 0) return;
  const levels = new Set([...actions.set.actions].map(levelOf));
  for (const level of levels) {
    if (resources.patterns.some((pattern) => mayApply(pattern, level))) return;
  }
  const message = "Action does not apply to any resource(s) in statement";
  const remedy = "Bucket actions need arn:aws:s3:::bucket, object actions arn:aws:s3:::bucket/*";
  complain(report, node.at, path, message, remedy);
}

function readPrincipals(source: Source, effect: Effect | undefined): Principals | undefined {
  const { report, path, fields, rules } = source;
  if (rules.kind === "identity") {
    for (const name of ["Principal", "NotPrincipal"]) {
      const node = fields.get(name);
      if (node === undefined) continue;
      const message = `Invalid policy syntax: an identity policy has no ${name}`;
      complain(
        report,
        node.at,
        fieldPath(path, name),
        message,
        "Remove it: an identity policy applies to the identity that has it",
      );
    }
    return undefined;
  }
  const field = readNegatable(source, "Principal");
  if (field === undefined) return undefined;
  if (field.negated && effect === "Allow" && !rules.notPrincipalAllow) {
    const message = "Invalid principal in policy: NotPrincipal cannot be used with Allow";
    complain(report, field.node.at, field.path, message, "List who is allowed in Principal");
  }
  return readPrincipalValue(report, field, rules.trust);
}

function readPrincipalValue(
  report: Report,
  field: Negatable,
  trust: TrustRules | undefined,
): Principals | undefined {
  const { node, path, negated } = field;
  if (node.kind === "string") {
    if (node.text === "*") return { negated, everyone: true, names: new Set() };
    const message = `Invalid principal in policy: got "${node.text}"`;
    return complain(report, node.at, path, message, `Write "*" or {"AWS": "${node.text}"}`);
  }
  const fields = fieldsOf(report, node, path, PRINCIPAL_FIELDS);
  if (fields === undefined) return undefined;
  if (node.kind === "object" && node.members.length === 0)
    complain(report, node.at, path, "Invalid principal in policy: it is empty");
  const names = new Set<string>();
  let everyone = false;
  for (const [kind, value] of fields) {
    for (const { text, at, path: itemPath } of itemsOf(report, value, fieldPath(path, kind))) {
      // Means everybody with a key; a token of an issuer is another matter.
      if (kind === "AWS" && text === "*" && trust !== undefined) names.add(EVERY_KEY);
      else if (kind === "AWS" && text === "*") everyone = true;
      else for (const name of readName(report, kind, text, at, itemPath, trust)) names.add(name);
    }
  }
  return { negated, everyone, names };
}

const PRINCIPAL_FIELDS = ["AWS", "CanonicalUser", "Federated", "Service"];

function readName(
  report: Report,
  kind: string,
  text: string,
  at: number,
  path: string,
  trust: TrustRules | undefined,
): readonly string[] {
  if (kind === "Federated" && trust !== undefined) {
    const issuer = issuerNamed(trust, text);
    if (issuer !== undefined) return [federatedName(issuer.name)];
    const message = `Invalid principal in policy: there is no issuer "${text}"`;
    const names = trust.issuers.map(({ name }) => name);
    const otherwise =
      names.length === 0 ? "Add it to issuers in gateway.yaml" : `Known: ${names.join(", ")}`;
    complain(report, at, path, message, { name: text, candidates: () => names, otherwise });
    return [];
  }
  if (kind === "Federated" || kind === "Service") {
    const message = `Invalid principal in policy: the gateway has no ${kind} principals, got "${text}"`;
    complain(report, at, path, message, "Remove it: no request comes from such a principal");
    return [];
  }
  const names = kind === "AWS" ? parseAwsPrincipal(text) : parseCanonicalUser(text);
  if (names.ok) return names.value;
  complain(report, at, path, names.error.message, names.error.remedy);
  return [];
}
