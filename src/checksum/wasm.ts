/**
 * The part of WebAssembly's binary format that one function needs (WebAssembly Core Specification,
 * section 5). Each function here returns the bytes of an expression, from those of its operands. So
 * code is read as it is nested, and there is no compiled file in the repository.
 */
export type Code = readonly number[];

/** A variable of the function, parameters first, by its number. */
export type Local = number;

export const get = (local: Local): Code => [0x20, local];
export const set = (local: Local, value: Code): Code => [...value, 0x21, local];

export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const i64 = (value: number): Code => [0x42, ...signed(value)];

/** Sums and comparisons of 32 bits without a sign. */
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const isBelow = (a: Code, b: Code): Code => [...a, ...b, 0x49];
export const isNotBelow = (a: Code, b: Code): Code => [...a, ...b, 0x4f];

/** The operations on 64 bits. */
export const xor = (a: Code, b: Code): Code => [...a, ...b, 0x85];
export const and = (a: Code, b: Code): Code => [...a, ...b, 0x83];
export const shiftLeft = (a: Code, bits: number): Code => [...a, ...i64(bits), 0x86];
export const shiftRight = (a: Code, bits: number): Code => [...a, ...i64(bits), 0x88];
/** The lower half of 64 bits, to be used as an address. */
export const low = (a: Code): Code => [...a, 0xa7];

/** 64 bits of memory, the lowest byte first, or one byte of it as 64 bits. */
export const load = (address: Code, offset: number): Code => [
  ...address,
  0x29,
  3,
  ...unsigned(offset),
];
export const loadByte = (address: Code): Code => [...address, 0x31, 0, 0];

/** Repeats `body` until `isDone`, which is asked before each time. */
export const until = (isDone: Code, body: Code): Code => {
  const exit = [...isDone, 0x0d, 1];
  const again = [0x0c, 0];
  return [0x02, 0x40, 0x03, 0x40, ...exit, ...body, ...again, 0x0b, 0x0b];
};

export const I32 = 0x7f;
export const I64 = 0x7e;
type ValueType = typeof I32 | typeof I64;

/** A module with one function, `run`, that works on the memory `env.memory`. */
export function moduleOf(
  parameters: readonly ValueType[],
  result: ValueType,
  locals: readonly ValueType[],
  body: Code,
): Uint8Array {
  const type = [0x60, ...listOf(parameters.map((each) => [each])), 1, result];
  const memory = [...textOf("env"), ...textOf("memory"), 0x02, 0x00, 1];
  const code = [...listOf(locals.map((each) => [1, each])), ...body, 0x0b];
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, listOf([type])),
    ...section(2, listOf([memory])),
    ...section(3, listOf([[0]])),
    ...section(7, listOf([[...textOf("run"), 0x00, 0]])),
    ...section(10, listOf([[...unsigned(code.length), ...code]])),
  ]);
}

/** `\0asm`, and version 1. */
const MAGIC: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function listOf(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function textOf(ascii: string): Code {
  return listOf(Array.from(ascii, (character) => [character.charCodeAt(0)]));
}

/** LEB128, the encoding of every number in a module. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** The same of numbers with a sign: bit 6 of the last byte is it. */
function signed(value: number): Code {
  if (value >= -0x40 && value < 0x40) return [value & 0x7f];
  return [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
