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
  const identities = openIdentities(config, new Metrics(), pino({ level: "silent" }));
  if (identities === undefined) return undefined;
  return {
    find: async (name) => {
      const key = await identities.findKey(name);
      if (key.ok) return key;
      return err(
        `Cannot look up "${name}": ${sourcesElsewhere(config)} does not answer, or refuses (s3warden doctor)`,
      );
    },
    close: () => identities.close(),
  };
}
