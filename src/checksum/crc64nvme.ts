import {
  add,
  and,
  type Code,
  get,
  i32,
  i64,
  I32,
  I64,
  isBelow,
  isNotBelow,
  load,
  loadByte,
  low,
  moduleOf,
  set,
  shiftLeft,
  shiftRight,
  until,
  xor,
} from "./wasm.ts";

/** The checksum of no bytes; to be continued by `crc64nvme()`. */
export const CRC64NVME_OF_NOTHING = 0n;

/**
 * CRC-64/NVME ("Catalogue of parametrised CRC algorithms"; NVM Command Set Specification 1.0,
 * section 5.2.1.3.4) of `bytes` after whatever has the checksum `value`. An unsigned 64-bit number.
 *
 * It is WebAssembly, since JavaScript has no fast numbers of 64 bits: several times as fast as any
 * script, and as fast as the table method is.
 */
export function crc64nvme(bytes: Uint8Array, value: bigint): bigint {
  // Converts from and to the register's form: it begins with all bits set, and the result is
  // inverted.
  let register = ~value;
  for (let at = 0; at < bytes.length; at += INPUT_MAX) {
    const piece = bytes.subarray(at, at + INPUT_MAX);
    INPUT.set(piece);
    register = run(register, INPUT_START, INPUT_START + piece.length);
  }
  return BigInt.asUintN(64, ~register);
}

/** The polynomial 0x9a6c9329ac4bc9b5, its lowest power as the highest bit. */
const POLYNOMIAL = { high: 0x9a6c9329, low: 0xac4bc9b5 };

/** The bytes taken at a time, each by a table of its own: "slicing by 16". */
const SLICES = 16;
const TABLE_BYTES = 256 * 8;

/** The memory is two pages of 64 KiB: tables first, then the bytes that are being read. */
const PAGES = 2;
const INPUT_START = SLICES * TABLE_BYTES;
const INPUT_MAX = PAGES * 65_536 - INPUT_START;

/** Part of what every JavaScript engine has; the language's own types leave it out. */
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: object } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
};

const MEMORY = new WebAssembly.Memory({ initial: PAGES });
/** Holds nothing between two calls of `crc64nvme()`. */
const INPUT = new Uint8Array(MEMORY.buffer, INPUT_START);
writeTables(new DataView(MEMORY.buffer));
const run = functionOf(stepCode());

type Step = (register: bigint, start: number, end: number) => bigint;

function functionOf(module: Uint8Array): Step {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), {
    env: { memory: MEMORY },
  });
  const step = instance.exports["run"];
  if (!isStep(step)) throw new Error("A module exports its function");
  return step;
}

function isStep(value: unknown): value is Step {
  return typeof value === "function";
}

/**
 * Writes the tables. Table 0: the effect of a byte on the register when it is shifted out. Table n:
 * the same, followed by n bytes of zero.
 */
function writeTables(memory: DataView): void {
  // Works on halves of 32 bits: with big integers this would take several milliseconds of every
  // start.
  for (let byte = 0; byte < 256; byte++) {
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const isOut = (low & 1) === 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (isOut) {
        low ^= POLYNOMIAL.low;
        high ^= POLYNOMIAL.high;
      }
    }
    memory.setInt32(entry(0, byte), low, true);
    memory.setInt32(entry(0, byte) + 4, high, true);
  }
  for (let table = 1; table < SLICES; table++) {
    for (let byte = 0; byte < 256; byte++) {
      const low = memory.getInt32(entry(table - 1, byte), true);
      const high = memory.getInt32(entry(table - 1, byte) + 4, true);
      const out = entry(0, low & 0xff);
      const shifted = (low >>> 8) | (high << 24);
      memory.setInt32(entry(table, byte), shifted ^ memory.getInt32(out, true), true);
      memory.setInt32(entry(table, byte) + 4, (high >>> 8) ^ memory.getInt32(out + 4, true), true);
    }
  }
}

function entry(table: number, byte: number): number {
  return table * TABLE_BYTES + byte * 8;
}

/** The function: the register after the bytes of memory from `start` to before `end`. */
function stepCode(): Uint8Array {
  const [register, at, end, first, second] = [0, 1, 2, 3, 4];
  const whole = until(isBelow(get(end), add(get(at), i32(SLICES))), [
    ...set(first, xor(get(register), load(get(at), 0))),
    ...set(second, load(get(at), 8)),
    // The second word does not wait for the register, so it comes first.
    ...set(register, xor(slices(second, 0), slices(first, 8))),
    ...set(at, add(get(at), i32(SLICES))),
  ]);
  const rest = until(isNotBelow(get(at), get(end)), [
    ...set(first, xor(get(register), loadByte(get(at)))),
    ...set(register, xor(lookup(first, 0, 0), shiftRight(get(register), 8))),
    ...set(at, add(get(at), i32(1))),
  ]);
  return moduleOf([I64, I32, I32], I64, [I64, I64], [...whole, ...rest, ...get(register)]);
}

/**
 * Returns the code for the eight bytes of `word`; its last byte goes by `table`, each before it by
 * the next.
 */
function slices(word: number, table: number): Code {
  return [0, 1, 2, 3, 4, 5, 6, 7].map((byte) => lookup(word, byte, table + 7 - byte)).reduce(xor);
}

/** The entry of `table` for byte `byte` of `word`, whose place is eight times the byte's value. */
function lookup(word: number, byte: number, table: number): Code {
  const bits = byte * 8 - 3;
  const shifted = bits < 0 ? shiftLeft(get(word), -bits) : shiftRight(get(word), bits);
  return load(low(and(shifted, i64(0xff * 8))), table * TABLE_BYTES);
}
