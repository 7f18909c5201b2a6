import type { Explained } from "./reasons.ts";

/** What survives of admission/ and was looked at: it needs no test. */
export const OF_ADMISSION_2: Readonly<Record<string, readonly Explained[]>> = {};
