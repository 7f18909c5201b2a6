import { awsFault, type Fault } from "../s3/faults.ts";
import { isoSeconds } from "./amz-date.ts";

/**
 * Stands for the secret of an access key that nobody has, so that a request with an unknown key
 * costs the same work as one with a wrong signature. Nothing signed with it is ever accepted.
 */
export const NOBODYS_SECRET = "the secret of no key";

/** Returns the fault of an access key that nobody has. */
export function unknownKey(accessKeyId: string): Fault {
  return awsFault("InvalidAccessKeyId", { elements: [["AWSAccessKeyId", accessKeyId]] });
}

/** Returns the fault of a signature by version 2 if version 2 is not accepted; AWS's own words. */
export function versionNotAccepted(): Fault {
  return awsFault("VersionNotAccepted");
}

/** The texts that the gateway signed, of one byte per character; `canonical` only for version 4. */
export type Signed = { readonly stringToSign: string; readonly canonical: string | undefined };

/**
 * Returns SignatureDoesNotMatch with the texts that AWS reports: enough for the client to compare
 * with its own. They hold nothing but what the client sent, never a secret or the right signature.
 */
export function mismatch(accessKeyId: string, signature: string, signed: Signed): Fault {
  const { stringToSign, canonical } = signed;
  const request: readonly (readonly [string, string])[] =
    canonical === undefined
      ? []
      : [
          ["CanonicalRequest", shown(canonical)],
          ["CanonicalRequestBytes", hexPairs(canonical)],
        ];
  return awsFault("SignatureDoesNotMatch", {
    elements: [
      ["AWSAccessKeyId", accessKeyId],
      ["StringToSign", shown(stringToSign)],
      ["SignatureProvided", signature],
      ["StringToSignBytes", hexPairs(stringToSign)],
      ...request,
    ],
  });
}

/**
 * Returns the bytes as text. Header values are mostly UTF-8, and the client's own text is of use
 * only as it wrote it.
 */
function shown(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Returns each byte as two hex digits, with spaces between. */
function hexPairs(bytes: string): string {
  const pairs = Buffer.alloc(Math.max(0, bytes.length * 3 - 1), " ");
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    pairs[i * 3] = DIGITS.charCodeAt((byte >> 4) & 15);
    pairs[i * 3 + 1] = DIGITS.charCodeAt(byte & 15);
  }
  return pairs.toString("latin1");
}

const DIGITS = "0123456789abcdef";

/**
 * Returns AccessDenied for a presigned URL after its time; `expiresSeconds` as sent, `undefined`
 * for SigV2.
 */
export function expired(expiresMs: number, nowMs: number, expiresSeconds?: number): Fault {
  const seconds: readonly (readonly [string, string])[] =
    expiresSeconds === undefined ? [] : [["X-Amz-Expires", `${expiresSeconds}`]];
  return awsFault("RequestExpired", {
    elements: [...seconds, ["Expires", isoSeconds(expiresMs)], ["ServerTime", isoSeconds(nowMs)]],
  });
}

/** Returns RequestTimeTooSkewed; `requestTime` is the time that the client signed. */
export function skewed(requestTime: string, nowMs: number, skewMsMax: number): Fault {
  return awsFault("RequestTimeTooSkewed", {
    elements: [
      ["RequestTime", requestTime],
      ["ServerTime", isoSeconds(nowMs)],
      ["MaxAllowedSkewMilliseconds", `${skewMsMax}`],
    ],
  });
}
