import { readFileSync } from "node:fs";
import { compileSnapshot } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import { explain } from "../explain/explain.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { ExplainQuestion } from "../explain/request.ts";
import { printProblems } from "./print-problems.ts";
import { explanationText } from "./explanation-text.ts";
import { loadConfig } from "../life/load.ts";
import { openForeignKeys } from "./foreign-keys.ts";
import { openKeptRecords } from "./kept-records.ts";
import type { Terminal } from "./terminal.ts";

/** `body` and `sessionPolicy`: files. */
export type ExplainOptions = Omit<ExplainQuestion, "body"> & {
  readonly config: string;
  readonly json?: boolean;
  readonly body?: string;
};

/** The exit codes of decisions; 2 is an error. */
const EXITS = { allow: 0, deny: 1, undecided: 3 } as const;

/**
 * Runs `s3warden explain`: the decision on a request and how it came about. Returns the exit code:
 * 0 allow, 1 deny, 2 error, 3 the document decides and was not given.
 */
export async function runExplain(
  options: ExplainOptions,
  terminal: Terminal,
): Promise<0 | 1 | 2 | 3> {
  const { result } = loadConfig(options.config);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 2;
  }
  const document = documentIn(options);
  if (!document.ok) {
    terminal.stderr(`${document.error}\n`);
    return 2;
  }
  const policy = sessionPolicyIn(options);
  if (!policy.ok) {
    terminal.stderr(`${policy.error}\n`);
    return 2;
  }
  const { body: _, sessionPolicy: _file, ...question } = options;
  const files = { ...document.value, ...policy.value };
  const explanation = await explained(result.value, { ...question, ...files });
  if (!explanation.ok) {
    terminal.stderr(`${explanation.error}\n`);
    return 2;
  }
  const { value } = explanation;
  terminal.stdout(
    options.json ? `${JSON.stringify(value, undefined, 2)}\n` : explanationText(value),
  );
  return EXITS[value.decision];
}

/** The document that stands in the file; the error is a sentence. */
function documentIn({ body, request }: ExplainOptions): Result<{ readonly body?: Buffer }, string> {
  if (body === undefined) return ok({});
  if (request === undefined) return err("--body is the document of a --request");
  try {
    return ok({ body: readFileSync(body) });
  } catch (error) {
    return err(`Cannot read the document: ${error instanceof Error ? error.message : body}`);
  }
}

/** The policy that stands in the file; the error is a sentence. */
function sessionPolicyIn({
  sessionPolicy,
}: ExplainOptions): Result<{ readonly sessionPolicy?: string }, string> {
  if (sessionPolicy === undefined) return ok({});
  try {
    return ok({ sessionPolicy: readFileSync(sessionPolicy, "utf8") });
  } catch (error) {
    const reason = error instanceof Error ? error.message : sessionPolicy;
    return err(`Cannot read the session policy: ${reason}`);
  }
}

async function explained(config: Config, question: ExplainQuestion): ReturnType<typeof explain> {
  const kept = await openKeptRecords(config);
  const foreign = await openForeignKeys(config);
  try {
    const snapshot = compileSnapshot(config, 1);
    return await explain(snapshot, question, Date.now(), kept?.read, foreign?.find);
  } finally {
    await kept?.close();
    await foreign?.close();
  }
}
