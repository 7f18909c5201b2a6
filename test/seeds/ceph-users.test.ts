import { runSeeds } from "./run.ts";

runSeeds("ceph-users");
