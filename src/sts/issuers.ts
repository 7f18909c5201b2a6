import { isDeepStrictEqual } from "node:util";
import { errors, jwtVerify, type JWTPayload } from "jose";
import type { Logger } from "pino";
import type { ClaimPaths, IssuerConfig } from "../config/issuers.ts";
import { TOKEN_ALGORITHMS } from "../config/jwks.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { openKeyFetcher, type KeyFetcher } from "./issuer-fetch.ts";
import { IssuerKeys, type IssuerHealth, type KnownKeys } from "./issuer-keys.ts";
import { tokenFault, type TokenFault } from "./token-fault.ts";
import { readToken, repeatsClaims } from "./token-text.ts";
import { VerifyBudget, type TokenSource } from "./verify-budget.ts";

/** The identity in a token: proved by a key of its issuer, made for us, and in force. */
export type WebIdentity = {
  /** The issuer's name in the configuration. */
  readonly issuer: string;
  /** `iss`. */
  readonly url: string;
  /** `sub`. */
  readonly subject: string;
  /** The values of `aud` that the configuration has; at least one. */
  readonly audiences: readonly string[];
  /** `azp`; `undefined` if the token has none. */
  readonly authorizedParty: string | undefined;
  /**
   * The claims that the issuer's entry names and the token has, by the entry's names; a list only if
   * the token has a list.
   */
  readonly claims: ReadonlyMap<string, string | readonly string[]>;
  /** Tags for the session, by the entry's names. */
  readonly tags: ReadonlyMap<string, string>;
  /** The end of the token, in milliseconds since the epoch. */
  readonly expiresMs: number;
};

/** The sender of a token, and the time. */
export type TokenArrival = {
  readonly address: string | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
};

/** All issuers of a configuration. */
export type Issuers = {
  /** Proves `token`. Never rejects for what client or issuer do. */
  readonly verify: (
    token: string,
    arrival: TokenArrival,
  ) => Promise<Result<WebIdentity, TokenFault>>;
  readonly health: () => readonly IssuerHealth[];
  /** The budget of verifying; outlives every configuration. */
  readonly budget: VerifyBudget;
  /** The keys of an issuer that a configuration names in the very same way. */
  readonly keysOf: (issuer: IssuerConfig) => IssuerKeys | undefined;
  readonly close: () => Promise<void>;
};

/** Those who hear of what issuers do. */
export type IssuerSurroundings = {
  readonly log: Pick<Logger, "error" | "info">;
  /** Receives the result of each question to an issuer. */
  readonly asked: (issuer: string, answered: boolean) => void;
};

/** The longest `sub`, `azp` and value of a claim that is read, in characters. */
const VALUE_LENGTH_MAX = 256;
/** Values of one claim. */
const VALUES_MAX = 100;
/** `exp` beyond it is no time ("Date and Time on the Internet", RFC 3339, knows four digits). */
const SECONDS_MAX = 253_402_300_799;
/** jose looks whether `iat` is in the future only if a token may have an age at all: ten years. */
const TOKEN_AGE_SECONDS_MAX = 10 * 366 * 86_400;

/**
 * Opens `issuers` and asks each for its keys, without waiting. `before`: those of the configuration
 * before, whose keys go on counting.
 */
export function openIssuers(
  issuers: readonly IssuerConfig[],
  { log, asked }: IssuerSurroundings,
  before?: Issuers,
): Issuers {
  const budget = before?.budget ?? new VerifyBudget();
  const fetchers: KeyFetcher[] = [];
  const byUrl = new Map<string, IssuerKeys>();
  // Not a function for each: such a function, and all that is made in it, would keep `before` alive.
  for (const config of issuers) {
    const fetcher = openKeyFetcher(config);
    fetchers.push(fetcher);
    const ports = { fetch: fetcher.fetch, nowMs, onAnswer: complaining(config, log, asked) };
    const keys = new IssuerKeys(config, ports, before?.keysOf(config));
    byUrl.set(config.url, keys);
    keys.warm();
  }
  return {
    verify: async (token, arrival) => {
      const read = readToken(token);
      if (!read.ok) return err(tokenFault("InvalidIdentityToken", read.error, "token form"));
      const keys = byUrl.get(read.value.iss);
      if (keys === undefined) return err(UNKNOWN_ISSUER);
      const source = { address: arrival.address, nowMs: performance.now() };
      if (!budget.allows(source)) return err(TOO_MANY);
      const verified = await verify({ budget, keys, source }, token, arrival.nowMs);
      if (!verified.ok && IS_BAD.has(verified.error.code)) budget.wasBad(source);
      return verified;
    },
    health: () => [...byUrl.values()].map(({ health }) => health),
    budget,
    keysOf: (issuer) => {
      const keys = byUrl.get(issuer.url);
      return keys !== undefined && isDeepStrictEqual(keys.config, issuer) ? keys : undefined;
    },
    close: async () => {
      await Promise.all(fetchers.map(({ close }) => close()));
    },
  };
}

const nowMs = (): number => performance.now();

/** Tells once that an issuer is away, and once that it is back. */
function complaining(
  { name, url }: IssuerConfig,
  log: IssuerSurroundings["log"],
  asked: IssuerSurroundings["asked"],
): (failure: string | undefined) => void {
  let away = false;
  return (failure) => {
    asked(name, failure === undefined);
    if (failure !== undefined && !away) {
      log.error({ issuer: name, url, why: failure }, "An issuer's keys cannot be fetched");
    }
    if (failure === undefined && away) log.info({ issuer: name, url }, "An issuer answers again");
    away = failure !== undefined;
  };
}

/**
 * The faults that count against an address: neither that its issuer does not answer, nor that
 * others are too many.
 */
const IS_BAD: ReadonlySet<TokenFault["code"]> = new Set<TokenFault["code"]>([
  "InvalidIdentityToken",
  "ExpiredTokenException",
]);

const UNKNOWN_ISSUER = tokenFault(
  "InvalidIdentityToken",
  "No OpenIDConnect provider found for the token's issuer",
  "issuers: none has the url that the token has as iss",
);
const TOO_MANY = tokenFault("Throttling", "Rate exceeded", "issuers: too many tokens at a time");
const AWAY = tokenFault(
  "IDPCommunicationError",
  "The keys of the token's issuer cannot be fetched now. Please try again",
  "issuers: the issuer does not answer",
);
const AMBIGUOUS = tokenFault(
  "InvalidIdentityToken",
  "The token's claims are no JSON object with unique names",
  "token form",
);
const NO_KEY = tokenFault(
  "InvalidIdentityToken",
  "Couldn't retrieve verification key from your identity provider",
  "issuers: the issuer has no such key",
);

/** The parts by which a token is verified, and the place it came from. */
type Verifying = {
  readonly budget: VerifyBudget;
  readonly keys: IssuerKeys;
  readonly source: TokenSource;
};

async function verify(
  { budget, keys, source }: Verifying,
  token: string,
  nowMs: number,
): Promise<Result<WebIdentity, TokenFault>> {
  const known = await keys.current();
  if (known === undefined) return err(AWAY);
  const by = (set: KnownKeys) =>
    budget.run({ ...source, nowMs: performance.now() }, () =>
      verifyWith(set, keys.config, token, nowMs),
    );
  let verified = await by(known);
  if (verified === "no key") {
    const newer = await keys.newerThan(known);
    if (newer === undefined) return err(NO_KEY);
    verified = await by(newer);
  }
  if (verified === "no key") return err(NO_KEY);
  return verified === "too many" ? err(TOO_MANY) : verified;
}

async function verifyWith(
  known: KnownKeys,
  config: IssuerConfig,
  token: string,
  nowMs: number,
): Promise<Result<WebIdentity, TokenFault> | "no key"> {
  try {
    const { payload } = await jwtVerify(token, known.find, {
      algorithms: [...TOKEN_ALGORITHMS],
      issuer: config.url,
      audience: [...config.audiences],
      requiredClaims: ["iss", "sub", "aud", "exp", "iat"],
      clockTolerance: config.skewMs / 1000,
      maxTokenAge: TOKEN_AGE_SECONDS_MAX,
      currentDate: new Date(nowMs),
    });
    return repeatsClaims(token) ? err(AMBIGUOUS) : identityOf(config, payload);
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return "no key";
    return err(faultOf(error));
  }
}

/**
 * Returns STS's fault for an error of jose's. Its texts name claims and hold none of their values.
 */
function faultOf(error: unknown): TokenFault {
  const invalid = (message: string): TokenFault => {
    const rule = error instanceof Error ? `token: ${error.message}` : "token";
    return tokenFault("InvalidIdentityToken", message, rule);
  };
  if (error instanceof errors.JWTExpired) {
    return tokenFault("ExpiredTokenException", "The token has expired", `token: ${error.message}`);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === "aud"
      ? invalid("Incorrect token audience")
      : invalid(`The token's claim ${error.claim} is missing or not valid`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return invalid("The token's signature is not valid");
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return invalid("The token's algorithm is not accepted");
  }
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return invalid("The token does not say which of its issuer's keys signed it");
  }
  if (error instanceof errors.JOSEError) return invalid("The token is not valid");
  // A key of the issuer that the platform does not take, such as a point that is not on its curve.
  if (isKeyProblem(error)) return invalid("The issuer's key cannot be used");
  throw error;
}

function isKeyProblem(error: unknown): boolean {
  return (
    error instanceof TypeError || (error instanceof DOMException && error.name === "DataError")
  );
}

function identityOf(config: IssuerConfig, payload: JWTPayload): Result<WebIdentity, TokenFault> {
  const { sub, aud, exp } = payload;
  const azp = payload["azp"];
  if (!isValue(sub)) return err(badClaim("sub"));
  if (exp === undefined || exp > SECONDS_MAX) return err(badClaim("exp"));
  if (azp !== undefined && !isValue(azp)) return err(badClaim("azp"));
  const given = typeof aud === "string" ? [aud] : (aud ?? []);
  const claims = new Map<string, string | readonly string[]>();
  for (const [name, steps] of config.claims) {
    const claim = claimAt(payload, steps);
    if (claim === undefined) continue;
    if (!claim.ok) return err(badClaim(name));
    claims.set(name, claim.value);
  }
  const tags = tagsIn(config.tags, payload);
  if (!tags.ok) return tags;
  return ok({
    issuer: config.name,
    url: config.url,
    subject: sub,
    audiences: config.audiences.filter((one) => given.includes(one)),
    authorizedParty: azp,
    claims,
    tags: tags.value,
    expiresMs: exp * 1000,
  });
}

/** A tag has one value: a claim with several makes none of them the right one. */
function tagsIn(
  paths: ClaimPaths,
  payload: JWTPayload,
): Result<ReadonlyMap<string, string>, TokenFault> {
  const tags = new Map<string, string>();
  for (const [tag, steps] of paths) {
    const claim = claimAt(payload, steps);
    if (claim === undefined) continue;
    const value = claim.ok ? oneOf(claim.value) : undefined;
    if (value === undefined) return err(badClaim(tag));
    tags.set(tag, value);
  }
  return ok(tags);
}

function oneOf(value: string | readonly string[]): string | undefined {
  if (typeof value === "string") return value;
  return value.length === 1 ? value[0] : undefined;
}

function badClaim(name: string): TokenFault {
  const message = `The token's claim ${name} is missing or not valid`;
  return tokenFault(
    "InvalidIdentityToken",
    message,
    `token: ${name} is no text of at most ${VALUE_LENGTH_MAX} characters`,
  );
}

/**
 * Returns a claim; `undefined` if there is none, an error for a value that no condition could
 * compare.
 */
function claimAt(
  payload: JWTPayload,
  steps: readonly string[],
): Result<string | readonly string[], undefined> | undefined {
  let value: unknown = payload;
  for (const step of steps) value = memberOf(value, step);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) {
    const text = textOf(value);
    return text === undefined ? err(undefined) : ok(text);
  }
  const texts = value.map(textOf).filter((text) => text !== undefined);
  return value.length > VALUES_MAX || texts.length < value.length ? err(undefined) : ok(texts);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "boolean" || Number.isSafeInteger(value)) return String(value);
  return isValue(value) ? value : undefined;
}

function isValue(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= VALUE_LENGTH_MAX &&
    !/\p{Cc}/u.test(value)
  );
}
