import type { DocumentNeed } from "../admission/known.ts";
import { err, type Result } from "../lib/result.ts";
import {
  documentReader,
  tooLong,
  type DocumentReader,
  type S3Document,
} from "../s3/document-reader.ts";
import type { Fault } from "../s3/faults.ts";
import { aboveLimit, BodyError, lengthOf, provenBody } from "./body.ts";
import { nextTurn } from "./step-turns.ts";

/**
 * The most that is read of a document in one synchronous step; then others have their turn. Measured
 * by `node test/bench/documents.ts`: about a millisecond of the slowest documents.
 */
const STEP_BYTES_MAX = 16 * 1024;

/**
 * Reads the document of a request while its bytes come and are proved as by `provenBody`. Ends at
 * the first fault, without waiting for the rest: nothing that follows can change it. The document
 * is returned only once all of it was proved. `open`: asks the client for the bytes, which does not
 * happen if they are too many. `maxBytes`: of any document. Errors: those of provenBody() and
 * documentReader(); MaxMessageLengthExceeded.
 */
export async function readDocumentBody(
  open: () => AsyncIterable<Buffer>,
  maxBytes: number,
  { plan, operation, headers }: DocumentNeed,
): Promise<Result<S3Document, Fault>> {
  const tooBig = aboveLimit(plan, maxBytes) ?? tooLong(operation, lengthOf(plan));
  if (tooBig !== undefined) return err(tooBig);
  const reader = documentReader(operation, headers);
  try {
    const wrong = await readInSteps(provenBody(open(), plan), reader);
    return wrong === undefined ? reader.end() : err(wrong);
  } catch (error) {
    if (error instanceof BodyError) return err(error.fault);
    throw error;
  }
}

/** A source that already has its bytes would otherwise keep the process to itself for all of them. */
async function readInSteps(
  source: AsyncIterable<Buffer>,
  reader: DocumentReader,
): Promise<Fault | undefined> {
  let sinceTurn = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length;) {
      if (sinceTurn >= STEP_BYTES_MAX) {
        await nextTurn();
        sinceTurn = 0;
      }
      const step = piece.subarray(at, at + STEP_BYTES_MAX - sinceTurn);
      const wrong = reader.push(step);
      if (wrong !== undefined) return wrong;
      at += step.length;
      sinceTurn += step.length;
    }
  }
  return undefined;
}
