import { judgedAsks } from "../admission/gates.ts";
import { askedBy } from "../admission/provider-rules.ts";
import { PROVIDERS } from "../config/gateway-schema.ts";
import { didYouMean, nearest } from "../lib/suggestion.ts";
import { count } from "../lib/words.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import { actionFault } from "../provider/dialect.ts";
import type { Provider } from "../provider/provider.ts";
import { parseProvider } from "../provider/schema.ts";
import { asksOf, asksOfDelete, type Ask } from "../s3/asks.ts";
import { needsOfDocument } from "../s3/document-asks.ts";
import type { DeleteEntry } from "../s3/delete-objects.ts";
import { identityOf, type AuditEntry } from "./audit-entry.ts";
import { readAudit, type AuditFiles } from "./audit-reader.ts";
import { printProblems } from "./check.ts";
import { loadConfig, shippedProvider } from "../life/load.ts";
import { withProgress } from "./progress.ts";
import { recordedRequest, WHY_NOT, type RecordedRequest, type WhyNot } from "./recorded-request.ts";
import { unreadable } from "./replay.ts";
import { UsedActions } from "./suggest-policy.ts";
import type { Terminal } from "./terminal.ts";

export type SuggestOptions = {
  /** `account` or `account:subuser`. */
  readonly as: string;
  /** Whose dialect; absent: the configuration's, or aws. */
  readonly provider?: string;
  readonly config?: string;
  readonly includeDenied?: boolean;
  readonly exact?: boolean;
};

/**
 * `s3warden suggest`: the smallest policy that allows what an identity did, on stdout; what it was
 * made of, and where it allows more, on stderr. Gives the exit code: 0 done, 1 the identity does not
 * appear, 2 error.
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
    return told(found, provider, options, terminal);
  } catch (error) {
    return unreadable(error, terminal);
  }
}

/** Undefined: there is none, which was told. */
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

/** What an audit log tells of one identity. */
type Found = {
  readonly used: UsedActions;
  requests: number;
  denied: number;
  others: number;
  torn: number;
  readonly left: Map<WhyNot, number>;
  /** Requests whose documents may have needed more than is recorded. */
  documents: number;
  /** Of DeleteObjects whose keys are not recorded, and of forms. */
  unsaid: number;
  readonly identities: Set<string>;
};

/** Names that are remembered, for who mistyped one. */
const IDENTITIES_MAX = 10_000;

async function collect(
  { items }: AuditFiles,
  provider: Provider,
  options: SuggestOptions,
): Promise<Found> {
  const used = new UsedActions(options.exact === true);
  const identities = new Set<string>();
  const left = new Map<WhyNot, number>();
  const found: Found = {
    used,
    identities,
    left,
    requests: 0,
    denied: 0,
    others: 0,
    torn: 0,
    documents: 0,
    unsaid: 0,
  };
  for await (const item of items) {
    if (item.kind === "other") found.others++;
    else if (item.kind === "torn") found.torn++;
    else note(found, item.entry, provider, options);
  }
  return found;
}

function note(found: Found, entry: AuditEntry, provider: Provider, options: SuggestOptions): void {
  const identity = identityOf(entry);
  if (identity !== options.as || entry.account === undefined) {
    if (found.identities.size < IDENTITIES_MAX) found.identities.add(identity);
    return;
  }
  // Report mode lets through what it would refuse: that was done, too.
  const done = entry.decision === "allow" || entry.reported;
  if (!done && !(options.includeDenied === true && entry.decision === "deny")) {
    found.denied++;
    return;
  }
  const recorded = recordedRequest(entry);
  if (!recorded.ok) {
    return leave(found, recorded.error);
  }
  if (noteAsks(found, recorded.value, provider)) found.requests++;
  else leave(found, "unknown");
}

function leave({ left }: Found, why: WhyNot): void {
  left.set(why, (left.get(why) ?? 0) + 1);
}

/** False: the line contradicts itself. */
function noteAsks(found: Found, recorded: RecordedRequest, provider: Provider): boolean {
  const { operation, address, query, headers } = recorded;
  if (needsOfDocument(operation)) found.documents++;
  if (address.kind !== "service" && (operation === "PostObject" || operation === "DeleteObjects")) {
    noteBody(found, recorded, address.bucket, provider);
    return true;
  }
  const asks = asksOf(operation, address, query, headers);
  if (asks.ok) addAll(found, askedBy(provider, asks.value), provider);
  return asks.ok;
}

/** What asks for nothing by its head. */
function noteBody(
  found: Found,
  { operation, headers, inputs, address }: RecordedRequest,
  bucket: Extract<RecordedRequest["address"], { readonly kind: "bucket" }>["bucket"],
  provider: Provider,
): void {
  if (operation === "PostObject") {
    found.unsaid++;
    if (address.kind !== "object") return found.used.addSomewhere("s3:PutObject", bucket);
    const ask = { action: "s3:PutObject", operation, bucket, key: address.key } as const;
    return found.used.add(ask);
  }
  if (inputs.deletes === undefined) {
    found.unsaid++;
    return found.used.addSomewhere("s3:DeleteObject", bucket);
  }
  for (const [key = "", versionId] of inputs.deletes) {
    addAll(found, asksOfDelete(bucket, entryOf(key, versionId), headers), provider);
  }
}

function entryOf(key: string, versionId: string | undefined): DeleteEntry {
  return { key, versionId, eTag: undefined, lastModifiedTime: undefined, size: undefined };
}

function addAll({ used }: Found, asks: readonly Ask[], provider: Provider): void {
  for (const ask of judgedAsks(provider, asks)) used.add(ask);
}

function told(
  found: Found,
  provider: Provider,
  { as, includeDenied }: SuggestOptions,
  terminal: Terminal,
): 0 | 1 | 2 {
  const { used } = found;
  const say = (line: string): void => terminal.stderr(`${line}\n`);
  const actions = used.actions();
  if (actions.length === 0) {
    say(nothingOf(as, found));
    return 1;
  }
  const unnameable = actions.filter(
    (action) => actionFault(provider.dialect, action, "Allow", false) !== undefined,
  );
  const policy = used.policy(new Set(actions.filter((action) => !unnameable.includes(action))));
  const text = `${JSON.stringify(policy, undefined, 2)}\n`;
  const parsed = parseProviderPolicy(provider, text, "the suggested policy", "identity");
  if (!parsed.ok) {
    say(`Cannot write it as one policy: ${parsed.error[0]?.message}`);
    return 2;
  }
  terminal.stdout(text);
  const size = `${count(actions.length, "action")}, ${count(policy.Statement.length, "statement")}`;
  say(`${count(found.requests, "request")} of ${as}: ${size}`);
  for (const action of unnameable) {
    say(`left out: ${action}, which policies of ${provider.name} cannot name`);
  }
  for (const line of caveats(found, includeDenied === true)) say(line);
  return 0;
}

/** What the policy allows besides, and what it was not made of. */
function caveats(found: Found, includesDenied: boolean): readonly string[] {
  const { used, left, documents, unsaid, denied, others, torn } = found;
  const lines = used
    .widened()
    .map((resource) => `widened: ${resource} also matches keys that were not used`);
  if (denied > 0 && !includesDenied) {
    lines.push(`${count(denied, "denied request")} left out (--include-denied)`);
  }
  if (documents > 0) {
    lines.push(`${count(documents, "document")} may have asked for more, such as another bucket`);
  }
  if (unsaid > 0) {
    lines.push(
      `${count(unsaid, "form or list of deletions", "forms and lists of deletions")} not recorded whole`,
    );
  }
  for (const [why, times] of left) lines.push(`${times} left out: ${WHY_NOT[why]}`);
  if (others > 0) lines.push(`${count(others, "line")} of something else`);
  if (torn > 0) lines.push(`${count(torn, "last line")} not whole`);
  return lines;
}

function nothingOf(as: string, { identities, denied }: Found): string {
  if (as === "anonymous") return "What everybody may do stands in the policy of a bucket";
  if (denied > 0) return `"${as}" was only denied (${count(denied, "request")}): --include-denied`;
  const near = nearest(as, identities);
  if (near !== undefined) return `"${as}" does not appear. Did you mean "${near}"?`;
  const some = [...identities].toSorted().slice(0, 10);
  return `"${as}" does not appear. ${some.length === 0 ? "Nobody does" : `These do: ${some.join(", ")}`}`;
}
