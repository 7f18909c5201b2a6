import type { Explained } from "./reasons.ts";

/** What survives of provider/ and was looked at: it needs no test. */
export const OF_PROVIDER: Readonly<Record<string, readonly Explained[]>> = {};
