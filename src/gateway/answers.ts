import type { BucketRecord } from "../admission/record.ts";
import { tagsOfAnswer, TAGS_BYTES_MAX, type Answer, type Need } from "../admission/known.ts";
import type { Key } from "../admission/principal.ts";
import type { RecordChange, StoreChange } from "../admission/record-change.ts";
import type { LookedUp, OwnerNeed, StoreRequest } from "../admission/outgoing.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { BucketId } from "../s3/bucket.ts";
import type { Fault } from "../s3/faults.ts";
import type { Tags } from "../s3/tags.ts";
import type { Revocation } from "../session/revocation.ts";
import type { Asker } from "../state/read-slots.ts";
import type { Presence, Ticket } from "../state/store-change.ts";
import { wholeAnswer } from "../store/whole-answer.ts";
import { errorCodeOf } from "./reply.ts";
import { askStore, type NotFetched } from "../store/store-question.ts";
import type { Patience, Upstream } from "../store/upstream.ts";
import { credentialFault } from "../store/upstream-error.ts";

/** The places of facts outside the configuration. Errors: SlowDown, ServiceUnavailable. */
export type Sources = {
  /** Returns the key in memory; "unknown" if it must be fetched. */
  readonly knownKey: (accessKeyId: string) => Key | "nobody" | "unknown";
  readonly key: (accessKeyId: string) => Promise<Result<Key | undefined, Fault>>;
  /** The same of an account: one of its own keys, by which the store knows it. */
  readonly knownOwner: (owner: OwnerNeed) => Key | "nobody" | "unknown";
  readonly owner: (owner: OwnerNeed) => Promise<Result<Key | undefined, Fault>>;
  /** Returns the revoked sessions; "unknown" if they must be fetched. */
  readonly knownRevoked: () => readonly Revocation[] | "unknown";
  readonly revoked: (asker: Asker) => Promise<Result<readonly Revocation[], Fault>>;
  /** See `Identities.hasChanged`. Never rejects. */
  readonly hasChanged: (used: LookedUp, sure: boolean) => Promise<boolean>;
  /** Returns the record in memory; "unknown" if it must be fetched. */
  readonly knownRecord: (id: BucketId) => BucketRecord | "none" | "unknown";
  readonly record: (id: BucketId, asker: Asker) => Promise<Result<BucketRecord | undefined, Fault>>;
  /** Fetches the record by a read that begins now. */
  readonly freshRecord: Sources["record"];
  /**
   * Changes the record of a bucket, or returns why it could not. "stale": the policy by which it
   * was judged is not there any more. Never rejects.
   */
  readonly change: (change: RecordChange) => Promise<Fault | "stale" | undefined>;
  /** Prepares the change before the store is asked for it (see `beginChange`). Never rejects. */
  readonly begin: (
    change: StoreChange,
    presence: () => Promise<Result<Presence, Fault>>,
  ) => Promise<Result<Ticket, Fault>>;
};

/** Returns the answer that memory holds; `undefined` if it must be fetched. */
export function answerInMemory(sources: Sources, need: Need): Answer | undefined {
  switch (need.kind) {
    case "key": {
      const key = sources.knownKey(need.accessKeyId);
      return key === "unknown"
        ? undefined
        : { kind: "key", key: key === "nobody" ? undefined : key };
    }
    case "owner": {
      const key = sources.knownOwner(need);
      return key === "unknown"
        ? undefined
        : { kind: "owner", key: key === "nobody" ? undefined : key };
    }
    case "record": {
      if (need.fresh) return undefined;
      const record = sources.knownRecord(need.bucket.id);
      if (record === "unknown") return undefined;
      return { kind: "record", record: record === "none" ? undefined : record };
    }
    case "revocations": {
      const revoked = sources.knownRevoked();
      return revoked === "unknown" ? undefined : { kind: "revocations", revoked };
    }
    case "tags":
    case "document":
    case "body":
    case "form":
    case "file":
    case "turn":
      return undefined;
  }
}

/** The needs that are fetched from elsewhere, and not from the client. */
export type Fetched = Extract<
  Need,
  { readonly kind: "key" | "owner" | "record" | "revocations" | "tags" }
>;

/**
 * The answer to `need`; `asker`: whether it is known who sent the request; `whose`: the request
 * itself. Errors: ServiceUnavailable or SlowDown if it cannot be had, since a decision must not be
 * made without it.
 */
export async function fetchAnswer(
  upstream: Upstream,
  sources: Sources,
  need: Fetched,
  asker: Asker,
  whose: Patience,
): Promise<Result<Answer, NotFetched>> {
  switch (need.kind) {
    case "key": {
      const key = await sources.key(need.accessKeyId);
      return key.ok ? ok({ kind: "key", key: key.value }) : elsewhere(key.error);
    }
    case "owner": {
      const key = await sources.owner(need);
      return key.ok ? ok({ kind: "owner", key: key.value }) : elsewhere(key.error);
    }
    case "record": {
      const read = need.fresh ? sources.freshRecord : sources.record;
      const record = await read(need.bucket.id, asker);
      return record.ok ? ok({ kind: "record", record: record.value }) : elsewhere(record.error);
    }
    case "revocations": {
      const revoked = await sources.revoked(asker);
      return revoked.ok
        ? ok({ kind: "revocations", revoked: revoked.value })
        : elsewhere(revoked.error);
    }
    case "tags": {
      const tags = await fetchTags(upstream, need.request, whose);
      return tags.ok ? ok({ kind: "tags", tags: tags.value }) : tags;
    }
  }
}

function elsewhere(fault: Fault): Result<never, NotFetched> {
  return err({ fault, store: undefined });
}

function fetchTags(
  upstream: Upstream,
  request: StoreRequest,
  whose: Patience,
): Promise<Result<Tags, NotFetched>> {
  return askStore(upstream, whose, async (endpoint, failed) => {
    const { status, body } = await wholeAnswer(endpoint.pool, request.head, TAGS_BYTES_MAX);
    const tags = tagsOfAnswer(status, body);
    if (tags.ok) return tags;
    const blame = credentialFault(request, errorCodeOf(body));
    return blame === undefined ? failed("protocol", tags.error) : failed("credential", blame);
  });
}
