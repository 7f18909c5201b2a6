import type { Explained } from "./reasons.ts";
import { OF_ADMISSION } from "./survivors-of-admission.ts";
import { OF_ADMISSION_2 } from "./survivors-of-admission-2.ts";
import { OF_POLICY } from "./survivors-of-policy.ts";
import { OF_PROVIDER } from "./survivors-of-provider.ts";
import { OF_S3 } from "./survivors-of-s3.ts";
import { OF_S3_2 } from "./survivors-of-s3-2.ts";
import { OF_S3_3 } from "./survivors-of-s3-3.ts";
import { OF_SIGNATURE } from "./survivors-of-signature.ts";

/** The survivors that were looked at and need no test, by file below src. */
export const SURVIVORS: Readonly<Record<string, readonly Explained[]>> = {
  ...OF_ADMISSION,
  ...OF_ADMISSION_2,
  ...OF_POLICY,
  ...OF_PROVIDER,
  ...OF_S3,
  ...OF_S3_2,
  ...OF_S3_3,
  ...OF_SIGNATURE,
};
