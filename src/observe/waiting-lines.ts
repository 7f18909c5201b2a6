/**
 * The most characters of lines that wait for a sink that is slow or away; then new ones are lost.
 */
export const SINK_CHARACTERS_MAX = 8 * 1024 * 1024;

/** Lines that wait for a sink, in their order and within a bound of memory. */
export class WaitingLines {
  #lines: string[] = [];
  #first = 0;
  #characters = 0;

  get count(): number {
    return this.#lines.length - this.#first;
  }

  /** Returns true if there was room for `line`. */
  add(line: string): boolean {
    if (this.#characters + line.length > SINK_CHARACTERS_MAX) return false;
    this.#lines.push(line);
    this.#characters += line.length;
    return true;
  }

  /** The first ones, at most `lines` and `characters` (but one at least); they still wait. */
  peek(lines: number, characters: number): readonly string[] {
    let end = this.#first;
    let sum = 0;
    while (end < this.#lines.length && end - this.#first < lines) {
      sum += this.#lines[end]?.length ?? 0;
      if (sum > characters && end > this.#first) break;
      end++;
    }
    return this.#lines.slice(this.#first, end);
  }

  /** The first `count` need wait no longer. */
  drop(count: number): void {
    const end = Math.min(this.#first + count, this.#lines.length);
    for (let i = this.#first; i < end; i++) this.#characters -= this.#lines[i]?.length ?? 0;
    this.#first = end;
    // Moving all of them for each that goes would cost more than all else.
    if (this.#first > this.#lines.length / 2) {
      this.#lines = this.#lines.slice(this.#first);
      this.#first = 0;
    }
  }
}
