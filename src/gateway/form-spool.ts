import { randomUUID } from "node:crypto";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { fault, type Fault } from "../s3/faults.ts";
import type { LimitName } from "../s3/limit-table.ts";
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
  /** The limit of the files of one account among them; the share of nobody's forms, too. */
  readonly accountBytesMax: number;
};

/**
 * The files of forms that one process has on disk. It outlives every configuration, so that a
 * reload does not forget existing files.
 */
export class FormSpool {
  #place: SpoolPlace | undefined;
  #bytes = 0;
  /** Bytes of the files of each account that has some. */
  readonly #ofAccounts = new Map<string, number>();

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
   * Opens a file for one form of `account`, of `bytesMin` at least. The account is `undefined` if
   * nobody signed the form. The file has no name any more when this resolves, so nothing is left of it
   * after a crash. Throws `BodyError` if none can be opened, or if all the room that the account may
   * have would not be enough: it would be taken from others until that is found out.
   */
  async begin(bytesMin: number, account: string | undefined): Promise<SpooledFile> {
    const place = this.#place;
    if (place === undefined) throw new Error("No file is spooled without formSpool");
    if (bytesMin > place.bytesMax) throw new BodyError(limitFault("form_spool"));
    if (bytesMin > place.accountBytesMax) throw new BodyError(limitFault("form_spool_per_account"));
    // No account has an empty name.
    const owner = account ?? "";
    return new SpooledFile(await opened(place.directory), (bytes) => this.#take(owner, bytes));
  }

  /** Counts `bytes` more, or fewer if negative. Returns the limit that they would exceed. */
  #take(owner: string, bytes: number): LimitName | undefined {
    const { bytesMax = 0, accountBytesMax = 0 } = this.#place ?? {};
    const owned = (this.#ofAccounts.get(owner) ?? 0) + bytes;
    if (bytes > 0 && this.#bytes + bytes > bytesMax) return "form_spool";
    if (bytes > 0 && owned > accountBytesMax) return "form_spool_per_account";
    this.#bytes += bytes;
    if (owned > 0) this.#ofAccounts.set(owner, owned);
    else this.#ofAccounts.delete(owner);
    return undefined;
  }
}

/** Counts bytes of one file. Returns the limit that they would exceed; `undefined` if there is room. */
type Take = (bytes: number) => LimitName | undefined;

/** The file of one form. */
export class SpooledFile implements Spooled {
  readonly #file: FileHandle;
  readonly #take: Take;
  #length = 0;
  #closed = false;

  constructor(file: FileHandle, take: Take) {
    this.#file = file;
    this.#take = take;
  }

  /** Appends `bytes`. Throws `BodyError` if there is no room for them. */
  async write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    if (this.#closed) throw unusable("EBADF");
    const exceeded = this.#take(bytes.length);
    if (exceeded !== undefined) throw new BodyError(limitFault(exceeded));
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
