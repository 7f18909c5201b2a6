import type { Config } from "../config/config.ts";
import { parseInstant } from "../config/scalars.ts";
import { loadConfig } from "../life/load.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { revocationText, type Revocation } from "../session/revocation.ts";
import { openState } from "../state/open.ts";
import { addRevocation } from "../state/revoked-record.ts";
import { printProblems } from "./print-problems.ts";
import type { Terminal } from "./terminal.ts";

export type RevokeOptions = {
  readonly config: string;
  readonly role?: string;
  readonly session?: string;
  readonly issuer?: string;
  readonly subject?: string;
  /** The time, in ISO 8601; now if absent. */
  readonly before?: string;
};

/**
 * `s3warden revoke`: ends sessions that began before a moment. Kept in `state`; gateways that run see it
 * after `state.refresh`. Returns the exit code: 0 done, 2 not.
 */
export async function runRevoke(options: RevokeOptions, terminal: Terminal): Promise<0 | 2> {
  const { result } = loadConfig(options.config);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 2;
  }
  const done = await revoked(options, result.value, Date.now());
  if (done.ok) terminal.stdout(done.value);
  else terminal.stderr(`Cannot revoke sessions: ${done.error}\n`);
  return done.ok ? 0 : 2;
}

async function revoked(
  options: RevokeOptions,
  config: Config,
  nowMs: number,
): Promise<Result<string, string>> {
  const wanted = wantedRevocation(options, config, nowMs);
  if (!wanted.ok) return wanted;
  if (config.state === undefined) {
    return err("the configuration has no state to keep it in: write revoked in accounts.yaml");
  }
  const store = await openState(config.state, config.upstream);
  if (!store.ok) return store;
  try {
    const added = await addRevocation(store.value, wanted.value, nowMs);
    if (!added.ok) return added;
    const seconds = config.state.refreshMs / 1000;
    return ok(`Revoked: ${revocationText(wanted.value)}. In force within ${seconds} s\n`);
  } finally {
    await store.value.close();
  }
}

/** Reads the options. The error names the wrong one. */
function wantedRevocation(
  { role, session, issuer, subject, before }: RevokeOptions,
  { accounts, sealing }: Config,
  nowMs: number,
): Result<Revocation, string> {
  if (sealing.length === 0) return err("the configuration has no sts, so there are no sessions");
  if (role === undefined && session === undefined && issuer === undefined) {
    return err("say which: --role, --session, or --issuer with --subject");
  }
  if (subject !== undefined && issuer === undefined) return err("--subject needs --issuer");
  const roles = accounts.flatMap(({ name, roles: own }) =>
    own.map((one) => ({ full: `${name}:${one.name}`, bare: one.name })),
  );
  const isKnown = roles.some(({ full, bare }) => role === full || role === bare);
  if (role !== undefined && !isKnown) {
    const names = roles.map(({ full }) => full);
    return err(`unknown role "${role}". ${didYouMean(role, names, `Known: ${names.join(", ")}`)}`);
  }
  const at = before === undefined ? ok(nowMs + 1) : parseInstant(before);
  if (!at.ok) return err(`--before: ${at.error}: got "${before}"`);
  return ok({ role, session, issuer, subject, before: at.value });
}
