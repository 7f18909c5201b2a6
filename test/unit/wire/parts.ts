import { HeadGatherer, type HeadKind } from "../../../src/wire/head-gatherer.ts";

/** What became of a head: its text and what stands behind it, why there is none, or neither yet. */
export type Gathering = {
  readonly text?: string;
  readonly rest?: string;
  readonly problem?: string;
};

/** What `kind` makes of `bytes` that come in pieces: one up to each of `cuts`, and the rest. */
export function gathered(
  kind: HeadKind,
  bytes: Buffer,
  cuts: readonly number[],
  bytesMax: number,
): Gathering {
  const gatherer = new HeadGatherer(kind);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    const text = gatherer.take(bytes.subarray(0, to), from, bytesMax);
    if (gatherer.problem !== undefined) return { problem: gatherer.problem };
    if (text !== undefined) return { text, rest: bytes.toString("latin1", gatherer.next) };
    from = to;
  }
  return {};
}

/** Every byte a piece. */
export function eachByte(bytes: Buffer): readonly number[] {
  return Array.from({ length: Math.max(0, bytes.length - 1) }, (_, at) => at + 1);
}
