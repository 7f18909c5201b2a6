import { pino, type Logger } from "pino";
import type { Config } from "../config/config.ts";
import { openGateway, type OpenGateway } from "../gateway/open.ts";
import type { Problem } from "../lib/problem.ts";
import { printProblems } from "./check.ts";
import { loadConfig } from "./load.ts";
import { stopSignal } from "./stop-signal.ts";
import type { Terminal } from "./terminal.ts";

/** Opens the gateway; undefined, and the reason told, where a port or file cannot be opened. */
export async function openOrTell(
  config: Config,
  log: Logger,
  terminal: Terminal,
): Promise<OpenGateway | undefined> {
  try {
    return await openGateway(config, log);
  } catch (error) {
    // Only what the operating system refuses has a code; anything else is a bug.
    if (!(error instanceof Error && "code" in error)) throw error;
    terminal.stderr(`Cannot start: ${error.message}\n`);
    return undefined;
  }
}

/**
 * `s3warden serve`: the gateway, until SIGTERM or SIGINT; then requests under way finish. SIGHUP
 * reads accounts and policy again.
 * Gives the exit code: 0, or 1 with every problem printed where the configuration is bad.
 */
export async function runServe(
  options: { readonly config: string },
  terminal: Terminal,
): Promise<0 | 1> {
  const { result } = loadConfig(options.config);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 1;
  }
  const log = pino({ level: result.value.log.level, base: null });
  logProblems(result.value.warnings, "warn", log);
  const gateway = await openOrTell(result.value, log, terminal);
  if (gateway === undefined) return 1;
  log.info({ address: gateway.address, admin: gateway.adminAddress }, "listening");
  process.on("SIGHUP", () => reload(options.config, gateway, log));
  const signal = await stopSignal();
  log.info({ signal }, "draining");
  await gateway.close();
  return 0;
}

/** Reads the files again. What is not good is told in the log, and the old configuration stays. */
function reload(file: string, gateway: OpenGateway, log: Logger): void {
  const { result } = loadConfig(file);
  const problems = result.ok ? [] : result.error;
  logProblems(problems, "error", log);
  if (result.ok) logProblems(result.value.warnings, "warn", log);
  const reloaded = result.ok ? gateway.reload(result.value) : undefined;
  if (reloaded?.ok === true) {
    log.info({ generation: reloaded.value }, "reloaded");
    return;
  }
  gateway.refused();
  const why = reloaded === undefined ? `${problems.length} problems` : reloaded.error;
  log.error({ why }, "The configuration is not reloaded: the one before stays in force");
}

function logProblems(problems: readonly Problem[], level: "warn" | "error", log: Logger): void {
  for (const { file, line, path, message, remedy } of problems) {
    log[level]({ file, line, path, remedy }, message);
  }
}
