import { err, ok, type Result } from "../lib/result.ts";
import type { PrincipalFault } from "../policy/principals.ts";

/**
 * A principal as a directory of users and groups names it: "Principals Supported in Qumulo Core".
 * Names are in lower case, because the directories behind them compare without it.
 */
export type DirectoryName =
  /** Any caller, anonymous or not. */
  | { readonly kind: "everyone" }
  /** Any caller with a credential. */
  | { readonly kind: "authenticated" }
  | { readonly kind: "guest" }
  /** A user or a group, wherever it is kept. */
  | { readonly kind: "bare"; readonly name: string }
  | { readonly kind: "local"; readonly name: string }
  /** A name in any connected Active Directory domain. */
  | { readonly kind: "ad"; readonly name: string }
  | { readonly kind: "domain"; readonly domain: string; readonly name: string }
  | { readonly kind: "number"; readonly of: "uid" | "gid" | "auth_id"; readonly number: string }
  | { readonly kind: "sid"; readonly sid: string };

/** Reads one principal. The error quotes it and lists the forms there are. */
export function parseDirectoryName(text: string): Result<DirectoryName, PrincipalFault> {
  const lower = text.toLowerCase();
  const wellKnown = WELL_KNOWN.get(lower.startsWith("sid:s-") ? lower.slice(4) : lower);
  const name = wellKnown ?? prefixed(lower) ?? plain(lower);
  if (name !== undefined) return ok(name);
  return err({ message: `Invalid principal in policy: got "${text}"`, remedy: REMEDY });
}

/** The text by which a statement's principal and a caller's names are compared. */
export function canonicalName(name: DirectoryName): string {
  if (name.kind === "number") return `${name.of}:${name.number}`;
  if (name.kind === "sid") return `sid:${name.sid}`;
  if (name.kind === "domain") return `domain:${name.domain}\\${name.name}`;
  return "name" in name ? `${name.kind}:${name.name}` : name.kind;
}

/**
 * Returns all names by which a policy can name a caller with a credential. The caller is called
 * `name` at the gateway and has the names of `others`: its groups, ids such as `gid:1234`.
 */
export function memberNames(name: string, others: readonly string[]): readonly string[] {
  const own = personNamed(name);
  const names = others.flatMap((text) => {
    const read = parseDirectoryName(text);
    // No name makes an anonymous caller of one who has a credential.
    return read.ok && read.value.kind !== "guest" ? namesOf(read.value) : [];
  });
  return [...new Set(["authenticated", ...(own === undefined ? [] : namesOf(own)), ...names])];
}

/**
 * Returns the name by which a policy can name just the caller `name`; `undefined` if it is the
 * guest's name.
 */
export function ownName(name: string): string | undefined {
  const own = personNamed(name);
  return own && canonicalName(own);
}

/**
 * Returns true if an account can have this name: any form that names one user ("Principals
 * Supported in Qumulo Core"), and none that names a group, everybody or the guest.
 */
export function isPersonName(name: string): boolean {
  const read = parseDirectoryName(name);
  return read.ok && isPerson(read.value);
}

/** Returns the names by which a policy can name the account `name`, without its groups. */
export function personNames(name: string): readonly string[] {
  const own = personNamed(name);
  return own === undefined ? [] : namesOf(own);
}

/**
 * The account `name` as a directory knows it. A name without a prefix is kept by the gateway, so it is
 * local, and so is one that would be everybody's. Undefined: it is the guest's.
 */
function personNamed(name: string): DirectoryName | undefined {
  const read = parseDirectoryName(name);
  if (read.ok && read.value.kind !== "bare" && isPerson(read.value)) return read.value;
  const local = parseDirectoryName(`local:${name}`);
  return local.ok && local.value.kind === "local" ? local.value : undefined;
}

function isPerson(name: DirectoryName): boolean {
  switch (name.kind) {
    case "everyone":
    case "authenticated":
    case "guest":
      return false;
    case "number":
      return name.of !== "gid";
    default:
      return true;
  }
}

/** Returns all names by which a policy can name the anonymous caller, who is in `groups`. */
export function guestNames(groups: readonly string[]): readonly string[] {
  const names = groups.flatMap((group) => {
    const name = parseDirectoryName(group);
    return name.ok ? namesOf(name.value) : [];
  });
  // "Authenticated Users": "excluding guest or anonymous connections".
  return [...new Set(["guest", ...names])].filter((name) => name !== "authenticated");
}

function namesOf(name: DirectoryName): readonly string[] {
  const own = canonicalName(name);
  switch (name.kind) {
    case "bare":
    case "local":
      return [`local:${name.name}`, `bare:${name.name}`];
    case "ad":
      return [own, `bare:${name.name}`];
    case "domain":
      return [own, `ad:${name.name}`, `bare:${name.name}`];
    default:
      return [own];
  }
}

/** The last two are Windows' own names of the first two (MS-DTYP section 2.4.2.4). */
const WELL_KNOWN: ReadonlyMap<string, DirectoryName> = new Map<string, DirectoryName>([
  ["everyone", { kind: "everyone" }],
  ["world:everyone", { kind: "everyone" }],
  ["authenticated users", { kind: "authenticated" }],
  ["guest", { kind: "guest" }],
  ["local:guest", { kind: "guest" }],
  ["s-1-1-0", { kind: "everyone" }],
  ["s-1-5-11", { kind: "authenticated" }],
]);

function prefixed(lower: string): DirectoryName | undefined {
  const colon = lower.indexOf(":");
  const prefix = lower.slice(0, Math.max(colon, 0));
  const rest = lower.slice(colon + 1);
  switch (prefix) {
    case "uid":
    case "gid":
    case "auth_id":
      return NUMBER.test(rest) ? { kind: "number", of: prefix, number: rest } : undefined;
    case "local":
    case "ad":
      return NAME.test(rest) ? { kind: prefix, name: rest } : undefined;
    case "sid":
      return sid(rest);
    default:
      return sid(lower);
  }
}

function sid(lower: string): DirectoryName | undefined {
  return SID.test(lower) ? { kind: "sid", sid: lower } : undefined;
}

function plain(lower: string): DirectoryName | undefined {
  // A SID with a slip in it is no name that anybody has.
  if (lower.startsWith("s-1-")) return undefined;
  const slash = lower.indexOf("\\");
  if (slash < 0) return NAME.test(lower) ? { kind: "bare", name: lower } : undefined;
  const domain = lower.slice(0, slash);
  const name = lower.slice(slash + 1);
  return NAME.test(domain) && NAME.test(name) ? { kind: "domain", domain, name } : undefined;
}

/** No leading zeros: 007 would be another text for the same user. */
const NUMBER = /^(?:0|[1-9][0-9]{0,19})$/;
const SID = /^s-1-(?:0|[1-9][0-9]{0,14})(?:-(?:0|[1-9][0-9]{0,9})){1,15}$/;
/** Matches a name without the marks of the other forms, wildcards, and spaces around it. */
const NAME = /^(?! )[^"/\\[\]:;|*?<>\p{Cc}]{1,256}(?<! )$/u;

const REMEDY =
  'Write a name, "local:Name", "ad:Name", "DOMAIN\\Name", "uid:1", "gid:1", "auth_id:1", a SID, ' +
  '"Authenticated Users", "local:guest" or "world:Everyone"';
