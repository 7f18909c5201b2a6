import { readFileSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { explain } from "../explain/explain.ts";
import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { count, messageOf } from "../lib/words.ts";
import { loadConfig } from "../life/load.ts";
import type { PolicyClaim } from "../prove/claim.ts";
import { COMMAND_LINE, readClaims } from "../prove/claim-reader.ts";
import { knownIn } from "../prove/known-names.ts";
import { prove, whoIs, type Proof } from "../prove/prove.ts";
import type { Scene } from "../prove/scene.ts";
import { printProblems } from "./print-problems.ts";
import { explanationText } from "./explanation-text.ts";
import { knownWith, type KnownScene } from "./known-scene.ts";
import { tellChanges } from "./prove-changes.ts";
import { tellDead } from "./prove-dead.ts";
import type { Terminal } from "./terminal.ts";

export type ProveOptions = {
  readonly config: string;
  /** A file of claims. */
  readonly claims?: string;
  /**
   * The value of `--no-new-access`: another gateway.yaml, with which this one is compared: which
   * requests are allowed only here, and which only there. `true` if it is absent, as commander has
   * options that begin with "no".
   */
  readonly newAccess?: string | true;
  /** Includes the state's records of all buckets. */
  readonly state?: boolean;
  /** Parts of the configuration that decide nothing. */
  readonly dead?: boolean;
  readonly json?: boolean;
};

/**
 * Runs `s3warden prove`: tests claims for all requests. Returns the exit code: 0 all hold, 1 one is
 * broken or not decided, 2 error.
 */
export async function runProve(
  said: readonly string[],
  options: ProveOptions,
  terminal: Terminal,
): Promise<0 | 1 | 2> {
  if (questionsIn(said, options) > 1) {
    terminal.stderr("Ask one question: claims, --no-new-access or --dead\n");
    return 2;
  }
  const { result } = loadConfig(options.config, false);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return 2;
  }
  const claims = claimsOf(
    said,
    options.claims ?? fileBeside(said, options, result.value),
    result.value,
  );
  if (!claims.ok) {
    printProblems(claims.error, terminal);
    return 2;
  }
  if (result.value.policy.mode === "report") terminal.stderr(REPORT_MODE);
  const known = await knownWith(result.value, options.state === true);
  if (!known.ok) {
    terminal.stderr(`Cannot read what is kept of buckets: ${known.error}\n`);
    return 2;
  }
  return answered(claims.value, options, known.value, terminal);
}

function questionsIn(said: readonly string[], { claims, newAccess, dead }: ProveOptions): number {
  const asked = [said.length > 0 || claims !== undefined, typeof newAccess === "string", dead];
  return asked.filter((one) => one === true).length;
}

const REPORT_MODE =
  "policy.mode is report: what follows is what the mode enforce would allow and refuse\n";

async function answered(
  claims: readonly PolicyClaim[],
  options: ProveOptions,
  known: KnownScene,
  terminal: Terminal,
): Promise<0 | 1 | 2> {
  if (typeof options.newAccess === "string") {
    return tellChanges(options.newAccess, known, options.json === true, terminal);
  }
  if (options.dead === true) return tellDead(known, options.json === true, terminal);
  if (claims.length === 0) {
    terminal.stderr("Give claims, --claims with a file of them, --no-new-access or --dead\n");
    return 2;
  }
  const { scene } = known;
  const proofs = claims.map((claim) => prove(scene, claim));
  if (options.json === true)
    terminal.stdout(`${JSON.stringify(proofs.map(asJson), undefined, 2)}\n`);
  else terminal.stdout(await asText(scene, proofs));
  return proofs.every(({ kind }) => kind === "holds") ? 0 : 1;
}

/** Returns the file with the claims of the configuration itself, if nothing else is asked. */
function fileBeside(
  said: readonly string[],
  { newAccess, dead = false }: ProveOptions,
  { reload }: Config,
): string | undefined {
  const asksElse = said.length > 0 || typeof newAccess === "string" || dead;
  return asksElse ? undefined : reload.claims;
}

function claimsOf(
  said: readonly string[],
  file: string | undefined,
  config: Config,
): Result<readonly PolicyClaim[], readonly Problem[]> {
  const known = knownIn(config);
  const claims: PolicyClaim[] = [];
  const problems: Problem[] = [];
  const texts = said.map((text) => [text, COMMAND_LINE] as const);
  const written = file === undefined ? ok([]) : textOf(file);
  if (!written.ok) return written;
  for (const [text, name] of [...written.value, ...texts]) {
    const read = readClaims(text, name, known);
    if (read.ok) claims.push(...read.value);
    else problems.push(...read.error);
  }
  return problems.length > 0 ? err(problems) : ok(claims);
}

function textOf(file: string): Result<readonly (readonly [string, string])[], readonly Problem[]> {
  try {
    return ok([[readFileSync(file, "utf8"), file]]);
  } catch (error) {
    const message = `Cannot read "${file}": ${messageOf(error)}`;
    return err([{ file, line: undefined, column: undefined, path: "", message, remedy: "" }]);
  }
}

async function asText(scene: Scene, proofs: readonly Proof[]): Promise<string> {
  const lines: string[] = [];
  for (const proof of proofs) {
    const mark = MARKS[proof.kind].padEnd(12);
    lines.push(`${mark}${proof.claim.text}`);
    if (proof.kind === "not decided") lines.push(...proof.why.map((why) => `  ${why}`));
    if (proof.kind === "broken") lines.push(...(await counterexample(scene, proof)));
  }
  const counts = KINDS.map(
    (kind) => [proofs.filter((one) => one.kind === kind).length, kind] as const,
  );
  const words = counts
    .filter(([number]) => number > 0)
    .map(([number, kind]) => `${number} ${kind === "holds" && number > 1 ? "hold" : kind}`);
  lines.push("", `${count(proofs.length, "claim")}: ${words.join(", ")}`);
  return `${lines.join("\n")}\n`;
}

const KINDS = ["holds", "broken", "not decided"] as const;
const MARKS = { holds: "holds", broken: "BROKEN", "not decided": "not decided" } as const;

/** The request that breaks it, and what each gate says of it. */
async function counterexample(
  scene: Scene,
  proof: Proof & { readonly kind: "broken" },
): Promise<readonly string[]> {
  const { question, cell } = proof;
  const told = [`  ${whoIs(cell.key)} sends ${requestText(proof)}`];
  const explained = await explain(scene.snapshot, question, scene.nowMs, async (id) =>
    ok(scene.records.get(id)),
  );
  if (!explained.ok) return [...told, `  ${explained.error}`];
  return [
    ...told,
    ...explanationText(explained.value)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `    ${line}`),
  ];
}

function requestText({ question, cell }: Proof & { readonly kind: "broken" }): string {
  const { request, ip, at, header = [], secure, body } = question;
  return [
    `${request} from ${ip} at ${at}`,
    ...header.filter((line) => !line.startsWith("content-length:")),
    ...(secure === true ? ["over TLS"] : []),
    ...(body !== undefined && cell.way.part === "entry"
      ? [`of the key ${JSON.stringify(cell.objectKey)}`]
      : []),
  ].join(", ");
}

function asJson(proof: Proof): object {
  const { kind, claim } = proof;
  const said = { claim: claim.text, line: claim.line, answer: kind };
  if (kind === "holds") return said;
  if (kind === "not decided") return { ...said, why: proof.why };
  const { request, ip, at, header, secure, body } = proof.question;
  return {
    ...said,
    who: whoIs(proof.cell.key),
    request,
    ip,
    at,
    header,
    tls: secure,
    body: body?.toString("utf8"),
  };
}
