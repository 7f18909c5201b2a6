import type { Config } from "../config/config.ts";
import type { Result } from "../lib/result.ts";

/** A gateway that listens, in one process or in many. */
export type RunningGateway = {
  /**
   * The address as bound: `host:port` for S3 clients, and see `AdminPort.address` for the
   * operator's tools.
   */
  readonly address: string;
  readonly adminAddress: string;
  /** The same of the port for STS alone; `undefined` if there is none. */
  readonly stsAddress: string | undefined;
  /**
   * Puts `config` in force; resolves with its number when every request that begins is decided by
   * it. The error says why it cannot be put in force: then nothing has changed. A rejection, which
   * is a bug, changes nothing either.
   */
  readonly reload: (config: Config) => Promise<Result<number, string>>;
  /** Continues in the audit file that now has the name, as after a rotation. */
  readonly reopenAudit: () => void;
  /** A configuration that was read is not good: told by the metrics and on the status page. */
  readonly refused: (reasons: readonly string[]) => void;
  /** Lets requests under way finish, as `limits` say, then ends everything that was opened. */
  readonly close: () => Promise<void>;
};
