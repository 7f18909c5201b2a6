import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync } from "node:fs";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A file of bytes, by its name in the folder of its bucket. */
export type Piece = { readonly file: string; readonly size: number; readonly md5: string };

/** An object, as its description on disk has it. */
export type StoredObject = {
  readonly key: string;
  /** The ETag without quotes. */
  readonly etag: string;
  readonly size: number;
  readonly modifiedMs: number;
  /** The client's headers for it: Content-Type, `x-amz-meta-*` and the like. */
  readonly headers: Readonly<Record<string, string>>;
  /** The pieces: one, or one for each part of an upload. */
  readonly pieces: readonly Piece[];
};

/** An upload in parts that has begun. Only memory knows it: it does not outlive the process. */
export type OpenUpload = {
  readonly id: string;
  readonly key: string;
  readonly beganMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, Piece & { readonly modifiedMs: number }>;
};

/**
 * A bucket on disk: `bucket.json`, `objects/` with a description of each object, `data/` with the
 * bytes. A description is written aside and renamed, so an object is there whole or not at all.
 */
export class DemoBucket {
  readonly name: string;
  readonly createdMs: number;
  readonly uploads = new Map<string, OpenUpload>();
  readonly #dir: string;
  readonly #objects = new Map<string, StoredObject>();
  #sorted: readonly string[] | undefined;

  private constructor(dir: string, name: string, createdMs: number) {
    this.#dir = dir;
    this.name = name;
    this.createdMs = createdMs;
  }

  static make(root: string, name: string, createdMs: number): DemoBucket {
    const dir = join(root, name);
    for (const part of ["objects", "data"]) mkdirSync(join(dir, part), { recursive: true });
    writeFileSync(join(dir, DESCRIPTION), JSON.stringify({ createdMs }));
    return new DemoBucket(dir, name, createdMs);
  }

  /** The bucket as it was left; `undefined` if the folder is none of a bucket. */
  static read(root: string, name: string): DemoBucket | undefined {
    const dir = join(root, name);
    if (!existsSync(join(dir, DESCRIPTION))) return undefined;
    const about: { createdMs: number } = JSON.parse(readFileSync(join(dir, DESCRIPTION), "utf8"));
    const bucket = new DemoBucket(dir, name, about.createdMs);
    const used = new Set<string>();
    for (const file of readdirSync(join(dir, "objects"))) {
      if (!file.endsWith(".json")) continue;
      const text = readFileSync(join(dir, "objects", file), "utf8");
      const object: StoredObject = JSON.parse(text);
      bucket.#objects.set(object.key, object);
      for (const piece of object.pieces) used.add(piece.file);
    }
    // Left over from uploads that never ended.
    for (const file of readdirSync(join(dir, "data"))) {
      if (!used.has(file)) rmSync(join(dir, "data", file), { force: true });
    }
    return bucket;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** Keys in the order of their bytes, as S3 lists them. */
  keys(): readonly string[] {
    this.#sorted ??= [...this.#objects.keys()].toSorted(byBytes);
    return this.#sorted;
  }

  /** Writes the bytes of `body` to a new file. Rejects, and leaves none, if the body breaks off. */
  async write(body: Readable): Promise<Piece> {
    const file = randomUUID();
    const path = join(this.#dir, "data", file);
    const hash = createHash("md5");
    let size = 0;
    const count = async function* (source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
      for await (const bytes of source) {
        hash.update(bytes);
        size += bytes.length;
        yield bytes;
      }
    };
    try {
      await pipeline(body, count, createWriteStream(path));
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
    return { file, size, md5: hash.digest("hex") };
  }

  /** The bytes of `object` from `start` to `end`, both included. */
  read(object: StoredObject, start: number, end: number): Readable {
    const dir = this.#dir;
    const pieces = async function* (): AsyncIterable<Buffer> {
      let at = 0;
      for (const { file, size } of object.pieces) {
        const from = Math.max(start - at, 0);
        const to = Math.min(end - at, size - 1);
        at += size;
        if (from <= to) yield* createReadStream(join(dir, "data", file), { start: from, end: to });
      }
    };
    return Readable.from(pieces());
  }

  put(object: StoredObject): void {
    const before = this.#objects.get(object.key);
    const path = this.#descriptionOf(object.key);
    const aside = `${path}.new`;
    writeFileSync(aside, JSON.stringify(object));
    renameSync(aside, path);
    if (before === undefined) this.#sorted = undefined;
    this.#objects.set(object.key, object);
    this.discard(before?.pieces ?? []);
  }

  remove(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    rmSync(this.#descriptionOf(key), { force: true });
    this.#objects.delete(key);
    this.#sorted = undefined;
    this.discard(object.pieces);
  }

  /** Removes bytes that nothing names any more. Their readers still read to the end. */
  discard(pieces: Iterable<Piece>): void {
    for (const { file } of pieces) rmSync(join(this.#dir, "data", file), { force: true });
  }

  destroy(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** A key may be longer than a file's name can be, and hold any character. */
  #descriptionOf(key: string): string {
    const name = createHash("sha256").update(key).digest("hex");
    return join(this.#dir, "objects", `${name}.json`);
  }
}

const DESCRIPTION = "bucket.json";

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
