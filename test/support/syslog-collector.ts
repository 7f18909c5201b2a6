import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { portOf } from "./ports.ts";

/** A collector of syslog that keeps what it hears. */
export type SyslogCollector = {
  readonly port: number;
  /** The messages so far. */
  readonly frames: () => readonly string[];
  readonly stop: () => void;
};

/** The messages of an octet-counted stream (RFC 6587, 3.4.1), read by its own words. */
export function framesIn(stream: Buffer): readonly string[] {
  const frames: string[] = [];
  let rest = stream;
  while (rest.length > 0) {
    const space = rest.indexOf(" ");
    const length = Number(rest.toString("latin1", 0, space));
    assert.ok(Number.isSafeInteger(length) && length > 0, rest.toString("latin1", 0, 20));
    const frame = rest.subarray(space + 1, space + 1 + length);
    assert.equal(frame.length, length, "a frame is whole");
    frames.push(frame.toString("utf8"));
    rest = rest.subarray(space + 1 + length);
  }
  return frames;
}

/** HEADER SP STRUCTURED-DATA SP MSG (RFC 5424, 6). */
const MESSAGE = /^<134>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ s3warden \d+ audit - (.*)$/s;

/** The audit line in a message. */
export function lineIn(message: string): Readonly<Record<string, unknown>> {
  const [, line = ""] = MESSAGE.exec(message) ?? [];
  return JSON.parse(line);
}

/** Starts a collector over TCP, or over TLS if `tls` is given. */
export async function startCollectorOfSyslog(
  t: TestContext,
  { port = 0, tls }: { readonly port?: number; readonly tls?: TlsOptions } = {},
): Promise<SyslogCollector> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const hear = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("data", (data) => heard.push(data)).on("error", () => undefined);
  };
  const server: Server = tls === undefined ? createServer(hear) : createTlsServer(tls, hear);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.after(stop);
  return { port: portOf(server.address()), frames: () => framesIn(Buffer.concat(heard)), stop };
}
