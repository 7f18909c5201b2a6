/**
 * Who asks, and what names it (docs/providers.md, docs/sts.md): an account by its own key, a subuser,
 * or a session, which acts for a role or for the holder of the key that asked for it.
 */

import {
  words,
  type Asked,
  type Known,
  type PrincipalForm,
  type Statement,
  type Who,
  type World,
} from "./world.ts";

export function whoAsks({ accounts, sessions }: World, { as }: Asked): Who {
  if (as === undefined) return "anonymous";
  const session = sessions.find(({ accessKey }) => accessKey === as);
  const id = session !== undefined && "parent" in session.of ? session.of.parent : as;
  for (const account of accounts) {
    if (session?.account === account.name && "role" in session.of) {
      const { role } = session.of;
      const user = account.roles?.find(({ name }) => name === role);
      if (user !== undefined) return { kind: "session", account, user, key: undefined, session };
    }
    for (const user of [undefined, ...(account.subusers ?? [])]) {
      const key = ((user ?? account).keys ?? []).find(({ accessKey }) => accessKey === id);
      const kind = user === undefined ? "account" : "subuser";
      if (key !== undefined) return { kind, account, user, key, session };
    }
  }
  throw new Error(`Nobody has the key ${as}`);
}

/** A session ends at its end, and with the key that asked for it; clients then fetch a new one. */
export function isOver(who: Who, { nowMs }: Asked): boolean {
  if (who === "anonymous" || who.session === undefined) return false;
  const { expires } = who.key ?? {};
  return nowMs >= who.session.expiresMs || (expires !== undefined && nowMs >= Date.parse(expires));
}

/** Everything that an entry gives must fit a session (docs/sts.md, "Revocation"). */
export function isRevoked({ revoked }: World, { account, session }: Known): boolean {
  if (session === undefined) return false;
  const { role, name } = "role" in session.of ? session.of : { role: undefined, name: undefined };
  return revoked.some((entry) => {
    const isOfRole =
      role !== undefined && [role, `${account.name}:${role}`].includes(entry.role ?? role);
    return (
      (entry.role === undefined || isOfRole) &&
      (entry.session === undefined || [name, session.accessKey].includes(entry.session)) &&
      (entry.issuer === undefined || entry.issuer === session.federated?.issuer) &&
      (entry.subject === undefined || entry.subject === session.federated?.subject) &&
      (entry.before === undefined || session.issuedMs < Date.parse(entry.before))
    );
  });
}

/** A Deny meets whom it names in any way, and with NotPrincipal all whom it does not spare. */
export function isAimedAt(
  { Principal: named, NotPrincipal: spared }: Statement,
  who: Who,
  world: World,
): boolean {
  if (named !== undefined) return nameOf(named, who, world) !== undefined;
  if (spared === undefined) throw new Error("A bucket's policy without a principal");
  if (who === "anonymous") return nameOf(spared, who, world) !== "direct";
  const { forms = [] } = world.model.principals;
  // Its account must be listed as well, where a name of the account alone reaches its users.
  const passesOn = forms.some(({ delegated = [] }) => delegated.length > 0);
  const account: Who = { ...who, kind: "account", user: undefined };
  if (passesOn && nameOf(spared, account, world) !== "direct") return true;
  // Of a session, all names that are its own must be listed.
  const own = forms.filter(({ direct }) => direct.join() === "session");
  const names = namesIn(spared);
  if (who.kind === "session" && own.length > 0 && !names.includes("*"))
    return !own.every((form) => names.includes(written(form, who)));
  return nameOf(spared, who, world) !== "direct";
}

export type Naming = "direct" | "delegated" | undefined;

type Names = NonNullable<Statement["Principal"]>;

function namesIn(named: Names): readonly string[] {
  return named === "*" ? ["*"] : Object.values(named).flatMap(words);
}

/** How a list of principals names somebody: itself, or only through its account. */
export function nameOf(named: Names, who: Who, { model, policy }: World): Naming {
  const names = namesIn(named);
  if (names.includes("*")) return "direct";
  const { forms } = model.principals;
  if (forms === undefined) {
    const own = directoryNames(who, policy.guestGroups ?? []);
    return names.some((name) => own.includes(name.toLowerCase())) ? "direct" : undefined;
  }
  if (who === "anonymous") return undefined;
  const listed = forms.filter((form) => names.includes(written(form, who)));
  if (listed.some(({ direct }) => direct.includes(who.kind))) return "direct";
  return listed.some(({ delegated = [] }) => delegated.includes(who.kind))
    ? "delegated"
    : undefined;
}

function written({ form }: PrincipalForm, { kind, account, user, session }: Known): string {
  const of = session !== undefined && "role" in session.of ? session.of : undefined;
  const values: Readonly<Record<string, string | undefined>> = {
    account: account.name,
    subuser: kind === "subuser" ? user?.name : undefined,
    role: of?.role,
    session: of?.name,
  };
  const parts = form.split(/[{}]/u).map((part, i) => (i % 2 === 0 ? part : values[part]));
  return parts.includes(undefined) ? "no such name" : parts.join("");
}

/** The names of Qumulo's directory in small letters ("qumulo", docs/providers.md). */
function directoryNames(who: Who, guestGroups: readonly string[]): readonly string[] {
  const everyone = ["everyone", "world:everyone"];
  if (who === "anonymous")
    return [...everyone, "guest", "local:guest", ...guestGroups.flatMap(spellings)];
  const groups = [...(who.account.groups ?? []), ...(who.user?.groups ?? [])];
  return [...everyone, "authenticated users", ...[who.account.name, ...groups].flatMap(spellings)];
}

/** A bare name is also that of the local directory; an id of Windows has a prefix or none. */
function spellings(written: string): readonly string[] {
  const name = written.toLowerCase();
  if (name.startsWith("s-1-")) return [name, `sid:${name}`];
  return name.includes(":") ? [name] : [name, `local:${name}`];
}
