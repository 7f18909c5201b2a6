import { createSocket, type Socket as UdpSocket } from "node:dgram";
import type { Socket } from "node:net";
import { hostname } from "node:os";
import { messageOf } from "../lib/words.ts";
import { SINK_CLOSE_MS_MAX, type AuditSink, type SinkEvents } from "./audit-sink.ts";
import { dialSyslog, type SyslogPlace, type SyslogTrust } from "./syslog-dial.ts";
import { WaitingLines } from "./waiting-lines.ts";

/** `renew` gives what connections are opened with from then on; it has no effect but with TLS. */
export type SyslogSink = AuditSink & { readonly renew: (trust: SyslogTrust) => void };

/** RFC 5424, 6.2.1: facility local0, severity informational. */
const PRIORITY = 16 * 8 + 6;
/** Between two attempts to connect. */
const RETRY_MS = 1_000;
/** The most bytes of a UDP datagram over IPv4 (RFC 768, RFC 791). */
const DATAGRAM_BYTES_MAX = 65_507;
/** Written to the connection at once, in characters: what it did not take is lost with it. */
const WRITE_CHARACTERS = 64 * 1024;

export function openSyslog(place: SyslogPlace, events: SinkEvents): SyslogSink {
  return place.transport === "udp" ? overUdp(place, events) : new TcpSyslog(place, events);
}

/** `line` as a message of syslog (RFC 5424); no BOM, which readers of JSON do not expect. */
function messageWith(line: string): string {
  const header = [`<${PRIORITY}>1`, new Date().toISOString(), hostname(), "s3warden", process.pid];
  return `${header.join(" ")} audit - ${line}`;
}

/** One datagram a line (RFC 5426): whoever does not hear it misses it. */
function overUdp({ host, port }: SyslogPlace, events: SinkEvents): SyslogSink {
  const socket: UdpSocket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.unref();
  let failing = false;
  let pending = 0;
  let onIdle: (() => void) | undefined;
  const lost = (why: string): void => {
    failing = true;
    events.failed(why);
    events.dropped(1);
  };
  socket.on("error", (error) => lost(error.message));
  return {
    renew: () => {},
    append: (line) => {
      const bytes = Buffer.from(messageWith(line));
      if (bytes.length > DATAGRAM_BYTES_MAX) return events.dropped(1);
      if (pending >= DATAGRAMS_MAX) return events.dropped(1);
      pending++;
      socket.send(bytes, port, host, (error) => {
        pending--;
        if (error !== null) lost(error.message);
        else if (failing) {
          failing = false;
          events.recovered();
        }
        if (pending === 0) onIdle?.();
      });
    },
    close: async () => {
      if (pending > 0) {
        await new Promise<void>((resolve) => {
          onIdle = resolve;
          setTimeout(resolve, SINK_CLOSE_MS_MAX).unref();
        });
      }
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

/** Datagrams that wait for a name to be looked up, or for the system to take them. */
const DATAGRAMS_MAX = 1_000;

/**
 * Octet counting over one connection (RFC 6587, 3.4.1; over TLS RFC 5425, 4.3), which is made anew
 * when it ends.
 */
class TcpSyslog implements SyslogSink {
  #place: SyslogPlace;
  readonly #events: SinkEvents;
  readonly #waiting = new WaitingLines();
  #socket: Socket | undefined;
  /** It is connected, and takes more. */
  #open = false;
  #failing = false;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;
  #onIdle: (() => void) | undefined;

  constructor(place: SyslogPlace, events: SinkEvents) {
    this.#place = place;
    this.#events = events;
    this.#connect();
  }

  renew({ ca, clientCertificate }: SyslogTrust): void {
    this.#place = { ...this.#place, ca, clientCertificate };
  }

  append(line: string): void {
    if (this.#closed || !this.#waiting.add(messageWith(line))) return this.#events.dropped(1);
    this.#flush();
  }

  async close(): Promise<void> {
    if (this.#waiting.count > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        setTimeout(resolve, SINK_CLOSE_MS_MAX).unref();
      });
    }
    this.#closed = true;
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (this.#waiting.count > 0) {
      this.#events.dropped(this.#waiting.count);
      socket?.destroy();
    }
    if (socket === undefined || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
      setTimeout(() => socket.destroy(), SINK_CLOSE_MS_MAX).unref();
      socket.end();
    });
  }

  #connect(): void {
    const socket = dialSyslog(this.#place, () => {
      this.#open = true;
      if (this.#failing) this.#events.recovered();
      this.#failing = false;
      this.#flush();
    });
    this.#socket = socket;
    socket.unref();
    // A collector says nothing; what it does say is not kept.
    socket.resume();
    socket.on("drain", () => {
      this.#open = true;
      this.#flush();
    });
    let why = "the collector ended the connection";
    socket.once("error", (error) => (why = messageOf(error)));
    socket.once("close", () => this.#lost(why));
  }

  #lost(why: string): void {
    this.#open = false;
    this.#socket = undefined;
    if (this.#closed) return;
    this.#failing = true;
    this.#events.failed(why);
    this.#retry = setTimeout(() => this.#connect(), RETRY_MS).unref();
  }

  #flush(): void {
    while (this.#open && this.#waiting.count > 0) {
      const lines = this.#waiting.peek(Number.POSITIVE_INFINITY, WRITE_CHARACTERS);
      const frames = lines.map((line) => `${Buffer.byteLength(line)} ${line}`);
      this.#open = this.#socket?.write(frames.join("")) === true;
      this.#waiting.drop(lines.length);
    }
    if (this.#waiting.count === 0) this.#onIdle?.();
  }
}
