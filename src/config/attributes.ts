import type { Problem } from "../lib/problem.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { parseDirectoryName } from "../provider/directory-name.ts";
import { privilegeNamed, type Provider } from "../provider/provider.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt, quoted } from "./issues.ts";
import { pathOf, pattern, select, type Pattern, type Placed } from "./select.ts";

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

/** What the provider's policies could not make anything of: groups, privileges, doubtful names. */
export function attributeProblems(
  documents: readonly ConfigDocument[],
  provider: Provider,
): readonly Problem[] {
  const all = (...patterns: readonly Pattern[]): readonly Text[] =>
    documents.flatMap((document) => select(document, ...patterns)).filter(isText);
  const privileges = all(...PRIVILEGES).flatMap((text) => unknownPrivilege(text, provider));
  if (provider.principals.kind !== "directory") return privileges;
  const groups = all(...GROUPS);
  const names = new Set(groups.map(({ value }) => value.toLowerCase()));
  return [
    ...privileges,
    ...groups.flatMap(unreadableGroup),
    ...all(ACCOUNT_NAME).flatMap((text) => namedAsGroup(text, names)),
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

/** A bare name in a policy is a user or a group: of both at once nobody could say which. */
function namedAsGroup(text: Text, groups: ReadonlySet<string>): readonly Problem[] {
  if (!groups.has(text.value.toLowerCase())) return [];
  const remedy = 'Rename one, or write the group as "ad:Name" or "gid:1"';
  return problemOf(text, "A group has the same name as the account", remedy);
}

function problemOf(text: Text, said: string, remedy: string): readonly Problem[] {
  const { document } = text;
  const path = pathOf(text);
  const message = `${said}${quoted(path, document.nodes.get(path))}`;
  return [problemAt(document, path, { message, remedy })];
}
