import { looksUpKeys, sourcesElsewhere } from "../config/elsewhere.ts";
import type { Config } from "../config/config.ts";
import type { FindKey } from "../explain/answers.ts";
import { err } from "../lib/result.ts";

/**
 * Opens the keys of other sources, looked up as the gateway does; `undefined` if the configuration
 * names none.
 */
export async function openForeignKeys(
  config: Config,
): Promise<{ readonly find: FindKey; readonly close: () => Promise<void> } | undefined> {
  if (!looksUpKeys(config)) return undefined;
  // Loaded only here, as in kept-records.ts.
  const { openIdentities } = await import("../identity/identities.ts");
  const { Metrics } = await import("../observe/metrics.ts");
  const { pino } = await import("pino");
  const reasons: string[] = [];
  const hooks = { logMethod: (said: readonly unknown[]) => void reasons.push(...reasonIn(said)) };
  const identities = openIdentities(config, new Metrics(), pino({ level: "error", hooks }));
  if (identities === undefined) return undefined;
  return {
    find: async (name) => {
      reasons.length = 0;
      const key = await identities.findKey(name);
      if (key.ok) return key;
      // The sources complain once a minute, so that of many keys only the first has a reason.
      const [reason] = reasons;
      const why =
        reason === undefined ? ", or refuses (s3warden doctor)" : ` as it should: ${reason}`;
      return err(`Cannot look up "${name}": ${sourcesElsewhere(config)} does not answer${why}`);
    },
    close: () => identities.close(),
  };
}

/** The reason in what a source logs; empty if there is none. */
function reasonIn([fields]: readonly unknown[]): readonly string[] {
  const hasReason = typeof fields === "object" && fields !== null && "why" in fields;
  return hasReason && typeof fields.why === "string" ? [fields.why] : [];
}
