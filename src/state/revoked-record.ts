import { z } from "zod";
import { err, ok, type Result } from "../lib/result.ts";
import type { Revocation } from "../session/revocation.ts";
import { REVOKED_NAME } from "./record-name.ts";
import type { StoredRecord } from "./record.ts";
import type { StateStore } from "./state-store.ts";

/** The most that are kept: each request of a session is compared with all of them. */
const REVOCATIONS_MAX = 1_000;

/** The age of a session that can no longer be in force: the longest is of 36 hours, as on AWS. */
const FORGOTTEN_MS = 48 * 3_600_000;

/** The most attempts: somebody else may write the record meanwhile; then it is read again. */
const ATTEMPTS_MAX = 20;

const TEXT = z.string().min(1).max(2048).optional();
const REVOCATIONS = z
  .array(
    z.strictObject({
      role: TEXT,
      session: TEXT,
      issuer: TEXT,
      subject: TEXT,
      before: z.int().min(0).optional(),
    }),
  )
  .max(REVOCATIONS_MAX);

/**
 * Reads the revocations in the record. The error says why it cannot be read: then no session may be
 * served, since it may be one of those.
 */
export function revocationsIn({
  policy,
}: Pick<StoredRecord, "policy">): Result<readonly Revocation[], string> {
  let json: unknown;
  try {
    json = JSON.parse(policy ?? "[]");
  } catch {
    return err("The list of revoked sessions is not JSON");
  }
  const read = REVOCATIONS.safeParse(json);
  return read.success ? ok(read.data) : err("The list of revoked sessions cannot be understood");
}

/**
 * Adds `revocation` to those that are kept, whoever else writes meanwhile, and forgets those that
 * are too old to end anything. `nowMs`: milliseconds since the epoch. Returns their number. Error:
 * a sentence.
 */
export async function addRevocation(
  store: StateStore,
  revocation: Revocation,
  nowMs: number,
): Promise<Result<number, string>> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const stored = await store.read(REVOKED_NAME);
    if (!stored.ok) return stored;
    const before = stored.value === undefined ? ok([]) : revocationsIn(stored.value.record);
    if (!before.ok) return before;
    const kept = before.value.filter((one) => (one.before ?? nowMs) > nowMs - FORGOTTEN_MS);
    const all = [...kept, revocation];
    if (all.length > REVOCATIONS_MAX) return err(`There are ${REVOCATIONS_MAX} already`);
    const record = { owner: OPERATOR, policy: JSON.stringify(all), at: nowMs, by: OPERATOR };
    const written = await store.write(REVOKED_NAME, record, stored.value?.revision);
    if (!written.ok) return written;
    if (written.value === "written") return ok(all.length);
  }
  return err("Others write it all the time: try again");
}

/** No account can have this name. */
const OPERATOR = "operator!";
