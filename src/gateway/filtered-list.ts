import type { BucketRecord } from "../admission/buckets.ts";
import type { Need } from "../admission/known.ts";
import type { ListingFilter } from "../admission/reply-plan.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Fault } from "../s3/faults.ts";
import { createBucketListReader, type ListPiece } from "../s3/list-buckets.ts";
import { answerInMemory, type Sources } from "./answers.ts";

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
   * The bytes to send on for the next ones of the store; a promise if what is known of a bucket has
   * to be fetched first. The error says why the list must be broken off: an entry could go unseen. A
   * fault is of what was to be fetched, a text of the list itself.
   */
  push(chunk: Buffer): Result<Buffer, string> | Promise<Result<Buffer, Fault>> {
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
    if (missing.length === 0) return ok(this.#kept(pieces.value, records));
    return this.#fetched(pieces.value, records, missing);
  }

  /** After the last chunk: why the list is not whole; undefined if it is. */
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
    return ok(this.#kept(pieces, records));
  }

  #kept(
    pieces: readonly ListPiece[],
    records: ReadonlyMap<string, BucketRecord | undefined>,
  ): Buffer {
    const kept = pieces.filter(
      ({ bucket }) => bucket === undefined || this.#filter.keeps(bucket, records.get(bucket)),
    );
    return Buffer.concat(kept.map(({ bytes }) => bytes));
  }
}

type Missing = { readonly bucket: string; readonly need: Need & { readonly kind: "record" } };
