import { close, closeSync, fstatSync, mkdir, mkdirSync, open, openSync, write } from "node:fs";
import { dirname } from "node:path";

/** The receiver of what happens to the lines. */
export type LineEvents = {
  /**
   * Reports that they cannot be written, or that the file cannot be opened again; at each attempt.
   */
  readonly failed: (error: Error) => void;
  /** Reports that some were written. */
  readonly written: () => void;
  /** Reports that they can be written again. */
  readonly recovered: () => void;
  /** Reports the number of lines that were lost, since too many waited. */
  readonly dropped: (lines: number) => void;
};

/** The most characters that may wait for a file that is slow or full; further lines are lost. */
export const WAITING_CHARACTERS_MAX = 16 * 1024 * 1024;

/** Lines are written together: as soon as they are so many characters, or after so long. */
const BATCH_CHARACTERS = 16 * 1024;
const BATCH_MS = 200;
/** The most characters handed to the operating system at once. */
const WRITE_CHARACTERS_MAX = 256 * 1024;
/** The time until a write or an opening that failed is tried again. */
const RETRY_MS = 1_000;
/** The same if the reader of a pipe is only slow. */
const PAUSE_MS = 20;

/** The longest wait at the end for a file that does not answer. */
const CLOSE_MS_MAX = 5_000;

const STDOUT_FD = 1;
const NEWLINE = 0x0a;

/**
 * A file to which whole lines are appended, together and in the background, within a bound of
 * memory. Lines that cannot be written are tried again until they can be. Not pino's destination,
 * which cannot tell how much waits, and cuts a line in two when a full file is opened anew.
 */
export class LineFile {
  readonly #file: string;
  readonly #events: LineEvents;
  #fd: number;
  #lines: string[] = [];
  #waiting = 0;
  /** The bytes taken from the lines and handed to the operating system, as far as `#written`. */
  #chunk: Buffer | undefined;
  #chunkCharacters = 0;
  #chunkLines = 0;
  #written = 0;
  /** A write or an opening is under way. */
  #busy = false;
  #failing = false;
  #reopenWanted = false;
  /** Set once its handle is somebody else's: a file's, or a client's. */
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  /** Called when everything is written, or cannot be. */
  #onIdle: (() => void) | undefined;

  /** Opens the file; `-` is standard output. Throws if it cannot be opened. */
  constructor(file: string, events: LineEvents) {
    this.#file = file;
    this.#events = events;
    if (file !== "-") mkdirSync(dirname(file), { recursive: true });
    this.#fd = file === "-" ? STDOUT_FD : openSync(file, "a");
  }

  /** True if the last attempt to write, or to open the file anew, failed. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Characters of the lines that are not written yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** `line`: with its newline. */
  append(line: string): void {
    if (this.#closed || this.#waiting + line.length > WAITING_CHARACTERS_MAX) {
      return this.#events.dropped(1);
    }
    this.#lines.push(line);
    this.#waiting += line.length;
    if (this.#failing || this.#busy) return;
    if (this.#waiting >= BATCH_CHARACTERS) this.#flush();
    else this.#later(BATCH_MS);
  }

  /**
   * Continues in the file that now has the name, as after a rotation; and tries again at once.
   * Until it can be opened, lines wait: the file before is somebody else's, or gone.
   */
  reopen(): void {
    if (this.#closed) return;
    this.#reopenWanted = true;
    if (!this.#busy) this.#flush();
  }

  /**
   * Writes the waiting lines, as far as they can be written, and ends; in the old file if the one
   * that has the name now cannot be opened. The rest is lost, and reported; so are later lines.
   */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      setTimeout(resolve, CLOSE_MS_MAX).unref();
      if (!this.#busy) this.#flush();
    });
    clearTimeout(this.#timer);
    this.#closed = true;
    const left = this.#lines.length + this.#chunkLines;
    if (left > 0) this.#events.dropped(left);
    if (this.#file !== "-" && !this.#busy) closeSync(this.#fd);
  }

  #later(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#busy) this.#flush();
    }, ms).unref();
  }

  #flush(): void {
    if (this.#closed) return;
    if (this.#reopenWanted && this.#file !== "-") return this.#open();
    this.#reopenWanted = false;
    const chunk = (this.#chunk ??= this.#nextChunk());
    if (chunk === undefined) return this.#onIdle?.();
    this.#busy = true;
    write(this.#fd, chunk, this.#written, chunk.length - this.#written, null, (error, bytes) => {
      this.#busy = false;
      if (error === null) this.#wrote(chunk, bytes);
      else this.#failed(error);
    });
  }

  #nextChunk(): Buffer | undefined {
    if (this.#lines.length === 0) return undefined;
    let lines = 0;
    let characters = 0;
    for (const line of this.#lines) {
      if (lines > 0 && characters + line.length > WRITE_CHARACTERS_MAX) break;
      characters += line.length;
      lines++;
    }
    const all = lines === this.#lines.length;
    const taken = all ? this.#lines : this.#lines.splice(0, lines);
    if (all) this.#lines = [];
    this.#chunkCharacters = characters;
    this.#chunkLines = lines;
    this.#written = 0;
    return Buffer.from(taken.join(""), "utf8");
  }

  #wrote(chunk: Buffer, bytes: number): void {
    this.#written += bytes;
    this.#events.written();
    this.#works();
    if (this.#written === chunk.length) {
      this.#chunk = undefined;
      this.#waiting -= this.#chunkCharacters;
      this.#chunkLines = 0;
    }
    const more = this.#chunk !== undefined || this.#waiting >= BATCH_CHARACTERS;
    if (more || this.#reopenWanted || this.#onIdle !== undefined) this.#flush();
    else if (this.#waiting > 0) this.#later(BATCH_MS);
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (error.code === "EAGAIN") return this.#later(PAUSE_MS);
    this.#failing = true;
    this.#events.failed(error);
    if (this.#onIdle !== undefined) return this.#onIdle();
    if (this.#reopenWanted) return this.#flush();
    this.#later(RETRY_MS);
  }

  #open(): void {
    this.#reopenWanted = false;
    this.#busy = true;
    // The opening reports what is wrong with the folder.
    mkdir(dirname(this.#file), { recursive: true }, () => {
      open(this.#file, "a", (error, fd) => {
        this.#busy = false;
        if (error === null) this.#moveTo(fd);
        else this.#stay(error);
      });
    });
  }

  #stay(error: Error): void {
    this.#failing = true;
    this.#events.failed(error);
    if (this.#onIdle === undefined) {
      this.#reopenWanted = true;
      return this.#later(RETRY_MS);
    }
    this.#reopenWanted = false;
    const isThere = fstatSync(this.#fd).nlink > 0;
    return isThere ? this.#flush() : this.#onIdle();
  }

  /** Continues in another file. A line that is partly in the file before is written whole here. */
  #moveTo(fd: number): void {
    close(this.#fd, () => {});
    this.#fd = fd;
    if (this.#chunk !== undefined && this.#written > 0) {
      this.#written = this.#chunk.lastIndexOf(NEWLINE, this.#written - 1) + 1;
    }
    if (this.#waiting === 0) this.#works();
    this.#flush();
  }

  #works(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#events.recovered();
  }
}
