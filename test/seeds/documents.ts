import { ATMAN } from "./atman.ts";
import { COSCINE } from "./coscine.ts";
import { LUMI_O } from "./lumi-o.ts";
import { NUTANIX } from "./nutanix.ts";
import { QUMULO } from "./qumulo.ts";
import type { SeedDocument } from "./row.ts";

/** The five documents, in the order of the page. */
export const DOCUMENTS: readonly SeedDocument[] = [LUMI_O, QUMULO, ATMAN, COSCINE, NUTANIX];
