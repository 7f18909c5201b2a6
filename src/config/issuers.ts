import { z } from "zod";
import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt } from "./placed.ts";
import { readKeySet, type KeySet } from "./jwks.ts";
import { duration, someText, text } from "./shape.ts";
import { besides, unreadable, type Surroundings } from "./surroundings.ts";

/**
 * An issuer of tokens that identify people, jobs and pods (OpenID Connect). Times in milliseconds.
 */
export type IssuerConfig = {
  /** The issuer's name in trust policies and the audit log. */
  readonly name: string;
  /** `iss` of its tokens, to the letter. */
  readonly url: string;
  /**
   * The source of its keys: asked for at `url`, at a place of its own, or in a file that was read.
   */
  readonly keys:
    | { readonly kind: "discovery" }
    | { readonly kind: "url"; readonly url: string }
    | { readonly kind: "file"; readonly set: KeySet };
  /** `aud` of a token must be one of these, or have one of them. */
  readonly audiences: readonly string[];
  /**
   * The claims that trust policies may ask of a token: the steps to the claim, by the name of the
   * condition key.
   */
  readonly claims: ClaimPaths;
  /** Tags that a session gets from the token, in the same form. */
  readonly tags: ClaimPaths;
  /** The certificates that https is trusted by; `undefined` for the system's. */
  readonly ca: string | undefined;
  /**
   * A file with the bearer token that its keys are asked for with; `undefined` if none is needed.
   */
  readonly tokenFile: string | undefined;
  /** The time for which its keys count, and the further time while the issuer does not answer. */
  readonly cacheMs: number;
  readonly staleMs: number;
  /** The largest difference between its clock and ours. */
  readonly skewMs: number;
};

/** Steps from the token's root to each claim, by name. */
export type ClaimPaths = ReadonlyMap<string, readonly string[]>;

/** A name that stands before a colon in condition keys. */
function parseIssuerName(written: string): Result<string, string> {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(written)) return ok(written);
  return err("Expected a name of letters, digits and any of . _ -");
}

/**
 * Reads `https://host/path` as it stands in `iss` (OpenID Connect Core section 2), or `http://` for
 * an address of this machine: anybody who can change what is fetched there can sign tokens.
 */
function parseIssuerUrl(written: string): Result<string, string> {
  const expected = err(
    "Expected https://, a host and perhaps a path, without ? and #; http:// only for 127.0.0.1, [::1] and localhost",
  );
  return isSafeUrl(written) && !/[?#]/.test(written) && written.length <= URL_LENGTH_MAX
    ? ok(written)
    : expected;
}

const URL_LENGTH_MAX = 512;

function parseKeysUrl(written: string): Result<string, string> {
  if (isSafeUrl(written)) return ok(written);
  return err(
    "Expected an https:// URL of a JSON Web Key Set; http:// only for 127.0.0.1, [::1] and localhost",
  );
}

/**
 * Returns true if what is fetched from `url` certainly comes from that host: https, or this very
 * machine.
 */
export function isSafeUrl(url: string): boolean {
  if (!/^https?:\/\/[^\s\\@]+$/.test(url) || !URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** `groups`, or below other claims as a JSON Pointer (RFC 6901): `/kubernetes.io/namespace`. */
function parseClaimPath(written: string): Result<readonly string[], string> {
  if (!written.startsWith("/")) return ok([written]);
  const steps = written.slice(1).split("/");
  if (steps.length > STEPS_MAX || steps.some((step) => step === "" || /~(?![01])/.test(step))) {
    return err(
      `Expected the name of a claim, or a JSON Pointer of at most ${STEPS_MAX} steps such as /kubernetes.io/namespace`,
    );
  }
  return ok(steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")));
}

const STEPS_MAX = 8;

function claimPaths(about: string) {
  return z
    .record(z.string().regex(/^[A-Za-z0-9_.+=@-]{1,64}$/), text(parseClaimPath))
    .prefault({})
    .describe(about);
}

/** `issuers:` of gateway.yaml. */
export const IssuersSchema = z.array(
  z.strictObject({
    name: text(parseIssuerName).describe("The name in trust policies, such as keycloak"),
    url: text(parseIssuerUrl).describe(
      "Exactly what its tokens have as iss; keys are found at /.well-known/openid-configuration below it",
    ),
    keysUrl: text(parseKeysUrl)
      .optional()
      .describe("The URL of its JSON Web Key Set; absent: discovery says it"),
    jwks: someText()
      .optional()
      .describe("File with its JSON Web Key Set, for an issuer that cannot be asked"),
    audiences: z
      .array(someText().max(256))
      .min(1)
      .max(64)
      .describe("aud of a token must be one of these: tokens made for others open nothing here"),
    claims: claimPaths(
      "Claims that trust policies may ask for, as name: claim, such as namespace: /kubernetes.io/namespace",
    ),
    tags: claimPaths("Tags that sessions get (aws:PrincipalTag), as tag: claim"),
    caFile: someText()
      .optional()
      .describe("File with the certificates that an https issuer is trusted by, PEM"),
    tokenFile: someText()
      .optional()
      .describe(
        "File with a bearer token to ask for the keys with, such as a pod's own; only sent to the host of url or keysUrl",
      ),
    cache: duration("10s", "1d")
      .prefault("10m")
      .describe("The time after which the keys are asked for again"),
    stale: duration("0s", "7d")
      .prefault("1d")
      .describe("The additional time for which they count while the issuer does not answer"),
    clockSkew: duration("0s", "10m")
      .prefault("1m")
      .describe("Maximum difference between the issuer's clock and this one"),
  }),
);

type Written = z.output<typeof IssuersSchema>[number];

/** Reads `issuers`, with the files it names; problems go to `problems`. `cas`: by place. */
export function readIssuers(
  document: ConfigDocument,
  written: readonly Written[] | undefined,
  surroundings: Surroundings,
  problems: Problem[],
): (cas: ReadonlyMap<number, string>) => readonly IssuerConfig[] {
  problems.push(...repeated(document, written));
  const sets = (written ?? []).map((issuer, i) =>
    keySetOf(document, issuer, i, surroundings, problems),
  );
  return (cas) =>
    (written ?? []).map((issuer, i) => issuerOf(document, issuer, sets[i], cas.get(i)));
}

function issuerOf(
  { file }: ConfigDocument,
  { name, url, keysUrl, audiences, claims, tags, tokenFile, cache, stale, clockSkew }: Written,
  set: KeySet | undefined,
  ca: string | undefined,
): IssuerConfig {
  const asked =
    keysUrl === undefined
      ? ({ kind: "discovery" } as const)
      : ({ kind: "url", url: keysUrl } as const);
  return {
    name,
    url,
    keys: set === undefined ? asked : { kind: "file", set },
    audiences,
    claims: new Map(Object.entries(claims)),
    tags: new Map(Object.entries(tags)),
    ca,
    tokenFile: tokenFile === undefined ? undefined : besides(file, tokenFile),
    cacheMs: cache,
    staleMs: stale,
    skewMs: clockSkew,
  };
}

/** Names and URLs must each be one issuer's: a token has one `iss`, and a condition key one name. */
function repeated(document: ConfigDocument, written: readonly Written[] = []): readonly Problem[] {
  const problems: Problem[] = [];
  for (const field of ["name", "url"] as const) {
    const seen = new Map<string, number>();
    for (const [i, issuer] of written.entries()) {
      const value = field === "name" ? issuer.name.toLowerCase() : issuer.url;
      const before = seen.get(value);
      if (before === undefined) seen.set(value, i);
      else {
        const message = `issuers[${before}] has the same ${field}: got "${issuer[field]}"`;
        const remedy =
          field === "url"
            ? "List its audiences and claims in one item"
            : "Give each a name of its own";
        problems.push(problemAt(document, `issuers[${i}].${field}`, { message, remedy }));
      }
    }
  }
  return problems;
}

function keySetOf(
  document: ConfigDocument,
  { jwks, keysUrl, tokenFile, caFile }: Written,
  index: number,
  surroundings: Surroundings,
  problems: Problem[],
): KeySet | undefined {
  if (jwks === undefined) return undefined;
  const path = `issuers[${index}].jwks`;
  const complain = (message: string, remedy: string): undefined => {
    problems.push(problemAt(document, path, { message, remedy }));
    return undefined;
  };
  if ((keysUrl ?? tokenFile ?? caFile) !== undefined) {
    return complain(
      "The keys are in a file, so nobody is asked for them",
      "Remove keysUrl, tokenFile and caFile, or remove jwks",
    );
  }
  const file = besides(document.file, jwks);
  const read = surroundings.read(file);
  if (!read.ok) {
    const { message, remedy } = unreadable(file, read.error);
    return complain(message, remedy);
  }
  const set = readKeySet(jsonOf(read.value));
  return set.ok ? set.value : complain(`${set.error}: got "${file}"`, "");
}

/** Returns the parsed JSON; `undefined` if `text` is not JSON. */
function jsonOf(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return undefined;
  }
}
