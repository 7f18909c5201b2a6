import { compileSnapshot } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../life/load.ts";
import { parseUnder } from "../prove/under.ts";
import { whoCan, type WhoCanAnswer, type WhoCanQuestion } from "../prove/who-can.ts";
import { printProblems } from "./print-problems.ts";
import { openKeptRecords } from "./kept-records.ts";
import type { Terminal } from "./terminal.ts";

export type WhoCanOptions = {
  readonly config: string;
  readonly ip?: string;
  /** Such as `aws:SourceIp=198.51.100.7`. */
  readonly under?: readonly string[];
  readonly json?: boolean;
};

/**
 * Runs `s3warden who-can`: finds everybody who can do an action to a resource, and the further
 * conditions. Returns the exit code: 0 somebody can, or it is not decided; 1 nobody can; 2 error.
 */
export async function runWhoCan(
  action: string,
  resource: string,
  { config, ip, under: said = [], json = false }: WhoCanOptions,
  terminal: Terminal,
): Promise<0 | 1 | 2> {
  const { result } = loadConfig(config);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 2;
  }
  const under = parseUnder([...(ip === undefined ? [] : [`aws:SourceIp=${ip}`]), ...said]);
  if (!under.ok) {
    terminal.stderr(`${under.error}\n`);
    return 2;
  }
  const question = { action, resource, under: under.value };
  const answer = await answered(result.value, question);
  if (!answer.ok) {
    terminal.stderr(`${answer.error}\n`);
    return 2;
  }
  const { value } = answer;
  terminal.stdout(json ? `${JSON.stringify(value, undefined, 2)}\n` : asText(value, question));
  return value.can.length > 0 || value.notDecided.length > 0 ? 0 : 1;
}

async function answered(config: Config, question: WhoCanQuestion): ReturnType<typeof whoCan> {
  const kept = await openKeptRecords(config);
  try {
    return await whoCan(compileSnapshot(config, 1), question, Date.now(), kept?.read);
  } finally {
    await kept?.close();
  }
}

function asText({ can, cannot, notDecided }: WhoCanAnswer, question: WhoCanQuestion): string {
  const lines = can.flatMap(({ who, by, alternatives, example }) => [
    `${who} can, by ${by.join(", ")}`,
    ...alternatives
      .filter((phrases) => phrases.length > 0)
      .map((phrases) => `  ${phrases.join("; ")}`),
    `  for example ${example}`,
  ]);
  if (can.length === 0) {
    lines.push(`Nobody is found who can ${question.action} ${question.resource}`);
  }
  if (cannot.length > 0) lines.push(`Cannot: ${cannot.join(", ")}`);
  for (const { who, why } of notDecided) lines.push(`Not decided for ${who}: it depends on ${why}`);
  return `${lines.join("\n")}\n`;
}
