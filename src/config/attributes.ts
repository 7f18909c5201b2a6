import type { Problem } from "../lib/problem.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { canonicalName, parseDirectoryName, personNames } from "../provider/directory-name.ts";
import { privilegeNamed, type Provider } from "../provider/provider.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt, quoted } from "./placed.ts";
import { parseAccountName, parseDirectoryAccount } from "./scalars.ts";
import { field, pathOf, pattern, select, type Pattern, type Placed } from "./select.ts";

const GROUPS = [
  pattern("accounts[*].groups[*]"),
  pattern("accounts[*].subusers[*].groups[*]"),
  pattern("policy.guestGroups[*]"),
];
const PRIVILEGES = [
  pattern("accounts[*].privileges[*]"),
  pattern("accounts[*].subusers[*].privileges[*]"),
];
const ACCOUNT_NAME = pattern("accounts[*].name");
const SUBUSER_NAME = pattern("accounts[*].subusers[*].name");

/**
 * Returns the attributes that the provider's policies have no use for: groups, privileges, and
 * names of accounts that are ambiguous, or in a form that only a directory has.
 */
export function attributeProblems(
  documents: readonly ConfigDocument[],
  provider: Provider,
): readonly Problem[] {
  const all = (...patterns: readonly Pattern[]): readonly Text[] =>
    documents.flatMap((document) => select(document, ...patterns)).filter(isText);
  const privileges = all(...PRIVILEGES).flatMap((text) => unknownPrivilege(text, provider));
  const accounts = all(ACCOUNT_NAME);
  if (provider.principals.kind !== "directory") {
    return [...privileges, ...accounts.flatMap(directoryNameWithoutDirectory)];
  }
  const groups = all(...GROUPS);
  const names = new Set(groups.flatMap(({ value }) => groupName(value)));
  const written = new Set(accounts.map(({ value }) => value));
  return [
    ...privileges,
    ...groups.flatMap(unreadableGroup),
    ...accounts.flatMap((text) => namedAsGroup(text, names)),
    ...ambiguousAccounts(accounts),
    ...all(SUBUSER_NAME).flatMap((text) => namedAsSubuser(text, written)),
  ];
}

type Text = Placed & { readonly value: string };

function isText(placed: Placed): placed is Text {
  return typeof placed.value === "string";
}

function unknownPrivilege(text: Text, provider: Provider): readonly Problem[] {
  if (privilegeNamed(provider, text.value) !== undefined) return [];
  const names = [...provider.privileges.keys()];
  const known = names.length > 0 ? `Known: ${names.join(", ")}` : "This provider has none";
  return problemOf(text, "Unknown privilege", didYouMean(text.value, names, known));
}

function unreadableGroup(text: Text): readonly Problem[] {
  const name = parseDirectoryName(text.value);
  return name.ok ? [] : problemOf(text, "Cannot read the group", name.error.remedy);
}

/** Refuses a form such as `local:Jane` if names of accounts become parts of ARNs. */
function directoryNameWithoutDirectory(text: Text): readonly Problem[] {
  const name = parseAccountName(text.value);
  // A name that no directory has either is reported where accounts are read.
  if (name.ok || !parseDirectoryAccount(text.value).ok) return [];
  return problemOf(text, name.error, "");
}

function groupName(text: string): readonly string[] {
  const name = parseDirectoryName(text);
  return name.ok ? [canonicalName(name.value)] : [];
}

/** Refuses two accounts that one name in a policy means: chance would decide whom it lets in. */
function ambiguousAccounts(accounts: readonly Text[]): readonly Problem[] {
  const first = new Map<string, Text>();
  return accounts.flatMap((text) => {
    const names = personNames(text.value);
    const other = names.map((name) => first.get(name)).find((found) => found !== undefined);
    for (const name of names) if (!first.has(name)) first.set(name, text);
    // The same name twice is complained of where accounts are read.
    if (other === undefined || other.value === text.value) return [];
    const said = `A policy cannot tell the account from "${other.value}"`;
    return problemOf(text, said, "Rename one, or name it by uid:, auth_id: or a SID");
  });
}

/** `explain`, the audit log and limits write a subuser as `account:subuser`. */
function namedAsSubuser(text: Text, accounts: ReadonlySet<string>): readonly Problem[] {
  const account = text.above?.above?.above?.value;
  const whole = `${String(field(account, "name"))}:${text.value}`;
  if (!accounts.has(whole)) return [];
  return problemOf(text, `There is an account "${whole}"`, "Rename the subuser");
}

/** A bare name in a policy is a user or a group: of both at once nobody could say which. */
function namedAsGroup(text: Text, groups: ReadonlySet<string>): readonly Problem[] {
  if (!personNames(text.value).some((name) => groups.has(name))) return [];
  const remedy = 'Rename one, or write the group as "ad:Name" or "gid:1"';
  return problemOf(text, "A group has the same name as the account", remedy);
}

function problemOf(text: Text, said: string, remedy: string): readonly Problem[] {
  const { document } = text;
  const path = pathOf(text);
  const message = `${said}${quoted(path, document.nodes.get(path))}`;
  return [problemAt(document, path, { message, remedy })];
}
