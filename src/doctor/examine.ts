import type { Config } from "../config/config.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { examineCollector } from "./collector.ts";
import { examineCertificates, examineFiles, examineLimits } from "./host.ts";
import { examineIssuers } from "./issuers.ts";
import { examineCeph, examineDirectories, examineState } from "./sources.ts";
import { examineSpool } from "./spool.ts";
import { examineStore } from "./store.ts";

/**
 * Asks everything that `config` depends on, one after the other, and yields each answer as it
 * comes. `files`: all that the configuration was read from. Changes nothing, but for `state`: its
 * folder or bucket is made if it does not exist, and a probe is written to the bucket and removed
 * again.
 */
export async function* examine(config: Config, files: Iterable<string>): AsyncGenerator<Diagnosis> {
  const tokens = config.directories.flatMap(({ token }) =>
    token?.kind === "file" ? [token.file] : [],
  );
  yield* examineFiles(files, tokens);
  yield* examineCertificates(config);
  yield* examineLimits(config);
  yield* examineSpool(config);
  yield* await examineStore(config);
  yield* await examineCeph(config);
  yield* await examineDirectories(config);
  yield* await examineIssuers(config);
  yield* await examineState(config);
  yield* await examineCollector(config);
}
