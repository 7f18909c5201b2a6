import { PROVIDERS } from "../provider/names.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { didYouMean, nearest } from "../lib/suggestion.ts";
import { count } from "../lib/words.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import { actionFault } from "../provider/dialect.ts";
import type { Provider } from "../provider/provider.ts";
import { parseProvider } from "../provider/parse.ts";
import { readAudit } from "./audit-reader.ts";
import { printProblems } from "./print-problems.ts";
import { loadConfig, shippedProvider } from "../life/load.ts";
import { withProgress } from "./progress.ts";
import { WHY_NOT } from "./recorded-request.ts";
import { nothingRead, tellUnreadable } from "./replay.ts";
import { collect, type UsedBy } from "./suggest-collect.ts";
import { LEVELS_MAX } from "./suggest-keys.ts";
import { BUCKETS_MAX, type UsedActions } from "./suggest-policy.ts";
import type { Terminal } from "./terminal.ts";

export type SuggestOptions = {
  /** `account` or `account:subuser`. */
  readonly as: string;
  /** The provider whose dialect is used; absent for the configuration's, or aws. */
  readonly provider?: string;
  readonly config?: string;
  readonly includeDenied?: boolean;
  readonly exact?: boolean;
};

/**
 * Runs `s3warden suggest`: prints the smallest policy that allows what an identity did on stdout,
 * and its sources, and where it allows more, on stderr. Returns the exit code: 0 done, 1 the
 * identity does not appear, 2 error.
 */
export async function runSuggest(
  files: readonly string[],
  options: SuggestOptions,
  terminal: Terminal,
): Promise<0 | 1 | 2> {
  const provider = providerFor(options, terminal);
  if (provider === undefined) return 2;
  try {
    const audit = readAudit(files);
    const found = await withProgress(audit, terminal, () => collect(audit, provider, options));
    if (found.lines === 0) return nothingRead(terminal);
    return told(found, provider, options, terminal);
  } catch (error) {
    return tellUnreadable(error, terminal);
  }
}

/** Returns the provider; `undefined` if there is none, which was reported. */
function providerFor(options: SuggestOptions, terminal: Terminal): Provider | undefined {
  const { provider: name = "aws", config } = options;
  if (config !== undefined && options.provider === undefined) {
    const { result } = loadConfig(config);
    if (result.ok) return result.value.policy.provider;
    printProblems(result.error, terminal);
    return undefined;
  }
  const known = PROVIDERS.find((candidate) => candidate === name);
  if (known === undefined) {
    const remedy = didYouMean(name, PROVIDERS, `Known are ${PROVIDERS.join(", ")}`);
    terminal.stderr(`Unknown provider "${name}". ${remedy}\n`);
    return undefined;
  }
  const { text, file } = shippedProvider(known);
  const provider = parseProvider(text, file);
  if (!provider.ok) throw new Error(`${file} is not whole: ${provider.error[0]?.message}`);
  return provider.value;
}

function told(
  found: UsedBy,
  provider: Provider,
  options: SuggestOptions,
  terminal: Terminal,
): 0 | 1 | 2 {
  const { used } = found;
  const say = (line: string): void => terminal.stderr(`${line}\n`);
  const actions = used.actions();
  if (actions.length === 0) {
    say(nothingOf(options.as, found));
    for (const line of caveats(found, true)) say(line);
    return 1;
  }
  const unnameable = actions.filter(
    (action) => actionFault(provider.dialect, action, false) !== undefined,
  );
  const nameable = new Set(actions.filter((action) => !unnameable.includes(action)));
  const written = fitting(used, nameable, provider, options.exact === true);
  if (!written.ok) {
    say(`Cannot write it as one policy: ${written.error}`);
    return 2;
  }
  const { text, statements, levels } = written.value;
  terminal.stdout(text);
  const size = `${count(actions.length, "action")}, ${count(statements, "statement")}`;
  say(`${count(found.requests, "request")} of ${options.as}: ${size}`);
  for (const action of unnameable) {
    say(`left out: ${action}, which policies of ${provider.name} cannot name`);
  }
  for (const resource of used.widened(levels)) {
    say(`widened: ${resource} also matches keys that were not used`);
  }
  for (const line of caveats(found, options.includeDenied === true)) say(line);
  return 0;
}

type Written = { readonly text: string; readonly statements: number; readonly levels: number };

/**
 * The policy, with the deepest folders joined until it is one that the gateway takes; `exact`: none
 * is. The error: why there is none.
 */
function fitting(
  used: UsedActions,
  actions: ReadonlySet<string>,
  provider: Provider,
  exact: boolean,
): Result<Written, string> {
  if (used.isFull) return err(`it names more than ${BUCKETS_MAX} buckets, which needs wildcards`);
  for (let levels = LEVELS_MAX; ; levels--) {
    const policy = used.policy(actions, levels);
    const text = `${JSON.stringify(policy, undefined, 2)}\n`;
    const parsed = parseProviderPolicy(provider, text, "the suggested policy", "identity");
    if (parsed.ok) return ok({ text, statements: policy.Statement.length, levels });
    if (exact || levels === 0) return err(parsed.error[0]?.message ?? "");
  }
}

/** Returns the parts of the log that the policy was not made of. */
function caveats(found: UsedBy, includesDenied: boolean): readonly string[] {
  const { left, documents, unrecorded, denied, storeRefused, inPart, someParts, others, torn } =
    found;
  const lines: string[] = [];
  if (denied > 0 && !includesDenied) {
    lines.push(`${count(denied, "denied request")} left out (--include-denied)`);
  }
  if (storeRefused > 0) {
    const requests = count(storeRefused, "request");
    lines.push(`${requests} that the store refused (403) left out (--include-denied)`);
  }
  if (inPart > 0) {
    lines.push(`${count(inPart, "list")} of deletions without what was denied (--include-denied)`);
  }
  if (someParts > 0) {
    lines.push(
      `${count(someParts, "list")} of deletions allowed in part left out: in which is not recorded`,
    );
  }
  if (documents > 0) {
    lines.push(`${count(documents, "document")} may have asked for more, such as another bucket`);
  }
  if (unrecorded > 0) {
    lines.push(
      `${count(unrecorded, "form or list of deletions", "forms and lists of deletions")} not recorded whole`,
    );
  }
  for (const [why, times] of left) lines.push(`${times} left out: ${WHY_NOT[why]}`);
  if (others > 0) lines.push(`${count(others, "line")} of something else`);
  if (torn > 0) lines.push(`${count(torn, "last line")} not whole`);
  return lines;
}

function nothingOf(
  as: string,
  { identities, denied, storeRefused, left, someParts }: UsedBy,
): string {
  if (as === "anonymous") return "The rights of everybody stand in the policy of a bucket";
  if (denied > 0) return `"${as}" was only denied (${count(denied, "request")}): --include-denied`;
  if (storeRefused > 0) {
    const requests = count(storeRefused, "request");
    return `The store refused all that "${as}" did (${requests}): --include-denied`;
  }
  if (left.size > 0 || someParts > 0) return `What "${as}" did cannot be told`;
  const near = nearest(as, identities);
  if (near !== undefined) return `"${as}" does not appear. Did you mean "${near}"?`;
  const some = [...identities].toSorted().slice(0, 10);
  return `"${as}" does not appear. These do: ${some.join(", ")}`;
}
