import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { err, ok } from "../lib/result.ts";
import { openAdmin } from "../admin/admin.ts";
import { fixedParts, needsRestart } from "./fixed.ts";
import { openMember } from "./member.ts";
import type { RunningGateway } from "./service.ts";

/**
 * Opens everything a configuration asks for, in this process. Throws if a port or file cannot be
 * opened.
 */
export async function openGateway(config: Config, log: Logger): Promise<RunningGateway> {
  let generation = 1;
  const fixed = fixedParts(config);
  const member = await openMember(config, generation, log);
  member.metrics.workersServing(1);
  const admin = await openAdmin(member.administered, config).catch(async (error: unknown) => {
    await member.close();
    throw error;
  });
  return {
    address: member.address,
    adminAddress: admin.address,
    stsAddress: member.stsAddress,
    reload: async (next) => {
      const refusal = needsRestart(fixed, next);
      if (refusal !== undefined) return err(refusal);
      member.reload(next, generation + 1);
      return ok(++generation);
    },
    reopenAudit: member.reopenAudit,
    refused: (reasons) => member.metrics.configRefused(Date.now(), reasons),
    close: async () => {
      await member.leave();
      await member.close();
      await admin.close();
    },
  };
}
