import type { GatedHead } from "../http/field-gate.ts";
import type { StorePool } from "./pool.ts";

/** An answer in memory. */
export type WholeAnswer = { readonly status: number; readonly body: Buffer };

/**
 * Asks something that has no body. Of an answer longer than `bytesMax`, only its beginning is
 * returned, and then the connection ends. Rejects as `AnswerHandler.onError` says.
 */
export function wholeAnswer(
  pool: StorePool,
  head: GatedHead,
  bytesMax: number,
): Promise<WholeAnswer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let status = 0;
    let bytes = 0;
    const told = (): void => resolve({ status, body: Buffer.concat(pieces) });
    pool.send(
      { head, body: undefined, short: true },
      {
        onStart: () => undefined,
        onInterim: () => undefined,
        onAnswer: (_control, answer) => {
          ({ status } = answer);
        },
        onData: (control, piece, release) => {
          bytes += piece.length;
          if (bytes <= bytesMax) pieces.push(Buffer.from(piece));
          release();
          if (bytes <= bytesMax) return;
          told();
          control.abort(new Error("The answer is longer than is read"));
        },
        onEnd: told,
        onError: reject,
      },
    );
  });
}
