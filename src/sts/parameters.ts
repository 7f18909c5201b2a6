import { STS_ACTIONS, type StsActionName } from "../admission/facts.ts";
import { decode } from "../http/percent.ts";
import type { QueryParameter } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { stsFault, type StsFault } from "./sts-fault.ts";

/** The API version of STS, the only one there is. */
const VERSION = "2011-06-15";

/** Bytes of a request: the longest token, a session policy and fifty tags, all of them encoded. */
export const STS_BODY_BYTES_MAX = 64 * 1024;

/** The most parameters: fifty tags have a hundred. */
const PARAMETERS_MAX = 256;

/** The call in a request, with every value checked against STS's own constraints. */
export type StsCall =
  | ({ readonly action: "AssumeRole"; readonly externalId: string | undefined } & Assuming & {
        readonly tags: ReadonlyMap<string, string>;
        readonly transitiveTags: readonly string[];
        readonly sourceIdentity: string | undefined;
      })
  | ({ readonly action: "AssumeRoleWithWebIdentity"; readonly token: string } & Assuming)
  | { readonly action: "GetCallerIdentity" }
  | { readonly action: "GetSessionToken"; readonly durationSeconds: number | undefined };

/** The parameters of both ways to take on a role. */
type Assuming = {
  readonly roleArn: string;
  readonly sessionName: string;
  /** The duration; `undefined` for an hour, or the role's own limit if that is less. */
  readonly durationSeconds: number | undefined;
  /** The session policy as sent. */
  readonly policy: string | undefined;
};

/** The parameters of each action, numbered ones with `#` for the number. */
const PARAMETERS: Readonly<Record<StsActionName, readonly string[]>> = {
  AssumeRole: [
    "RoleArn",
    "RoleSessionName",
    "DurationSeconds",
    "Policy",
    "ExternalId",
    "SourceIdentity",
    "Tags.member.#.Key",
    "Tags.member.#.Value",
    "TransitiveTagKeys.member.#",
  ],
  AssumeRoleWithWebIdentity: [
    "RoleArn",
    "RoleSessionName",
    "WebIdentityToken",
    "DurationSeconds",
    "Policy",
  ],
  GetCallerIdentity: [],
  GetSessionToken: ["DurationSeconds"],
};

type Values = ReadonlyMap<string, string>;

/**
 * The parameters of a body of the form application/x-www-form-urlencoded (HTML, section "URL-encoded
 * form data"), whose bytes are `text`, one character each. A name that comes twice is refused, since
 * two readers would take two values.
 */
export function readForm(text: string): Result<Values, StsFault> {
  const values = new Map<string, string>();
  if (text === "") return ok(values);
  const pieces = text.split("&", PARAMETERS_MAX + 1);
  for (const piece of pieces) {
    const equals = piece.indexOf("=");
    const name = formText(equals < 0 ? piece : piece.slice(0, equals));
    const value = formText(equals < 0 ? "" : piece.slice(equals + 1));
    if (name === undefined || value === undefined) {
      return err(stsFault("MalformedQueryString", "The parameters are not URL-encoded UTF-8"));
    }
    const refused = put(values, name, value);
    if (refused !== undefined) return err(refused);
  }
  return ok(values);
}

/** The same of a query, as it was read from the request's target. */
export function readQuery(query: readonly QueryParameter[]): Result<Values, StsFault> {
  const values = new Map<string, string>();
  for (const { name, value } of query) {
    const refused = put(values, name, value);
    if (refused !== undefined) return err(refused);
  }
  return ok(values);
}

function formText(raw: string): string | undefined {
  return decode(raw.includes("+") ? raw.replaceAll("+", "%20") : raw);
}

function put(values: Map<string, string>, name: string, value: string): StsFault | undefined {
  if (values.has(name)) return invalid(`The parameter ${shown(name)} comes twice`);
  if (values.size >= PARAMETERS_MAX) {
    return invalid(`The request has more than ${PARAMETERS_MAX} parameters`);
  }
  values.set(name, value);
  return undefined;
}

/**
 * Returns a name that a client chose, if it can be repeated: it might be a token that lost its
 * name.
 */
function shown(name: string): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : "with an unusual name";
}

function invalid(message: string): StsFault {
  return stsFault("ValidationError", message);
}

/** Reads the call in `values`. Refuses by name whatever is unknown, missing or out of bounds. */
export function readCall(values: Values): Result<StsCall, StsFault> {
  const name = values.get("Action");
  if (name === undefined) {
    return err(stsFault("MissingAction", "The request must contain the parameter Action"));
  }
  const action = STS_ACTIONS.find((known) => known === name);
  if (action === undefined || values.get("Version") !== VERSION) {
    const message = `Could not find operation ${shown(name)} for version ${shown(values.get("Version") ?? "NO_VERSION_SPECIFIED")}`;
    return err(
      stsFault("InvalidAction", message, `STS: only ${VERSION} of ${STS_ACTIONS.join(", ")}`),
    );
  }
  const unknown = unknownName(action, values);
  if (unknown !== undefined)
    return err(invalid(`The parameter ${shown(unknown)} is not supported by ${action}`));
  return callOf(action, values);
}

function unknownName(action: StsActionName, values: Values): string | undefined {
  const known = PARAMETERS[action];
  for (const name of values.keys()) {
    if (name === "Action" || name === "Version") continue;
    if (!known.includes(name.replace(/\.(?:[1-9]\d?)(?=\.|$)/, ".#"))) return name;
  }
  return undefined;
}

function callOf(action: StsActionName, values: Values): Result<StsCall, StsFault> {
  switch (action) {
    case "GetCallerIdentity":
      return ok({ action });
    case "GetSessionToken": {
      const durationSeconds = secondsOf(values, USER_SECONDS_MAX);
      return durationSeconds.ok
        ? ok({ action, durationSeconds: durationSeconds.value })
        : durationSeconds;
    }
    case "AssumeRoleWithWebIdentity": {
      const assuming = assumingOf(values);
      if (!assuming.ok) return assuming;
      const token = textOf(values, "WebIdentityToken", TOKEN);
      if (!token.ok) return token;
      if (token.value === undefined) return err(missing("WebIdentityToken"));
      return ok({ action, ...assuming.value, token: token.value });
    }
    case "AssumeRole": {
      const assuming = assumingOf(values);
      if (!assuming.ok) return assuming;
      const externalId = textOf(values, "ExternalId", EXTERNAL_ID);
      if (!externalId.ok) return externalId;
      const sourceIdentity = textOf(values, "SourceIdentity", SESSION_NAME);
      if (!sourceIdentity.ok) return sourceIdentity;
      const tags = tagsOf(values);
      if (!tags.ok) return tags;
      const transitiveTags = transitiveOf(values, tags.value);
      if (!transitiveTags.ok) return transitiveTags;
      return ok({
        action,
        ...assuming.value,
        externalId: externalId.value,
        sourceIdentity: sourceIdentity.value,
        tags: tags.value,
        transitiveTags: transitiveTags.value,
      });
    }
  }
}

function assumingOf(values: Values): Result<Assuming, StsFault> {
  const roleArn = textOf(values, "RoleArn", ROLE_ARN);
  if (!roleArn.ok) return roleArn;
  const sessionName = textOf(values, "RoleSessionName", SESSION_NAME);
  if (!sessionName.ok) return sessionName;
  const durationSeconds = secondsOf(values, ROLE_SECONDS_MAX);
  if (!durationSeconds.ok) return durationSeconds;
  const policy = textOf(values, "Policy", POLICY);
  if (!policy.ok) return policy;
  if (roleArn.value === undefined) return err(missing("RoleArn"));
  if (sessionName.value === undefined) return err(missing("RoleSessionName"));
  return ok({
    roleArn: roleArn.value,
    sessionName: sessionName.value,
    durationSeconds: durationSeconds.value,
    policy: policy.value,
  });
}

/** Lengths and patterns of the STS API Reference. */
type Constraint = { readonly pattern: RegExp; readonly least: number; readonly most: number };

const ROLE_ARN: Constraint = { least: 20, most: 2048, pattern: /^[\x21-\x7e]+$/ };
const SESSION_NAME: Constraint = { least: 2, most: 64, pattern: /^[A-Za-z0-9_+=,.@-]*$/ };
const EXTERNAL_ID: Constraint = { least: 2, most: 1224, pattern: /^[A-Za-z0-9_+=,.@:/-]*$/ };
const TOKEN: Constraint = { least: 4, most: 20_000, pattern: /^/ };
const POLICY: Constraint = { least: 1, most: 2048, pattern: /^[\t\n\r\x20-\xff]+$/ };
const TAG_KEY: Constraint = { least: 1, most: 128, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+@-]+$/u };
const TAG_VALUE: Constraint = { least: 0, most: 256, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u };

const SECONDS_MIN = 900;
const ROLE_SECONDS_MAX = 43_200;
const USER_SECONDS_MAX = 129_600;
const TAGS_MAX = 50;

/** Returns a parameter; `undefined` if it is missing. */
function textOf(
  values: Values,
  name: string,
  { pattern, least, most }: Constraint,
): Result<string | undefined, StsFault> {
  const value = values.get(name);
  if (value === undefined) return ok(undefined);
  if (value.length < least || value.length > most) {
    return err(
      invalid(
        `The parameter ${name} must have ${least} to ${most} characters: got ${value.length}`,
      ),
    );
  }
  return pattern.test(value)
    ? ok(value)
    : err(invalid(`The parameter ${name} has characters that are not allowed`));
}

function missing(name: string): StsFault {
  return invalid(`The parameter ${name} is missing`);
}

function secondsOf(values: Values, most: number): Result<number | undefined, StsFault> {
  const text = values.get("DurationSeconds");
  if (text === undefined) return ok(undefined);
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds >= SECONDS_MIN && seconds <= most) return ok(seconds);
  return err(
    invalid(`The parameter DurationSeconds must be a number from ${SECONDS_MIN} to ${most}`),
  );
}

/**
 * Returns the tags by name as given: numbered from 1 without a gap, at most one of a name in any
 * case.
 */
function tagsOf(values: Values): Result<ReadonlyMap<string, string>, StsFault> {
  const tags = new Map<string, string>();
  const seen = new Set<string>();
  const count = [...values.keys()].filter((name) => name.startsWith("Tags.member.")).length / 2;
  if (count > TAGS_MAX) return err(invalid(`A session has at most ${TAGS_MAX} tags`));
  for (let i = 1; i <= count; i++) {
    const key = textOf(values, `Tags.member.${i}.Key`, TAG_KEY);
    if (!key.ok) return key;
    const value = textOf(values, `Tags.member.${i}.Value`, TAG_VALUE);
    if (!value.ok) return value;
    if (key.value === undefined || value.value === undefined) return err(unnumbered("Tags"));
    if (/^aws:/i.test(key.value)) return err(invalid("Names of tags must not begin with aws:"));
    if (seen.has(key.value.toLowerCase())) return err(invalid("Two tags have the same name"));
    seen.add(key.value.toLowerCase());
    tags.set(key.value, value.value);
  }
  return Number.isInteger(count) ? ok(tags) : err(unnumbered("Tags"));
}

function transitiveOf(
  values: Values,
  tags: ReadonlyMap<string, string>,
): Result<readonly string[], StsFault> {
  const names: string[] = [];
  const count = [...values.keys()].filter((name) => name.startsWith("TransitiveTagKeys.")).length;
  for (let i = 1; i <= count; i++) {
    const name = values.get(`TransitiveTagKeys.member.${i}`);
    if (name === undefined) return err(unnumbered("TransitiveTagKeys"));
    if (!tags.has(name) || names.includes(name)) {
      return err(invalid("TransitiveTagKeys must name tags of the request, each once"));
    }
    names.push(name);
  }
  return ok(names);
}

function unnumbered(name: string): StsFault {
  return invalid(
    `The parameter ${name} must be numbered from 1 without a gap, with each Key and Value`,
  );
}
