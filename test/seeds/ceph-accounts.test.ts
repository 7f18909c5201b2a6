import { runSeeds } from "./run.ts";

runSeeds("ceph-accounts");
