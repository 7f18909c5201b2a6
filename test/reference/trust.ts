/** Who may become a role, and what the session then holds (docs/sts.md). */

import { arnOf, tagOf, userIdOf } from "./asks.ts";
import { conditionHolds, type Values } from "./conditions.ts";
import { isActionLike } from "./patterns.ts";
import { isAimedAt, nameOf, whoAsks, type Naming } from "./people.ts";
import {
  words,
  type Begun,
  type Known,
  type Statement,
  type Words,
  type World,
  type WrittenIssuer,
  type WrittenRole,
} from "./world.ts";

/** Its model is that of AWS, by whose names trust policies name callers under every provider. */
export type TrustWorld = World & { readonly issuers: readonly WrittenIssuer[] };

/** A call of AssumeRole by a key, or of AssumeRoleWithWebIdentity by a token with these claims. */
export type Call = {
  readonly by: { readonly as: string } | { readonly claims: Claims };
  readonly account: string;
  readonly role: string;
  readonly session: string;
  readonly seconds?: number;
  readonly externalId?: string;
  readonly sourceIdentity?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly transitive?: readonly string[];
  readonly ip: string;
  readonly nowMs: number;
};

export type Claims = { readonly [name: string]: Words | number | Claims };

/** The session that begins, without its key. */
export type Begins = Required<Pick<Begun, "tags" | "transitive">> &
  Pick<Begun, "sourceIdentity" | "federated"> & { readonly seconds: number };

/** The caller: a key's holder, or the issuer of a token with its claims by the names of policies. */
type Caller =
  | Known
  | { readonly issuer: WrittenIssuer; readonly claims: ReadonlyMap<string, Words> };

/** Returns the session, or the code of the error with the gate that denied. */
export function becomes(world: TrustWorld, call: Call): Begins | string {
  const by = callerOf(world, call);
  if (typeof by === "string") return by;
  const passed = passedOn(by, call);
  if (typeof passed === "string") return passed;
  const role = world.accounts
    .find(({ name }) => name === call.account)
    ?.roles?.find(({ name }) => name === call.role);
  if (role === undefined) return "AccessDenied";
  const most = secondsIn(role.maxSession ?? "1h");
  // An hour if the request does not say, or less if the role's limit is less.
  const begins = { ...passed, seconds: call.seconds ?? Math.min(3600, most) };
  const denied = actionsOf(by, begins)
    .map((action) => gateOf(action, role, valuesOf(by, call, begins), by, world))
    .find((gate) => gate !== undefined);
  if (denied !== undefined) return `AccessDenied by ${denied}`;
  return begins.seconds > most ? "ValidationError" : begins;
}

function callerOf(world: TrustWorld, { by }: Call): Caller | string {
  if ("as" in by) {
    const who = whoAsks(world, { ...NO_REQUEST, as: by.as });
    return who === "anonymous" ? "MissingAuthenticationToken" : who;
  }
  const { claims } = by;
  const issuer = world.issuers.find(({ url }) => url === claims["iss"]);
  const audiences = textsOf(claims["aud"]).filter((one) => issuer?.audiences.includes(one));
  if (issuer === undefined || audiences.length === 0) return "InvalidIdentityToken";
  const named = Object.entries({ sub: "sub", azp: "azp", ...issuer.claims }).map(
    ([name, path]) => [name, claimAt(claims, path)] as const,
  );
  const known = [...named, ["aud", audiences] as const].filter(([, values]) => values.length > 0);
  return { issuer, claims: new Map(known) };
}

const NO_REQUEST = { method: "", query: {}, headers: {}, ip: "", nowMs: 0 };

/** A claim by its name, or within others by a JSON Pointer. */
function claimAt(claims: Claims, path: string): readonly string[] {
  const [first = "", ...rest] = path.replace(/^\//u, "").split("/");
  const value = claims[first];
  if (rest.length === 0) return textsOf(value);
  return isObject(value) ? claimAt(value, rest.join("/")) : [];
}

function isObject(value: Claims[string] | undefined): value is Claims {
  return typeof value === "object" && !isList(value);
}

function isList(value: Words | Claims): value is readonly string[] {
  return Array.isArray(value);
}

function textsOf(value: Claims[string] | undefined): readonly string[] {
  if (value === undefined) return [];
  if (typeof value !== "object") return [String(value)];
  return isList(value) ? value : [];
}

/** What is in the session before its length: of a token its tags, in a chain what goes along. */
function passedOn(by: Caller, call: Call): Omit<Begins, "seconds"> | string {
  if (!("kind" in by)) {
    const { issuer } = by;
    const federated = { issuer: issuer.name, subject: words(by.claims.get("sub")).join() };
    const claims = "claims" in call.by ? call.by.claims : {};
    const tags = Object.entries(issuer.tags ?? {}).flatMap(([tag, path]) =>
      claimAt(claims, path).map((value) => [tag, value] as const),
    );
    return { tags: Object.fromEntries(tags), transitive: [], federated };
  }
  const { tags = {}, transitive = [], sourceIdentity, seconds = 0 } = call;
  const said = { ...(sourceIdentity !== undefined && { sourceIdentity }) };
  const { session: before } = by;
  if (before === undefined) return { tags, transitive, ...said };
  if (before.policy !== undefined) return "AccessDenied";
  if (seconds > 3600) return "ValidationError";
  const { sourceIdentity: own = sourceIdentity, federated, transitive: kept = [] } = before;
  if (sourceIdentity !== undefined && sourceIdentity !== own) return "AccessDenied";
  const isKept = (tag: string): boolean =>
    kept.some((one) => one.toLowerCase() === tag.toLowerCase());
  if (Object.keys(tags).some(isKept)) return "ValidationError";
  const goAlong = Object.entries(before.tags ?? {}).filter(([tag]) => isKept(tag));
  return {
    tags: { ...Object.fromEntries(goAlong), ...tags },
    transitive: [...kept, ...transitive],
    ...(own !== undefined && { sourceIdentity: own }),
    ...(federated && { federated }),
  };
}

function secondsIn(written: string): number {
  return Number.parseInt(written, 10) * (written.endsWith("h") ? 3600 : 60);
}

/** The call itself, and what the session has besides; all must be allowed. */
function actionsOf(by: Caller, { tags, sourceIdentity }: Begins): readonly string[] {
  return [
    "kind" in by ? "sts:AssumeRole" : "sts:AssumeRoleWithWebIdentity",
    ...(Object.keys(tags).length > 0 ? ["sts:TagSession"] : []),
    ...(sourceIdentity === undefined ? [] : ["sts:SetSourceIdentity"]),
  ];
}

function gateOf(
  action: string,
  { trust }: WrittenRole,
  values: Values,
  by: Caller,
  world: TrustWorld,
): string | undefined {
  const policy = "issuer" in trust ? shortForm(trust) : trust;
  const single: Values = (key) => {
    const value = values(key);
    return typeof value === "string" ? value : undefined;
  };
  const variables =
    policy.Version === "2012-10-17" ? (name: string) => textIn(single(name)) : undefined;
  const holding = policy.Statement.filter(
    (statement) => isAbout(statement, action) && conditionHolds(statement, values, variables),
  );
  const isDenied = holding.some((one) => one.Effect === "Deny" && isMeant(one, by, world));
  if (isDenied) return "explicit-deny";
  // Trust cannot be passed on by an account: it must name the caller.
  return holding.some(
    (one) => one.Effect === "Allow" && namingOf(one.Principal, by, world) === "direct",
  )
    ? undefined
    : "allow";
}

function textIn(value: Words | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** An issuer and its subjects, for tokens with or without tags. */
function shortForm({ issuer, subject }: { readonly issuer: string; readonly subject: Words }) {
  const statement: Statement = {
    Effect: "Allow",
    Principal: { Federated: issuer },
    Action: ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"],
    Condition: { StringLike: { [`${issuer}:sub`]: subject } },
  };
  return { Version: "2008-10-17", Statement: [statement] };
}

function isAbout({ Action, NotAction }: Statement, action: string): boolean {
  const isOf = (list: Words | undefined): boolean =>
    words(list).some((pattern) => isActionLike(action, pattern));
  return Action === undefined ? !isOf(NotAction) : isOf(Action);
}

function namingOf(named: Statement["Principal"] = {}, by: Caller, world: TrustWorld): Naming {
  if (named === "*") return "direct";
  const { Federated, AWS = [] } = named;
  if ("kind" in by) return nameOf({ AWS }, by, world);
  return words(Federated).some((text) => isIssuer(by.issuer, text)) ? "direct" : undefined;
}

/** A Deny meets whom it names in any way, or does not spare. */
function isMeant(
  { Principal, NotPrincipal, ...rest }: Statement,
  by: Caller,
  world: TrustWorld,
): boolean {
  if (NotPrincipal === undefined || NotPrincipal === "*" || !("kind" in by))
    return (
      (namingOf(Principal ?? NotPrincipal, by, world) !== undefined) === (Principal !== undefined)
    );
  return isAimedAt({ ...rest, NotPrincipal: { AWS: NotPrincipal["AWS"] ?? [] } }, by, world);
}

/** An issuer by its name, its URL with or without the scheme, or as AWS writes an OIDC provider. */
function isIssuer({ name, url }: WrittenIssuer, text: string): boolean {
  const place = url.replace(/^https:\/\//u, "");
  const written = text.replace(/^arn:aws:iam::[^:]*:oidc-provider\//u, "");
  return [name, url, place].includes(written);
}

/** The values of condition keys. Those of claims are of the token's own issuer. */
function valuesOf(by: Caller, call: Call, begins: Begins): Values {
  return (key) => {
    const colon = key.lastIndexOf(":");
    const [prefix, name] = [key.slice(0, colon), key.slice(colon + 1)];
    if (!["aws", "sts"].includes(prefix)) {
      if ("kind" in by || !isIssuer(by.issuer, prefix)) return undefined;
      const values = by.claims.get(name);
      return values?.length === 1 ? values[0] : values;
    }
    const [what = "", tag = ""] = key.toLowerCase().split("/");
    const known = "kind" in by ? by : undefined;
    switch (what) {
      case "aws:sourceip":
        return call.ip;
      case "aws:currenttime":
        return new Date(call.nowMs).toISOString();
      case "aws:principalarn":
        return known && arnOf(known);
      case "aws:principalaccount":
        return known?.account.name;
      case "aws:userid":
        return known && userIdOf(known);
      case "aws:principaltag":
        return known && tagOf(known, tag);
      case "aws:requesttag":
        return Object.entries(begins.tags).find(([one]) => one.toLowerCase() === tag)?.[1];
      case "aws:tagkeys":
        return orAbsent(Object.keys(begins.tags));
      case "sts:transitivetagkeys":
        return orAbsent(begins.transitive);
      case "sts:externalid":
        return call.externalId;
      case "sts:rolesessionname":
        return call.session;
      case "sts:sourceidentity":
        return begins.sourceIdentity;
      case "sts:durationseconds":
        return String(begins.seconds);
      default:
        throw new Error(`The reference does not know the key ${key}`);
    }
  };
}

function orAbsent(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list;
}
