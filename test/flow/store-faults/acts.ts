import type { Socket } from "node:net";
import type { Coming, Misbehaviour } from "../../support/faulty-store.ts";
import { reset } from "../../support/reset.ts";

/** What a store does, and when. */
type Act = (socket: Socket, coming: Coming) => void;

/** Does `act` to new connections, and to old ones as soon as they are used. */
export const always = (act: (socket: Socket) => void): Misbehaviour => ({
  onConnection: act,
  onRequest: act,
});
/** Does `act` once for each request, when its head has come. */
export const atHead = (act: Act): Misbehaviour => once(() => true, act);
/** When all of it has come. */
export const atEnd = (act: Act): Misbehaviour =>
  once((coming) => coming.received >= coming.length, act);

/** One act for one request; no two requests of a connection are of one target. */
function once(ready: (coming: Coming) => boolean, act: Act): Misbehaviour {
  const done = new WeakMap<Socket, string>();
  return {
    onRequest: (socket, coming) => {
      const name = `${coming.method} ${coming.target}`;
      if (done.get(socket) === name || !ready(coming)) return;
      done.set(socket, name);
      act(socket, coming);
    },
  };
}

/** Answers whole requests with these bytes. */
export const says = (bytes: string | Buffer): Misbehaviour =>
  atEnd((socket) => void socket.write(bytes));
export const head = (...fields: string[]): string =>
  `HTTP/1.1 200 OK\r\n${fields.join("\r\n")}\r\n\r\n`;
export const saysAndEnds = (bytes: string | Buffer): Misbehaviour =>
  atEnd((socket) => void socket.end(bytes));
/** Answers with these bytes, and a moment later breaks the connection. */
export const saysAndBreaks = (bytes: string): Misbehaviour =>
  atEnd((socket) => void socket.write(bytes, () => setTimeout(() => reset(socket), 30)));

/** One byte at a time. */
export function trickle(socket: Socket, bytes: Buffer, ms: number): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at === bytes.length || socket.destroyed) clearInterval(timer);
    else socket.write(bytes.subarray(at, ++at));
  }, ms);
}

export const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
/** A store as it should be. */
export const GOOD = says("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood");
