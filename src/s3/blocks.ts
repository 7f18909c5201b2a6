/** Makes whole blocks out of bytes that come in any pieces. */
export type Blocks = {
  push(bytes: Buffer): void;
  /** Passes on the rest that fills no block, if there is any. */
  end(): void;
};

const BLOCK_BYTES = 16 * 1024;

/**
 * Returns a cutter that passes blocks to `take`. Blocks begin at multiples of BLOCK_BYTES, so that
 * no split of the network decides what is worked on together. Tiny pieces are copied: a client can
 * send a byte at a time, and each piece kept as it is would cost a hundred.
 */
export function createBlocks(take: (block: Buffer) => void): Blocks {
  let block: Buffer | undefined;
  let filled = 0;
  /** A first piece, which is all that small documents have. */
  let first: Buffer | undefined;

  const add = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length;) {
      const left = bytes.length - at;
      if (filled === 0 && left >= BLOCK_BYTES) {
        take(bytes.subarray(at, at + BLOCK_BYTES));
        at += BLOCK_BYTES;
        continue;
      }
      block ??= Buffer.allocUnsafe(BLOCK_BYTES);
      const copied = bytes.copy(block, filled, at);
      at += copied;
      filled += copied;
      if (filled < BLOCK_BYTES) continue;
      const full = block;
      block = undefined;
      filled = 0;
      take(full);
    }
  };
  return {
    push: (bytes) => {
      if (bytes.length === 0) return;
      if (first === undefined && filled === 0 && bytes.length < BLOCK_BYTES) {
        first = bytes;
        return;
      }
      const before = first;
      first = undefined;
      if (before !== undefined) add(before);
      add(bytes);
    },
    end: () => {
      const rest = first ?? block?.subarray(0, filled);
      if (rest !== undefined) take(rest);
    },
  };
}
