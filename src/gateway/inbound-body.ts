import type { ClientRequest } from "../listen/client-request.ts";
import type { BodyReader } from "../listen/request-body.ts";
import type { Fault } from "../s3/faults.ts";
import { BodyError } from "../body/body.ts";
import { Gathered } from "../body/gathered.ts";

/** The body ended before its end, because its client is gone or sends something else. */
export class ClientLeft extends Error {
  constructor() {
    super("The client did not send its whole body");
    this.name = "ClientLeft";
  }
}

/** Counts each piece's bytes, and returns why they cannot be kept. */
type Counter = { received(bytes: number): Fault | undefined };

/**
 * The memory that the pieces of a body are in. `lent`: each stands until the next one is asked
 * for, which costs nothing. `own`: for as long as somebody has it.
 */
export type PieceMemory = "lent" | "own";

/**
 * The body as it comes in; `counter` hears of each piece's bytes. Throws
 * `ClientLeft`, and `BodyError` for what `counter` refuses. Leaving the iteration early does
 * not destroy the connection, so that the client can still read why.
 */
export function bodyOf(
  { body }: ClientRequest,
  counter: Counter,
  memory: PieceMemory,
): AsyncIterable<Buffer> {
  if (body === undefined) return EMPTY_BODY;
  return {
    [Symbol.asyncIterator]: () => {
      body.read(new Reading(counter, memory === "lent"));
      return body;
    },
  };
}

/**
 * Returns a whole body as one piece. Only for one whose length was promised, small, and checked by
 * the connection's reader. Rejects with `ClientLeft`, and with `BodyError` for what `counter`
 * refuses.
 */
export async function wholeBodyOf(request: ClientRequest, counter: Counter): Promise<Buffer> {
  const { body } = request;
  if (body === undefined) return NOTHING;
  body.read(new Reading(counter, false));
  const first = await body.next();
  if (first.done === true) return NOTHING;
  if (body.complete && !body.hasMore) return first.value;
  const gathered = new Gathered();
  gathered.add(first.value);
  for (let next = await body.next(); next.done !== true; next = await body.next()) {
    gathered.add(next.value);
  }
  return gathered.bytes();
}

class Reading implements BodyReader {
  readonly lent: boolean;
  readonly #counter: Counter;

  constructor(counter: Counter, lent: boolean) {
    this.#counter = counter;
    this.lent = lent;
  }

  received(bytes: number): Error | undefined {
    const refusal = this.#counter.received(bytes);
    return refusal === undefined ? undefined : new BodyError(refusal);
  }

  lost(): Error {
    return new ClientLeft();
  }
}

const NOTHING = Buffer.alloc(0);
const ENDED: AsyncIterator<Buffer> = { next: async () => ({ done: true, value: undefined }) };

/** The body of a request that has none. */
export const EMPTY_BODY: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => ENDED };
