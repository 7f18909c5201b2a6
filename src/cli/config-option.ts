import { existsSync } from "node:fs";
import { Option, type Command } from "commander";

/** The places where gateway.yaml is looked for if no `--config` names it, in this order. */
const PLACES = ["gateway.yaml", "/etc/s3warden/gateway.yaml"] as const;

const asked = new WeakSet<Option>();

/** Returns `--config` of a command that needs one; `text`: its description in `--help`. */
export function configOption(text = "gateway.yaml"): Option {
  const option = new Option("--config <file>", `${text}; absent: ${PLACES.join(" or ")}`);
  asked.add(option.env("S3WARDEN_CONFIG"));
  return option;
}

/** Fills in where the configuration is before `command` runs, or ends it with wrong usage. */
export function findConfig(command: Command): void {
  if (!command.options.some((option) => asked.has(option))) return;
  if (command.getOptionValue("config") !== undefined) return;
  const place = placeOfConfig();
  if (place !== undefined) return void command.setOptionValue("config", place);
  const places = PLACES.map((path) => `"${path}"`).join(" nor ");
  command.error(`error: no configuration: neither ${places} is there; name it with --config FILE`);
}

/**
 * Returns the path of gateway.yaml if nobody names it; `undefined` if it is at none of the usual
 * places.
 */
export function placeOfConfig(): string | undefined {
  return PLACES.find((path) => existsSync(path));
}
