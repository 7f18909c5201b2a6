import type { Explained } from "./reasons.ts";
import { OF_ADMISSION_A_F } from "./survivors/admission-a-f.ts";
import { OF_ADMISSION_G_P } from "./survivors/admission-g-p.ts";
import { OF_ADMISSION_Q_Z } from "./survivors/admission-q-z.ts";
import { OF_POLICY } from "./survivors/policy.ts";
import { OF_PROVIDER } from "./survivors/provider.ts";
import { OF_S3_A_C } from "./survivors/s3-a-c.ts";
import { OF_S3_D_M } from "./survivors/s3-d-m.ts";
import { OF_S3_N_Z } from "./survivors/s3-n-z.ts";
import { OF_SIGNATURE } from "./survivors/signature.ts";

/** The survivors that were looked at and need no test, by file below src. */
export const SURVIVORS: Readonly<Record<string, readonly Explained[]>> = {
  ...OF_ADMISSION_A_F,
  ...OF_ADMISSION_G_P,
  ...OF_ADMISSION_Q_Z,
  ...OF_POLICY,
  ...OF_PROVIDER,
  ...OF_S3_A_C,
  ...OF_S3_D_M,
  ...OF_S3_N_Z,
  ...OF_SIGNATURE,
};
