/** A thread that checks a share of all pairs, and tells its count after each. */

import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { checkShare } from "./pairs.ts";

const share = z.object({ from: z.number(), every: z.number() }).parse(workerData);
checkShare(share, (count) => parentPort?.postMessage(count, []));
