import { exact } from "../lib/exact.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Principal, parseAwsPrincipal, parseCanonicalUser } from "../policy/principals.ts";
import { guestNames, memberNames, ownName } from "./directory-name.ts";

/** The names that a provider's policies have for callers. */
export type PrincipalGrammar =
  | ArnGrammar
  /** Names of users and groups in several directories (S3-AUTHORIZATION section 5.2). */
  | { readonly kind: "directory" };

export type ArnGrammar = {
  readonly kind: "arn";
  /** `forms`: a policy may name nobody in another way. */
  readonly accept: "any" | "forms";
  readonly forms: readonly PrincipalForm[];
};

/** A form of a principal, and the callers it names. */
export type PrincipalForm = {
  readonly text: string;
  readonly parts: readonly FormPart[];
  /** `AWS` values, or `CanonicalUser` values. */
  readonly field: "AWS" | "CanonicalUser";
  /** The owners of the keys it names: the account itself, its subusers, its roles' sessions. */
  readonly direct: readonly PolicyHolder[];
  /**
   * The callers it names only through the account, which must pass it on by a policy of its own.
   */
  readonly delegated: readonly PolicyHolder[];
};

export type PolicyHolder = "account" | "subuser" | "session";

type FormPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "name"; readonly name: Placeholder };

const PLACEHOLDERS = ["account", "subuser", "tenant", "role", "session"] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

/** The caller, as the gateway knows it. */
export type Identity = {
  readonly account: string;
  /** The subuser; `undefined` for the account itself. */
  readonly subuser: string | undefined;
  /** The role of a session, by its name; absent if there is none. */
  readonly role?: { readonly name: string; readonly session: string } | undefined;
  /** Groups; under a directory grammar any further name of the caller, such as `uid:1234`. */
  readonly groups: readonly string[];
  /** The tenant in Ceph; `undefined` or "" for none. */
  readonly tenant: string | undefined;
};

export type Identifiers = {
  readonly identifiers: readonly string[];
  readonly accountIdentifiers: readonly string[];
};

/** Every ARN and id by which the provider's policies name this caller, and its account. */
export function identifiersOf(grammar: PrincipalGrammar, identity: Identity): Identifiers {
  if (grammar.kind === "directory") {
    // Directories are flat, and two accounts may each have a subuser "jane": a subuser acts as its
    // account, and is told apart by groups.
    const identifiers = memberNames(identity.account, identity.groups);
    return { identifiers, accountIdentifiers: [] };
  }
  const holder = holderKind(identity);
  const filled = (forms: readonly PrincipalForm[]): readonly string[] =>
    exact(forms.map((form) => fillForm(form, identity)).filter((text) => text !== undefined));
  return {
    identifiers: filled(grammar.forms.filter(({ direct }) => direct.includes(holder))),
    accountIdentifiers: filled(grammar.forms.filter(({ delegated }) => delegated.includes(holder))),
  };
}

function holderKind({ subuser, role }: Identity): PolicyHolder {
  if (role !== undefined) return "session";
  return subuser === undefined ? "account" : "subuser";
}

/**
 * Returns the narrowest name of this caller; `undefined` if the grammar has none but its account's.
 * An account's own name may include its subusers.
 */
export function principalNaming(grammar: PrincipalGrammar, identity: Identity): string | undefined {
  const holder = holderKind(identity);
  if (grammar.kind === "directory") {
    return holder === "account" ? ownName(identity.account) : undefined;
  }
  const forms = grammar.forms.filter(({ direct }) => direct.includes(holder));
  const alone = forms.find(({ direct }) => direct.length === 1);
  const form = alone ?? (holder === "account" ? forms[0] : undefined);
  return form && fillForm(form, identity);
}

/**
 * Returns the caller as policies see it; `undefined` for a caller without a credential.
 * `guestGroups`: the guest's.
 */
export function callerOf(
  grammar: PrincipalGrammar,
  identity: Identity | undefined,
  guestGroups: readonly string[] = [],
): Principal {
  if (identity !== undefined) {
    const names = identifiersOf(grammar, identity);
    const all = identity.role !== undefined && namesSessions(grammar);
    return { kind: "known", ...names, ...(all && { sparing: "all" as const }) };
  }
  if (grammar.kind === "arn") return { kind: "anonymous" };
  // A directory has an account for those who have none, which policies can name like any other.
  return { kind: "known", identifiers: guestNames(guestGroups), accountIdentifiers: [] };
}

/** Returns true if a session has names of its own, besides those of its whole account. */
function namesSessions(grammar: PrincipalGrammar): boolean {
  return (
    grammar.kind === "arn" &&
    grammar.forms.some(({ direct }) => direct.length === 1 && direct[0] === "session")
  );
}

/**
 * Returns an error unless a policy of this grammar may have `text` as a principal other than `*`.
 * The error names the forms that there are.
 */
export function checkPrincipal(
  grammar: ArnGrammar,
  field: string,
  text: string,
): Result<undefined, string> {
  if (grammar.accept === "any") return ok(undefined);
  const names = field === "AWS" ? parseAwsPrincipal(text) : parseCanonicalUser(text);
  // Text that the language itself refuses is reported where the language is read.
  if (!names.ok) return ok(undefined);
  const fits = grammar.forms.some(
    (form) => form.field === field && names.value.some((name) => fitsForm(form, name)),
  );
  if (fits) return ok(undefined);
  return err(`Write "*" or ${grammar.forms.map((form) => form.text).join(", ")}`);
}

/** Reads a form such as `arn:aws:iam::{tenant}:user/{account}`. The error says what is wrong. */
export function parseForm(text: string): Result<readonly FormPart[], string> {
  const parts: FormPart[] = [];
  let at = 0;
  for (const match of text.matchAll(/\{([^{}]*)\}/g)) {
    const name = PLACEHOLDERS.find((known) => known === match[1]);
    if (name === undefined) return err(`Unknown placeholder "{${match[1]}}"`);
    if (at < match.index) parts.push({ kind: "text", text: text.slice(at, match.index) });
    else if (at > 0) return err("Two placeholders need a character between them");
    at = match.index + match[0].length;
    if (NAME_CHARACTER.test(text[at] ?? ":")) {
      return err("A character that names have cannot follow a placeholder");
    }
    parts.push({ kind: "name", name });
  }
  if (at < text.length) parts.push({ kind: "text", text: text.slice(at) });
  if (/[{}*?\s]/.test(text.replaceAll(/\{[a-z]+\}/g, ""))) {
    return err("A form has no wildcards, spaces or braces of its own");
  }
  return parts.length > 0 ? ok(parts) : err("A form cannot be empty");
}

/** Matches a character of the names of accounts, subusers and tenants (see parsePrincipalName). */
const NAME_CHARACTER = /[A-Za-z0-9_.@+=-]/;

/** Returns the form with the caller's names; `undefined` if the caller lacks one of them. */
function fillForm(form: PrincipalForm, identity: Identity): string | undefined {
  let text = "";
  for (const part of form.parts) {
    // An empty tenant is written as nothing between two colons, as in Ceph.
    const value = part.kind === "text" ? part.text : valueOf(part.name, identity);
    if (value === undefined) return undefined;
    text += value;
  }
  return text;
}

function valueOf(name: Placeholder, identity: Identity): string | undefined {
  switch (name) {
    case "tenant":
      return identity.tenant ?? "";
    case "role":
      return identity.role?.name;
    case "session":
      return identity.role?.session;
    default:
      return identity[name];
  }
}

/** Returns true if `text` is the form with names in it: the same name for the same placeholder. */
function fitsForm(form: PrincipalForm, text: string): boolean {
  const values = new Map<Placeholder, string>();
  let at = 0;
  for (const part of form.parts) {
    if (part.kind === "text") {
      if (!text.startsWith(part.text, at)) return false;
      at += part.text.length;
      continue;
    }
    const start = at;
    while (NAME_CHARACTER.test(text.charAt(at))) at++;
    const value = text.slice(start, at);
    if (value === "" && part.name !== "tenant") return false;
    if ((values.get(part.name) ?? value) !== value) return false;
    values.set(part.name, value);
  }
  return at === text.length;
}
