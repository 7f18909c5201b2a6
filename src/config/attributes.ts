import type { Problem } from "../lib/problem.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { parseDirectoryName } from "../provider/directory-name.ts";
import type { Provider } from "../provider/provider.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt, quoted } from "./issues.ts";
import type { Complaint } from "./surroundings.ts";

const GROUP = /^(?:accounts\[\d+\](?:\.subusers\[\d+\])?\.groups|policy\.guestGroups)\[\d+\]$/;
const PRIVILEGE = /^accounts\[\d+\](?:\.subusers\[\d+\])?\.privileges\[\d+\]$/;
const ACCOUNT_NAME = /^accounts\[\d+\]\.name$/;

/** What the provider's policies could not make anything of: groups, privileges, doubtful names. */
export function attributeProblems(
  documents: readonly ConfigDocument[],
  provider: Provider,
): readonly Problem[] {
  const groups = new Set(documents.flatMap((document) => valuesAt(document, GROUP)));
  return documents.flatMap((document) =>
    [...document.nodes].flatMap(([path, { value }]) => {
      if (typeof value !== "string") return [];
      const complaint = complaintOf(path, value, groups, provider);
      if (complaint === undefined) return [];
      const message = `${complaint.message}${quoted(path, document.nodes.get(path))}`;
      return [problemAt(document, path, { ...complaint, message })];
    }),
  );
}

function valuesAt(document: ConfigDocument, paths: RegExp): readonly string[] {
  return [...document.nodes].flatMap(([path, { value }]) =>
    paths.test(path) && typeof value === "string" ? [value.toLowerCase()] : [],
  );
}

function complaintOf(
  path: string,
  value: string,
  groups: ReadonlySet<string>,
  provider: Provider,
): Complaint | undefined {
  if (PRIVILEGE.test(path) && !provider.privileges.has(value)) {
    const names = [...provider.privileges.keys()];
    const known = names.length > 0 ? `Known: ${names.join(", ")}` : "This provider has none";
    return { message: "Unknown privilege", remedy: didYouMean(value, names, known) };
  }
  if (provider.principals.kind !== "directory") return undefined;
  if (GROUP.test(path)) {
    const name = parseDirectoryName(value);
    return name.ok ? undefined : { message: "Cannot read the group", remedy: name.error.remedy };
  }
  // A bare name in a policy is a user or a group: of both at once nobody could say which.
  if (ACCOUNT_NAME.test(path) && groups.has(value.toLowerCase())) {
    return {
      message: "A group has the same name as the account",
      remedy: 'Rename one, or write the group as "ad:Name" or "gid:1"',
    };
  }
  return undefined;
}
