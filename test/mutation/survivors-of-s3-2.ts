import type { Explained } from "./reasons.ts";

/** What survives of s3/ and was looked at: it needs no test. */
export const OF_S3_2: Readonly<Record<string, readonly Explained[]>> = {};
