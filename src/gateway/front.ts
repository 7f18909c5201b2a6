import type { Socket } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import { parseProxyHeader } from "../http/proxy-protocol.ts";
import type { Speech } from "./accept.ts";
import { inheritPeer, notePeer, peerOf } from "./peer.ts";
import { createTlsServer } from "./tls.ts";

/** What stands between the port and HTTP: a PROXY header, then TLS. */
export type Front = {
  /** A connection that was just accepted. */
  readonly accept: (raw: Socket) => void;
  /**
   * Opens what `speech` asks for, or throws where that cannot be; what it gives makes it hold for
   * every connection from then on. Those that are open live on.
   */
  readonly prepare: (speech: Speech) => () => void;
};

export type FrontOptions = {
  /** Whether a peer must begin with a PROXY header: a proxy that is trusted to. */
  readonly expectsHeader: (address: string) => boolean;
  /** Whether a connection is taken whose other end is at `address`; else it was refused. */
  readonly admits: (raw: Socket, address: string) => boolean;
  /** Whatever comes now is HTTP. `raw`: what was accepted, which TLS may lie over. */
  readonly serve: (socket: Socket, raw: Socket) => void;
  /** A connection that never came to HTTP has been ended; `late`: for it took too long. */
  readonly failed: (
    stage: FrontStage,
    address: string | undefined,
    why: string,
    late: boolean,
  ) => void;
};

export type FrontStage = "proxy" | "tls";

/** The header is the first thing that a proxy sends: this is long enough for a lost packet or two. */
const PROXY_HEADER_MS_MAX = 5_000;

export function openFront(options: FrontOptions, speech: Speech): Front {
  /** Connections in a handshake: TLS makes a new socket over them, which is known by its peer. */
  const shaking = new Map<string, Socket>();
  const openTls = ({ tls, handshakeMs }: Speech): Server | undefined => {
    if (tls === undefined) return undefined;
    const server = createTlsServer(tls, handshakeMs);
    server.on("secureConnection", (secure) => {
      const raw = shaking.get(peerName(secure));
      const refused = raw !== undefined && isUnproved(secure);
      if (refused) options.failed("tls", secure.remoteAddress, UNPROVED, false);
      // Without a peer the connection is gone already.
      if (refused || raw === undefined) {
        secure.destroy();
        return;
      }
      inheritPeer(secure, raw);
      options.serve(secure, raw);
    });
    server.on("tlsClientError", (error: Error & { code?: string }, secure) => {
      const late = error.code === "ERR_TLS_HANDSHAKE_TIMEOUT";
      options.failed("tls", secure.remoteAddress, error.message, late);
      secure.destroy();
    });
    return server;
  };
  let current = openTls(speech);
  const secure = (raw: Socket): void => {
    if (!options.admits(raw, peerOf(raw) ?? raw.remoteAddress ?? "")) return;
    if (current === undefined) {
      options.serve(raw, raw);
      return;
    }
    const name = peerName(raw);
    shaking.set(name, raw);
    raw.once("close", () => {
      // The same client may be here again from the same port.
      if (shaking.get(name) === raw) shaking.delete(name);
    });
    // TLS takes this over: a client that ends its side in the handshake will never finish it.
    raw.allowHalfOpen = false;
    current.emit("connection", raw);
  };
  return {
    accept: (raw) => {
      // Asked now, it is remembered. Who is gone already has none, but may have left a request in the
      // buffers, on which rules about addresses could say nothing.
      const { remoteAddress } = raw;
      if (remoteAddress === undefined) {
        raw.destroy();
        return;
      }
      if (!options.expectsHeader(remoteAddress)) {
        secure(raw);
        return;
      }
      readHeader(raw, secure, (why, late) => {
        options.failed("proxy", remoteAddress, why, late);
        raw.destroy();
      });
    },
    prepare: (next) => {
      const server = openTls(next);
      return () => {
        current = server;
      };
    },
  };
}

const UNPROVED = "the client's certificate is not trusted";

/** Unique among the open connections of one port. */
function peerName({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** A certificate that is shown must be good even where none is needed. */
function isUnproved(secure: TLSSocket): boolean {
  return !secure.authorized && secure.getPeerX509Certificate() !== undefined;
}

/**
 * Reads the header off the start of a connection, whatever packets it comes in. What follows in the
 * last of them is put back, for TLS or HTTP to read.
 */
function readHeader(
  raw: Socket,
  done: (raw: Socket) => void,
  failed: (why: string, late: boolean) => void,
): void {
  let received: Buffer = Buffer.alloc(0);
  const stop = (): void => {
    clearTimeout(timer);
    raw.off("data", take).off("end", end).off("close", stop);
  };
  const fail = (why: string, late = false): void => {
    stop();
    failed(why, late);
  };
  const end = (): void => fail("the connection ended within its PROXY header");
  const take = (piece: Buffer): void => {
    received = received.length === 0 ? piece : Buffer.concat([received, piece]);
    const header = parseProxyHeader(received);
    if (header.kind === "more") return;
    if (header.kind === "wrong") return fail(header.why);
    stop();
    raw.pause();
    if (received.length > header.length) raw.unshift(received.subarray(header.length));
    notePeer(raw, header.source);
    done(raw);
    // TLS reads past the socket; for HTTP it must flow again.
    if (raw.listenerCount("data") > 0) raw.resume();
  };
  const timer = setTimeout(fail, PROXY_HEADER_MS_MAX, "no PROXY header came in time", true);
  // Ends with `close`, like every other end.
  raw.on("error", () => undefined);
  raw.on("data", take).on("end", end).on("close", stop);
}
