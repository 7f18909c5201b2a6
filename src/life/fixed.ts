import { isDeepStrictEqual } from "node:util";
import type { AuditConfig, Config } from "../config/config.ts";

/**
 * The parts that are opened once, at the start: ports, files, processes. By its name in
 * gateway.yaml.
 */
const FIXED: Readonly<Record<string, (config: Config) => unknown>> = {
  workers: ({ workers }) => workers,
  "listen.address": ({ listen }) => listen.address,
  "listen.proxyProtocol": ({ listen }) => listen.proxyProtocol,
  "sts.address": ({ stsAddress }) => stsAddress,
  admin: ({ admin }) => admin,
  state: ({ state }) => state,
  // A bucket that holds the state is reached as the store was at the start.
  upstream: ({ state, upstream }) => (state?.kind === "bucket" ? upstream : undefined),
  log: ({ log }) => ({ ...log, audit: log.audit && withoutPem(log.audit) }),
};

/** Certificates are renewed without a restart (`AuditLog.renew`). */
function withoutPem({ syslog, ...audit }: AuditConfig): object {
  return { ...audit, syslog: syslog && { ...syslog, ca: "", clientCertificate: "" } };
}

/**
 * The parts of a configuration that are fixed; not the accounts, which nobody needs to keep for it.
 */
export type FixedParts = ReadonlyMap<string, unknown>;

export function fixedParts(config: Config): FixedParts {
  return new Map(Object.entries(FIXED).map(([name, part]) => [name, part(config)]));
}

/**
 * Returns the reason why a running gateway cannot go from `before` to `after`; `undefined` if it
 * can.
 */
export function needsRestart(before: FixedParts, after: Config): string | undefined {
  const fixed = Object.entries(FIXED)
    .filter(([name, part]) => !isDeepStrictEqual(before.get(name), part(after)))
    .map(([name]) => name);
  return fixed.length === 0 ? undefined : `Cannot change ${fixed.join(", ")} without a restart`;
}
