import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { listenAdmin } from "./admin.ts";
import { needsRestart } from "./fixed.ts";
import { openMember } from "./member.ts";

/** A gateway that listens. */
export type OpenGateway = {
  /** `host:port` as bound, for S3 clients and for the operator's tools. */
  readonly address: string;
  readonly adminAddress: string;
  /**
   * Puts `config` in force; resolves with its number when every request that begins is decided by
   * it. The error names what cannot change without a restart: then nothing has changed.
   */
  readonly reload: (config: Config) => Promise<Result<number, string>>;
  /** A configuration that was read is not good: told by the metrics. */
  readonly refused: () => void;
  /** Lets requests under way finish, as `limits` say, then ends everything that was opened. */
  readonly close: () => Promise<void>;
};

/**
 * Opens everything a configuration asks for, in this process. Throws where a port or file cannot be
 * opened.
 */
export async function openGateway(config: Config, log: Logger): Promise<OpenGateway> {
  let generation = 1;
  let latest = config;
  const member = await openMember(config, generation, log);
  member.metrics.workersServing(1);
  const administered = {
    metrics: () => member.metrics.text(),
    unready: () => Promise.resolve(member.unready()),
    dropIdentities: () => Promise.resolve(member.dropIdentities()),
  };
  const admin = await listenAdmin(administered, config.admin.address).catch(
    async (error: unknown) => {
      await member.close();
      throw error;
    },
  );
  return {
    address: member.address,
    adminAddress: admin.address,
    reload: (next) => {
      const refusal = needsRestart(latest, next);
      if (refusal !== undefined) return Promise.resolve(err(refusal));
      latest = next;
      member.reload(next, ++generation);
      return Promise.resolve(ok(generation));
    },
    refused: () => member.metrics.configRefused(),
    close: async () => {
      await member.leave();
      await member.close();
      await admin.close();
    },
  };
}
