import { hmacHex, scopeText, signingKey, type KeyPair, type V4Scope } from "./signed.ts";

export const BOUNDARY = "----s3wardenFormBoundary";

/** One part of a form, in the order of the wire. */
export type Part = {
  readonly name: string;
  readonly value: string;
  /** The name of the file, if the part is a file. */
  readonly filename?: string;
};

/** The fields of a signed policy ("POST Policy", S3 API Reference) for uploads as `conditions` say. */
export function policyParts(
  key: KeyPair,
  scope: V4Scope,
  policy: { readonly expiresMs: number; readonly conditions: readonly unknown[] },
): readonly Part[] {
  const credential = `${key.accessKey}/${scopeText(scope)}`;
  const document = {
    expiration: new Date(policy.expiresMs).toISOString(),
    conditions: [
      ...policy.conditions,
      { "x-amz-algorithm": "AWS4-HMAC-SHA256" },
      { "x-amz-credential": credential },
      { "x-amz-date": scope.timestamp },
    ],
  };
  return signedPolicyParts(key, scope, JSON.stringify(document));
}

/** Returns the same fields for a policy document whose text is `document`. */
export function signedPolicyParts(key: KeyPair, scope: V4Scope, document: string): readonly Part[] {
  const policy = Buffer.from(document).toString("base64");
  return [
    { name: "policy", value: policy },
    { name: "x-amz-algorithm", value: "AWS4-HMAC-SHA256" },
    { name: "x-amz-credential", value: `${key.accessKey}/${scopeText(scope)}` },
    { name: "x-amz-date", value: scope.timestamp },
    { name: "x-amz-signature", value: hmacHex(signingKey(key.secretKey, scope), policy) },
  ];
}

/** The parts as a multipart/form-data body (RFC 7578), one character a byte. */
export function multipart(parts: readonly Part[]): string {
  const texts = parts.map(({ name, value, filename }) => {
    const file = filename === undefined ? "" : `; filename="${filename}"`;
    return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
  });
  return `${texts.join("")}--${BOUNDARY}--\r\n`;
}
