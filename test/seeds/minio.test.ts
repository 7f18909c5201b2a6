import { runSeeds } from "./run.ts";

runSeeds("minio");
