import type { AuditRecord } from "../../support/audit.ts";
import type { Recorded, RecordedHead } from "../recording.ts";
import { rawValue } from "../../support/flow.ts";
import type { Marked } from "./intermediary.ts";
import { isSentinel, isSentinelBody, sentinelTarget, type Heard } from "./traffic.ts";

/**
 * Returns the differences between the views of a proxy in front and of the gateway, in words. There
 * are none if each request of one is one request of the other.
 */
export function differencesInFront(
  marked: readonly Marked[],
  records: readonly AuditRecord[],
): readonly string[] {
  const differences: string[] = [];
  const unrecorded = new Map(marked.map((one) => [one.mark, one]));
  if (unrecorded.size !== marked.length) differences.push("the proxy gave one mark twice");
  let unreadable = 0;
  for (const record of records) {
    const { userAgent, method, status, outcome, request } = record;
    // Without a readable head there are no inputs, and no mark.
    if (request === undefined) {
      unreadable++;
      continue;
    }
    const sent = unrecorded.get(String(userAgent));
    if (sent === undefined) {
      const again = marked.some(({ mark }) => mark === userAgent);
      differences.push(`${again ? "recorded twice" : "never sent"}: ${JSON.stringify(record)}`);
      continue;
    }
    unrecorded.delete(sent.mark);
    const told = outcome === "aborted" ? undefined : sent.status;
    if (sent.method !== method || (told !== undefined && told !== status)) {
      differences.push(`${JSON.stringify(sent)} is recorded as ${JSON.stringify(record)}`);
    }
  }
  // The rest was refused unread, or its client was gone before it came.
  if (unreadable > unrecorded.size) {
    differences.push(`${unreadable} unreadable requests, but ${unrecorded.size} that may be`);
  }
  const served = [...unrecorded.values()].filter(({ status = 400 }) => status < 400);
  for (const one of served) differences.push(`answered, but not recorded: ${JSON.stringify(one)}`);
  return differences;
}

/** Returns the answers that reached a client whose request they do not answer. */
export function strayAnswers(heard: readonly Heard[]): readonly string[] {
  const stray: string[] = [];
  const owners = new Map<string, number>();
  for (const { number, text } of heard) {
    for (const [found, of] of text.matchAll(/(?:sentinel|stolen)-(\d+)/g)) {
      if (of !== String(number)) stray.push(`client ${number} reads of ${found}`);
    }
    for (const [, id = ""] of text.matchAll(/^x-amz-request-id: (\S+)\r$/gim)) {
      const owner = owners.get(id);
      if (owner !== undefined) stray.push(`clients ${owner} and ${number} have the answer ${id}`);
      owners.set(id, number);
    }
  }
  return stray;
}

/**
 * Returns the differences between the requests that the store has seen and those that the gateway's
 * records report as sent there.
 */
export function differencesBehind(
  heads: readonly RecordedHead[],
  requests: readonly Recorded[],
  records: readonly AuditRecord[],
): readonly string[] {
  const differences: string[] = [];
  const sent = records.filter(({ endpoint }) => endpoint !== undefined).map(nameOfRecord);
  const forwarded = records.filter(({ outcome }) => outcome === "forwarded").map(nameOfRecord);
  const seen = heads.map(nameOfRequest);
  const whole = requests.filter(({ ended }) => ended === "complete");
  for (const one of without(seen, sent)) differences.push(`at the store only: ${one}`);
  for (const one of without(forwarded, whole.map(nameOfRequest))) {
    differences.push(`not whole at the store: ${one}`);
  }
  for (const request of whole) {
    const { body } = request;
    if (isSentinel(agentOf(request)) && !isSentinelBody(body.toString("latin1"))) {
      differences.push(`another body: ${nameOfRequest(request)} ${body.toString("latin1")}`);
    }
  }
  return differences;
}

/** Returns those of `some` that are not among `others`, each as often as it is there more often. */
function without(some: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const one of others) left.set(one, (left.get(one) ?? 0) + 1);
  return some.filter((one) => {
    const times = left.get(one) ?? 0;
    left.set(one, times - 1);
    return times <= 0;
  });
}

const agentOf = ({ rawHeaders }: RecordedHead): string =>
  rawValue(rawHeaders, "user-agent") ?? "nobody";

function nameOfRequest(head: RecordedHead): string {
  const [path = ""] = head.url.split("?");
  return `${agentOf(head)} ${head.method} ${decodeURIComponent(path)}`;
}

function nameOfRecord(record: AuditRecord): string {
  const text = (name: string): string | undefined => {
    const value = record[name];
    return typeof value === "string" ? value : undefined;
  };
  const place = [text("bucket"), text("key")].filter((part) => part !== undefined).join("/");
  // The store sees a form as the upload that it stands for.
  const asked = text("operation") === "PostObject" ? "PUT" : text("method");
  return `${text("userAgent") ?? "nobody"} ${asked} /${place}`;
}

/**
 * Returns the number of sentinels that came through: without them, no error after a request would
 * be seen.
 */
export function sentinelsIn(heard: readonly Heard[]): number {
  return heard.filter(({ number, text }) => text.includes(sentinelTarget(number))).length;
}
