import { err, ok, type Result } from "../lib/result.ts";
import type { StoreAnswer, StoreClient } from "./store-client.ts";

/**
 * The conditions that a store honours when an object is written, and the form of its ETag. RGW 16
 * compares If-Match with the bare ETag, so that the quoted one of RFC 9110 never fits. `none`: it
 * writes whatever the conditions say.
 */
export type Conditions = "quoted" | "bare" | "none";

/**
 * Tries it out on the object `key`, which must not be there and is removed again. Only refusals are
 * believed: a store that ignores a condition accepts everything. Error: it cannot be written at all.
 */
export async function probeConditions(
  client: StoreClient,
  key: string,
): Promise<Result<Conditions, string>> {
  const probed = await probe(client, key);
  await client.send("DELETE", key);
  return probed;
}

async function probe(client: StoreClient, key: string): Promise<Result<Conditions, string>> {
  const first = await put(client, key, {});
  if (!first.ok) return first;
  const { status, code, etag } = first.value;
  if (status !== 200) return err(`The store answered ${status} ${code ?? ""}`.trimEnd());
  if (etag === undefined) return ok("none");
  for (const condition of WRONG) {
    const answer = await put(client, key, condition);
    if (!answer.ok) return answer;
    if (answer.value.status === 200) return ok("none");
  }
  for (const form of ["quoted", "bare"] as const) {
    const answer = await put(client, key, { "if-match": form === "quoted" ? `"${etag}"` : etag });
    if (!answer.ok) return answer;
    if (answer.value.status === 200) return ok(form);
  }
  return ok("none");
}

/** An answer that says something of conditions: a store that is out of order says nothing. */
async function put(
  client: StoreClient,
  key: string,
  condition: Readonly<Record<string, string>>,
): Promise<Result<StoreAnswer, string>> {
  const answer = await client.send("PUT", key, PROBE, condition);
  if (!answer.ok) return answer;
  const { status } = answer.value;
  return status >= 500 && status !== 501 ? err(`The store answered ${status}`) : answer;
}

const PROBE = Buffer.from("A gateway finds out how this store writes\n");
const OTHER_ETAG = "00000000000000000000000000000000";

/** None of these holds once the object was written. */
const WRONG: readonly Readonly<Record<string, string>>[] = [
  { "if-none-match": "*" },
  { "if-match": `"${OTHER_ETAG}"` },
  { "if-match": OTHER_ETAG },
];
