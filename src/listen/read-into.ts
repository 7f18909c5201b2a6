import type { Socket } from "node:net";

/** The receiver of what a socket reads. */
export type Reader = {
  /** Returns the memory for the next read. Called once for each read. */
  memory(): Buffer;
  /** `count` bytes have been read to the start of `memory`, which `memory()` gave last. */
  filled(memory: Buffer, count: number): void;
  /** Bytes have come in memory of their own, which is the reader's from now on. */
  came(bytes: Buffer): void;
};

/**
 * Lets `socket` read into the memory of `reader`, from now on and for as long as it lives. Returns
 * true if it does. Otherwise each read makes a buffer of its own, which is as correct and costs
 * more (three times the processor's time, measured with uploads over loopback).
 *
 * Node has `onread` for that, but takes it only of sockets that connect, and not of those that a
 * server accepts (net.Socket, tls.TLSSocket). What it keeps of `onread` is set here. None of it is
 * documented, so it stands in this file alone, and test/unit/listen/read-into.test.ts fails when
 * Node changes it.
 */
export function readInto(socket: Socket, reader: Reader): boolean {
  const before = takeBuffered(socket);
  const direct = readDirectly(socket, reader);
  if (!direct) socket.on("data", (bytes: Buffer) => reader.came(bytes));
  for (const bytes of before) reader.came(bytes);
  socket.resume();
  return direct;
}

/** Returns the pieces that Node's streams have read already. */
function takeBuffered(socket: Socket): readonly Buffer[] {
  const pieces: Buffer[] = [];
  if (socket.readableLength === 0) return pieces;
  for (;;) {
    const piece: unknown = socket.read();
    if (!Buffer.isBuffer(piece)) return pieces;
    pieces.push(piece);
  }
}

function readDirectly(socket: Socket, reader: Reader): boolean {
  const symbols = new Map(
    Object.getOwnPropertySymbols(socket).map((symbol) => [symbol.description, symbol]),
  );
  const buffer = symbols.get("kBuffer");
  const callback = symbols.get("kBufferCb");
  const generator = symbols.get("kBufferGen");
  const handle: unknown = Reflect.get(socket, "_handle");
  if (buffer === undefined || callback === undefined || generator === undefined) return false;
  if (!takesBuffers(handle)) return false;
  const first = reader.memory();
  Reflect.set(socket, buffer, first);
  Reflect.set(socket, generator, () => reader.memory());
  Reflect.set(socket, callback, (count: number, memory: Buffer): boolean => {
    reader.filled(memory, count);
    return true;
  });
  handle.useUserBuffer(first);
  return true;
}

function takesBuffers(handle: unknown): handle is { useUserBuffer(buffer: Buffer): void } {
  return (
    typeof handle === "object" &&
    handle !== null &&
    "useUserBuffer" in handle &&
    typeof handle.useUserBuffer === "function"
  );
}
