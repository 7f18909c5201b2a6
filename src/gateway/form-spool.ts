import { randomUUID } from "node:crypto";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { fault, type Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import { BodyError } from "../body/body.ts";
import type { Spooled } from "../body/form.ts";

/**
 * The place where large files of forms are written until their end is known (`formSpool` in
 * gateway.yaml).
 */
export type SpoolPlace = {
  readonly directory: string;
  /** The limit of all files that one process has there. */
  readonly bytesMax: number;
};

/**
 * The files of forms that one process has on disk. It outlives every configuration, so that a
 * reload does not forget existing files.
 */
export class FormSpool {
  #place: SpoolPlace | undefined;
  #bytes = 0;

  constructor(place: SpoolPlace | undefined) {
    this.#place = place;
  }

  /** Follows another configuration; `undefined` means that no file is written from now on. */
  follow(place: SpoolPlace | undefined): void {
    this.#place = place;
  }

  get isUsed(): boolean {
    return this.#place !== undefined;
  }

  /** Bytes of all files there. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Opens a file for one form, of `bytesMin` at least. It has no name any more when this resolves, so
   * nothing is left of it after a crash. Throws `BodyError` if none can be opened, or if all the room
   * there is would not be enough: it would be taken from others until that is found out.
   */
  async begin(bytesMin: number): Promise<SpooledFile> {
    const place = this.#place;
    if (place === undefined) throw new Error("No file is spooled without formSpool");
    if (bytesMin > place.bytesMax) throw new BodyError(limitFault("form_spool"));
    return new SpooledFile(await opened(place.directory), (bytes) => this.#take(bytes));
  }

  #take(bytes: number): boolean {
    if (bytes > 0 && this.#bytes + bytes > (this.#place?.bytesMax ?? 0)) return false;
    this.#bytes += bytes;
    return true;
  }
}

/** The file of one form. */
export class SpooledFile implements Spooled {
  readonly #file: FileHandle;
  readonly #take: (bytes: number) => boolean;
  #length = 0;
  #closed = false;

  constructor(file: FileHandle, take: (bytes: number) => boolean) {
    this.#file = file;
    this.#take = take;
  }

  /** Appends `bytes`. Throws `BodyError` if there is no room for them. */
  async write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    if (this.#closed) throw unusable("EBADF");
    if (!this.#take(bytes.length)) throw new BodyError(limitFault("form_spool"));
    const at = this.#length;
    this.#length += bytes.length;
    const { bytesWritten } = await this.#file.writev([bytes], at).catch(failed);
    if (bytesWritten !== bytes.length) throw unusable("ENOSPC");
  }

  /** Returns the first `length` bytes. To be read once. */
  async *bytes(length: number): AsyncGenerator<Buffer, void, undefined> {
    for (let at = 0; at < length;) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, length - at));
      const { bytesRead } = await this.#file.read(piece, 0, piece.length, at).catch(failed);
      if (bytesRead === 0) throw unusable("EOF");
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  }

  /** Releases the room. May be called more than once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#take(-this.#length);
    // It has no name, so whatever the disk says of its end, nothing is left of it.
    this.#file.close().catch(() => {});
  }
}

const PIECE_BYTES = 64 * 1024;

async function opened(directory: string): Promise<FileHandle> {
  const path = join(directory, `.form-${randomUUID()}`);
  const file = await open(path, "wx+", 0o600).catch(failed);
  try {
    await unlink(path);
  } catch (error) {
    await file.close();
    failed(error);
  }
  return file;
}

/** A disk that is full or gone is nobody's bug. */
function failed(error: unknown): never {
  if (error instanceof BodyError) throw error;
  if (!(error instanceof Error) || !("code" in error)) throw error;
  throw unusable(typeof error.code === "string" ? error.code : error.name);
}

function unusable(code: string): BodyError {
  const refusal: Fault = fault("ServiceUnavailable", undefined, { rule: `formSpool: ${code}` });
  return new BodyError(refusal);
}
