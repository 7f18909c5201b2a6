import type { BucketRecord } from "../admission/record.ts";
import type { Need } from "../admission/known.ts";
import type { ListingFilter } from "../admission/reply-plan.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { entryWithShownName, withShownPrefix } from "../s3/mapped-names.ts";
import { createBucketListReader, TOKEN_ELEMENT, type ListPiece } from "../s3/list-buckets.ts";
import { answerInMemory, type Sources } from "./answers.ts";
import { nextTurn } from "../body/step-turns.ts";

/** A list of buckets on its way to the client, with those taken out that are not for it to see. */
export class FilteredList {
  readonly #reader = createBucketListReader();
  readonly #filter: ListingFilter;
  readonly #sources: Sources;

  constructor(filter: ListingFilter, sources: Sources) {
    this.#filter = filter;
    this.#sources = sources;
  }

  /**
   * Returns the bytes to send on for the next ones of the store; a promise if the record of a
   * bucket has to be fetched first, or if others must have their turn. The error says why the list
   * must be broken off: an entry could go unseen. A fault comes from fetching, or means that the
   * list costs too much; a text is about the list itself.
   */
  push(chunk: Buffer): Result<Buffer, string | Fault> | Promise<Result<Buffer, Fault>> {
    const pieces = this.#reader.push(chunk);
    if (!pieces.ok) return pieces;
    const records = new Map<string, BucketRecord | undefined>();
    const missing: Missing[] = [];
    for (const { bucket } of pieces.value) {
      const need = bucket === undefined ? undefined : this.#filter.needs(bucket);
      if (bucket === undefined || need === undefined) continue;
      const answer = answerInMemory(this.#sources, need);
      if (answer?.kind === "record") records.set(bucket, answer.record);
      else missing.push({ bucket, need });
    }
    if (missing.length === 0) return this.#kept(pieces.value, records);
    return this.#fetched(pieces.value, records, missing);
  }

  /**
   * Returns, after the last chunk, the reason why the list is incomplete; `undefined` if it is
   * complete.
   */
  end(): string | undefined {
    return this.#reader.end();
  }

  async #fetched(
    pieces: readonly ListPiece[],
    records: Map<string, BucketRecord | undefined>,
    missing: readonly Missing[],
  ): Promise<Result<Buffer, Fault>> {
    for (const { bucket, need } of missing) {
      const record = await this.#sources.record(need.bucket.id, "proved");
      if (!record.ok) return record;
      records.set(bucket, record.value);
    }
    return this.#kept(pieces, records);
  }

  #kept(
    pieces: readonly ListPiece[],
    records: ReadonlyMap<string, BucketRecord | undefined>,
  ): Result<Buffer, Fault> | Promise<Result<Buffer, Fault>> {
    const judging = this.#judged(pieces, records);
    const step = judging.next();
    return step.done === true ? step.value : inTurns(judging);
  }

  #shown(bytes: Buffer, stored: string | undefined): Buffer {
    const { start } = this.#filter;
    if (stored === undefined && start !== undefined) {
      // Byte by byte: a character may go on in the next ones.
      return Buffer.from(withShownPrefix(bytes.toString("latin1"), start), "latin1");
    }
    const shown = stored === undefined ? undefined : this.#filter.shows?.(stored);
    if (stored === undefined || shown === undefined) return bytes;
    return Buffer.from(entryWithShownName(bytes.toString(), { stored, shown }));
  }

  /** An empty token says that there is no next page. */
  #sealed(bytes: Buffer, token: string): Buffer {
    const { seals } = this.#filter;
    if (seals === undefined || token === "") return bytes;
    return Buffer.from(`<${TOKEN_ELEMENT}>${seals(token)}</${TOKEN_ELEMENT}>`);
  }

  *#judged(
    pieces: readonly ListPiece[],
    records: ReadonlyMap<string, BucketRecord | undefined>,
  ): Generator<undefined, Result<Buffer, Fault>> {
    const kept: Buffer[] = [];
    for (const { bucket, bytes, token } of pieces) {
      const keeps =
        bucket === undefined || (yield* this.#filter.keeps(bucket, records.get(bucket)));
      if (keeps === "spent") return err(TOO_COSTLY);
      if (keeps)
        kept.push(token === undefined ? this.#shown(bytes, bucket) : this.#sealed(bytes, token));
    }
    return ok(Buffer.concat(kept));
  }
}

async function inTurns<T>(work: Generator<undefined, T>): Promise<T> {
  for (;;) {
    await nextTurn();
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

const TOO_COSTLY = fault(
  "ServiceUnavailable",
  "Your policies and those of your buckets are too complex to list your buckets in time",
  { rule: "policy.listBuckets: the list costs too much to filter" },
);

type Missing = { readonly bucket: string; readonly need: Need & { readonly kind: "record" } };
