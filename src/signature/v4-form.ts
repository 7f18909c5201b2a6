import type { Brand } from "../lib/brand.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { argument, awsFault, fault, type Fault } from "../s3/faults.ts";
import { fieldMissing } from "../s3/post-object.ts";
import { parseAmzDate } from "./amz-date.ts";
import { ALGORITHM } from "./canonical.ts";
import { hmac, hmacSha1, sameSignature } from "./hmac.ts";
import type { KeyRing } from "./key-ring.ts";
import type { SignatureRules } from "./rules.ts";
import { parseCredential, SERVICE, type ScopedCredential } from "./scope.ts";
import { mismatch, NOBODYS_SECRET, unknownKey, versionNotAccepted } from "./signature-faults.ts";

/** The claim of a browser's POST form about who wrote its policy; nothing of it is proved. */
export type FormClaim =
  /** The form has neither a policy nor a credential. */
  { readonly kind: "anonymous" } | SignedFormClaim;

export type SignedFormClaim = FormV4Claim | FormV2Claim;

type FormV4Claim = ScopedCredential & {
  readonly kind: "v4";
  readonly signature: string;
  readonly sessionToken: string | undefined;
};

type FormV2Claim = {
  readonly kind: "v2";
  readonly accessKeyId: string;
  readonly signature: string;
  readonly sessionToken: string | undefined;
};

/** A form claim whose signature fits its policy and secret; only `verifyFormClaim` makes one. */
export type ProvedForm = Brand<SignedFormClaim, "ProvedForm">;

/** The fields by lower-case name, each once. */
type Fields = ReadonlyMap<string, string>;

const V4_FIELDS = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"] as const;

/**
 * Reads the credential of a POST form ("Authenticating Requests: Browser-Based Uploads Using POST",
 * and its predecessor of version 2). `fields` are those before the file, by lower-case name.
 * Faults: InvalidArgument for fields that are missing, doubled or malformed, InvalidRequest if
 * version 2 is not accepted.
 */
export function parseFormClaim(fields: Fields, rules: SignatureRules): Result<FormClaim, Fault> {
  const v4 = V4_FIELDS.some((name) => fields.has(name));
  const v2 = fields.has("awsaccesskeyid") || fields.has("signature");
  if (v4 && v2) return invalid("Only one auth mechanism allowed: the form has fields of two");
  if (!v4 && !v2 && !fields.has("policy")) return ok({ kind: "anonymous" });
  // A credential proves the policy and nothing else, so without one it proves nothing.
  if (!fields.has("policy")) return missing("policy");
  return v2 ? parseV2Form(fields, rules) : parseV4Form(fields, rules);
}

function parseV4Form(fields: Fields, rules: SignatureRules): Result<FormV4Claim, Fault> {
  for (const name of V4_FIELDS) if (!fields.has(name)) return missing(name);
  const [algorithm = "", credentialText = "", date = "", signature = ""] = V4_FIELDS.map((name) =>
    fields.get(name),
  );
  if (algorithm !== ALGORITHM) {
    return err(awsFault("FormAlgorithm", { elements: argument("X-Amz-Algorithm", algorithm) }));
  }
  const credential = parseCredential(credentialText, rules);
  if (!credential.ok) {
    const { message, why } = credential.error;
    const elements = argument("x-amz-credential", credentialText);
    return err(awsFault("FormCredential", { values: [message], elements, why }));
  }
  if (parseAmzDate(date) === undefined || !date.startsWith(credential.value.date)) {
    const why = `x-amz-date must be in the format "yyyyMMdd'T'HHmmss'Z'" and of the credential's date`;
    return err(awsFault("FormDate", { elements: argument("X-Amz-Date", date), why }));
  }
  const sessionToken = fields.get("x-amz-security-token");
  return ok({ kind: "v4", ...credential.value, signature, sessionToken });
}

function parseV2Form(fields: Fields, rules: SignatureRules): Result<FormV2Claim, Fault> {
  if (!rules.v2) return err(versionNotAccepted());
  const accessKeyId = fields.get("awsaccesskeyid");
  if (accessKeyId === undefined) return missing("AWSAccessKeyId");
  const signature = fields.get("signature");
  if (signature === undefined) return missing("signature");
  const sessionToken = fields.get("x-amz-security-token");
  return ok({ kind: "v2", accessKeyId, signature, sessionToken });
}

function missing(name: string): Result<never, Fault> {
  return err(fieldMissing(name));
}

function invalid(message: string): Result<never, Fault> {
  return err(fault("InvalidArgument", message));
}

/**
 * Proves that the holder of `secret` (`undefined` if nobody has that access key) wrote the policy.
 * Its base64 text, as sent, is what is signed. Its lifetime is for the policy's own expiration.
 * Faults: InvalidAccessKeyId, SignatureDoesNotMatch.
 */
export function verifyFormClaim(
  claim: SignedFormClaim,
  policyBase64: string,
  secret: string | undefined,
  context: { readonly ring: KeyRing },
): Result<ProvedForm, Fault> {
  const signature = policySignature(claim, policyBase64, secret ?? NOBODYS_SECRET, context.ring);
  const matches = sameSignature(signature, claim.signature);
  if (secret === undefined) return err(unknownKey(claim.accessKeyId));
  if (matches) return ok(mint(claim));
  const signed = { stringToSign: policyBase64, canonical: undefined };
  return err(mismatch(claim.accessKeyId, claim.signature, signed));
}

function policySignature(
  claim: SignedFormClaim,
  policyBase64: string,
  secret: string,
  ring: KeyRing,
): string {
  if (claim.kind === "v2") return hmacSha1(secret, policyBase64);
  return hmac(ring.signingKey(secret, claim.date, claim.region, SERVICE), policyBase64);
}

function mint(claim: SignedFormClaim): ProvedForm {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The brand exists for the compiler only.
  return claim as ProvedForm;
}
