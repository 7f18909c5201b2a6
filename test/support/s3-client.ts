import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
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

/**
 * Returns the error that a client gets for a request; "ok" if the request succeeded. The body of an
 * object is read: each unread body keeps one of the SDK's 50 connections, and the next request waits
 * until the gateway closes one.
 */
export async function told(sending: Promise<unknown>): Promise<string> {
  try {
    const answer = await sending;
    if (typeof answer !== "object" || answer === null || !("Body" in answer)) return "ok";
    if (answer.Body instanceof Readable) await buffer(answer.Body);
    return "ok";
  } catch (error) {
    return error instanceof s3.S3ServiceException ? error.name : String(error);
  }
}
