import type { Explained } from "./reasons.ts";
import { OF_POLICY } from "./survivors-of-policy.ts";
import { OF_SIGNATURE } from "./survivors-of-signature.ts";

/** The survivors that were looked at and need no test, by file below src. */
export const SURVIVORS: Readonly<Record<string, readonly Explained[]>> = {
  ...OF_POLICY,
  ...OF_SIGNATURE,
};
