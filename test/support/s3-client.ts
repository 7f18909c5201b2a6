import * as s3 from "@aws-sdk/client-s3";
import type { KeyPair } from "./signed.ts";

/** Returns a client in path style that tries once. `more`: other options of the SDK. */
export function clientOf(
  endpoint: string,
  { accessKey, secretKey }: KeyPair,
  more: s3.S3ClientConfig = {},
): s3.S3Client {
  return new s3.S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    ...more,
  });
}

/** Options for uploads without the trailing checksums that are the SDK's default. */
export const PLAIN: s3.S3ClientConfig = { requestChecksumCalculation: "WHEN_REQUIRED" };

/** Returns the error that a client gets for a request; "ok" if the request succeeded. */
export async function told(sending: Promise<unknown>): Promise<string> {
  try {
    await sending;
    return "ok";
  } catch (error) {
    return error instanceof s3.S3ServiceException ? error.name : String(error);
  }
}
