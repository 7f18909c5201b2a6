import type { RequestHead } from "../http/head.ts";
import { firstValue, valuesOf, type HeaderList } from "../http/headers.ts";
import type { Brand } from "../lib/brand.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { argument, awsFault, fault, type Fault } from "../s3/faults.ts";
import type { KnownAuthorizations } from "./authorization.ts";
import { ALGORITHM } from "./canonical.ts";
import type { ChunkProof } from "./chunk-proof.ts";
import { parseContentSha256 } from "./content-sha256.ts";
import type { Payload } from "./payload.ts";
import type { SignatureRules } from "./rules.ts";
import { hasV2Query, parseV2Header, parseV2Query, type V2Claim } from "./v2-claim.ts";
import { verifyV2 } from "./v2-verify.ts";
import { isRepeated, type V4Claim } from "./v4-claim.ts";
import { parseV4Header } from "./v4-header.ts";
import { hasV4Query, parseV4Query } from "./v4-query.ts";
import { verifyV4 } from "./v4-verify.ts";
import type { VerifyContext } from "./verify-context.ts";

/** A request without any credential. */
type AnonymousClaim = { readonly kind: "anonymous"; readonly payload: Payload };

/** The claimed sender of a request. Nothing of it is proved. */
export type Claim = AnonymousClaim | V4Claim | V2Claim;

/** A claim whose signature fits its secret; only `verifyClaim` makes one. */
export type Proved = Brand<Verified, "Proved">;

type Verified =
  | { readonly kind: "v4"; readonly claim: V4Claim; readonly proof: ChunkProof }
  | { readonly kind: "v2"; readonly claim: V2Claim };

/**
 * Finds the one credential of a request and reads it ("Authenticating Requests", SigV4 and SigV2).
 * Whatever looks like a credential is one: a malformed or doubled credential is a fault, never an
 * anonymous request. The faults are those of `parseV4Header`, `parseV4Query`, `parseV2Header`, and
 * InvalidArgument for several credentials or an unknown scheme. `known`: headers read before.
 */
export function parseClaim(
  head: RequestHead,
  rules: SignatureRules,
  known?: KnownAuthorizations,
): Result<Claim, Fault> {
  const v4Query = hasV4Query(head.target.query);
  const v2Query = hasV2Query(head.target.query);
  const authorizations = valuesOf(head.headers, "authorization");
  const [authorization] = authorizations;
  const inHeader = authorizations.some(isOurScheme);
  if (authorizations.length > 1 || (v4Query && v2Query) || (inHeader && (v4Query || v2Query))) {
    return err(severalCredentials());
  }
  // A presigned URL may come with the Bearer or Basic header of a web application: not for S3.
  if (v4Query) return parseV4Query(head, rules);
  if (v2Query) return parseV2Query(head, rules);
  if (authorization === undefined) return parseAnonymous(head.headers);
  return parseAuthorization(authorization, head, rules, known);
}

/** Returns true if anything in `head` looks like a credential of S3, good or not. */
export function bearsCredential({ headers, target }: RequestHead): boolean {
  return (
    valuesOf(headers, "authorization").some(isOurScheme) ||
    hasV4Query(target.query) ||
    hasV2Query(target.query)
  );
}

/**
 * Returns true if the scheme is one of S3's, in any case: schemes ignore case (RFC 9110 section
 * 11.1), though S3 takes capitals only.
 */
function isOurScheme(authorization: string): boolean {
  return authorization.slice(0, 3).toUpperCase() === "AWS";
}

function severalCredentials(): Fault {
  return awsFault("AuthorizationTwice", { elements: [["ArgumentName", "Authorization"]] });
}

function parseAuthorization(
  authorization: string,
  head: RequestHead,
  rules: SignatureRules,
  known: KnownAuthorizations | undefined,
): Result<Claim, Fault> {
  if (authorization.startsWith(`${ALGORITHM} `)) {
    return parseV4Header(authorization, head, rules, known);
  }
  if (authorization.startsWith("AWS ")) return parseV2Header(authorization, head, rules);
  if (authorization.startsWith("AWS4-ECDSA-P256-SHA256")) {
    return err(
      fault("NotImplemented", "Signature version 4A is not supported: use AWS4-HMAC-SHA256"),
    );
  }
  // The text after the scheme is not repeated: it may be a token for something else.
  const space = authorization.indexOf(" ");
  if (space <= 0) {
    const elements = [["ArgumentName", "Authorization"]] as const;
    return err(awsFault("AuthorizationWithoutSpace", { elements }));
  }
  const elements = argument("Authorization", authorization.slice(0, Math.min(space, SCHEME_MAX)));
  return err(awsFault("AuthorizationUnsupported", { elements }));
}

/** The most characters of an unknown scheme's name that the error repeats. */
const SCHEME_MAX = 32;

function parseAnonymous(headers: HeaderList): Result<AnonymousClaim, Fault> {
  const text = firstValue(headers, "x-amz-content-sha256");
  if (isRepeated(headers, "x-amz-content-sha256")) {
    return err(fault("InvalidRequest", 'The header "x-amz-content-sha256" must not be repeated'));
  }
  const payload = parseContentSha256(text ?? "UNSIGNED-PAYLOAD");
  if (!payload.ok) return payload;
  if (payload.value.kind !== "chunked" || !payload.value.signed) {
    return ok({ kind: "anonymous", payload: payload.value });
  }
  return err(awsFault("PayloadHashUnsigned", { why: `got "${text}"` }));
}

/**
 * Proves a claim with the secret of its access key; `secret` is `undefined` for an access key that
 * nobody has, which costs the same work and returns InvalidAccessKeyId. Further faults:
 * RequestTimeTooSkewed, AccessDenied for a presigned URL out of its time, SignatureDoesNotMatch.
 */
export function verifyClaim(
  claim: V4Claim | V2Claim,
  head: RequestHead,
  secret: string | undefined,
  context: VerifyContext,
): Result<Proved, Fault> {
  if (claim.kind === "v2") {
    const verified = verifyV2(claim, head, secret, context);
    return verified.ok ? ok(mint({ kind: "v2", claim })) : verified;
  }
  const proof = verifyV4(claim, head, secret, context);
  return proof.ok ? ok(mint({ kind: "v4", claim, proof: proof.value })) : proof;
}

function mint(verified: Verified): Proved {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The brand exists for the compiler only.
  return verified as Proved;
}
