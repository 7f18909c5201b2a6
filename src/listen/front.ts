import type { Socket } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import type { TlsConfig } from "../config/config.ts";
import { parseProxyHeader } from "../http/proxy-protocol.ts";
import type { Peer } from "./peer.ts";
import { createTlsServer } from "./tls.ts";

/** The settings for connections accepted from now on. */
export type Speech = {
  /** The TLS settings; `undefined` for plain HTTP. */
  readonly tls: TlsConfig | undefined;
  /** The longest time of a TLS handshake. */
  readonly handshakeMs: number;
};

/** The layers between the port and HTTP: a PROXY header, then TLS. */
export type Front = {
  /** A connection that was just accepted, and from which nobody has read. */
  readonly accept: (raw: Socket) => void;
  /**
   * Returns a function that prepares new TLS settings; call its result to use them for connections
   * accepted from then on. Throws if the settings cannot be used. Open connections live on.
   */
  readonly prepare: (speech: Speech) => () => void;
};

export type FrontOptions = {
  /** Returns true if a peer must begin with a PROXY header: a trusted proxy. */
  readonly expectsHeader: (address: string) => boolean;
  /** Returns true if a connection is taken whose other end is at `address`; else it was refused. */
  readonly admits: (raw: Socket, address: string) => boolean;
  /**
   * Serves a connection whose next bytes are HTTP. `raw`: the accepted socket, which TLS may lie
   * over. `first`: the bytes that have come already.
   */
  readonly serve: (socket: Socket, raw: Socket, peer: Peer, first: Buffer) => void;
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

/** A connection in a handshake, and the address at its other end. */
type Shaking = { readonly raw: Socket; readonly address: string | undefined };

export function openFront(options: FrontOptions, speech: Speech): Front {
  /** Connections in a handshake: TLS makes a new socket over them, which is known by its peer. */
  const shaking = new Map<string, Shaking>();
  const openTls = ({ tls, handshakeMs }: Speech): Server | undefined => {
    if (tls === undefined) return undefined;
    const server = createTlsServer(tls, handshakeMs);
    server.on("secureConnection", (secure) => {
      const known = shaking.get(peerName(secure));
      const refused = known !== undefined && isUnproved(secure);
      if (refused) options.failed("tls", secure.remoteAddress, UNPROVED, false);
      // A socket without a peer is gone already.
      if (refused || known === undefined) {
        secure.destroy();
        return;
      }
      // Node says `TLSv1.3`; conditions compare the number ("s3:TlsVersion", S3 User Guide).
      const tlsVersion = secure.getProtocol()?.replace("TLSv", "");
      const peer = { address: known.address, secure: true, tlsVersion };
      options.serve(secure, known.raw, peer, NOTHING);
    });
    server.on("tlsClientError", (error: Error & { code?: string }, secure) => {
      const late = error.code === "ERR_TLS_HANDSHAKE_TIMEOUT";
      options.failed("tls", secure.remoteAddress, error.message, late);
      secure.destroy();
    });
    return server;
  };
  let current = openTls(speech);
  /**
   * Begins TLS or HTTP. `address`: from the PROXY header, or of the peer itself. `first`: the bytes
   * that came after the header.
   */
  const secure = (raw: Socket, address: string | undefined, first: Buffer): void => {
    if (!options.admits(raw, address ?? raw.remoteAddress ?? "")) return;
    if (current === undefined) {
      const peer = { address, secure: false, tlsVersion: undefined };
      options.serve(raw, raw, peer, first);
      return;
    }
    const name = peerName(raw);
    const known = { raw, address };
    shaking.set(name, known);
    raw.once("close", () => {
      // The same client may be here again from the same port.
      if (shaking.get(name) === known) shaking.delete(name);
    });
    // TLS takes this over: a client that ends its side in the handshake will never finish it.
    raw.allowHalfOpen = false;
    if (first.length > 0) raw.unshift(first);
    current.emit("connection", raw);
  };
  return {
    accept: (raw) => {
      // Read `remoteAddress` now: Node caches it. A peer that has already left has none, and a
      // request it left in the buffer would slip past address rules.
      const { remoteAddress } = raw;
      if (remoteAddress === undefined) {
        raw.destroy();
        return;
      }
      if (!options.expectsHeader(remoteAddress)) {
        secure(raw, remoteAddress, NOTHING);
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
const NOTHING = Buffer.alloc(0);

/** Returns a name that is unique among the open connections of one port. */
function peerName({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/**
 * Returns true if a client shows an invalid certificate: it must be valid even if none is needed.
 */
function isUnproved(secure: TLSSocket): boolean {
  return !secure.authorized && secure.getPeerX509Certificate() !== undefined;
}

/**
 * Reads the header off the start of a connection, whatever packets it comes in. `done` receives the
 * client, and the rest of the last packet.
 */
function readHeader(
  raw: Socket,
  done: (raw: Socket, source: string | undefined, rest: Buffer) => void,
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
    const rest = received.subarray(header.length);
    // Not within the socket's own reading, which goes on to other memory then.
    process.nextTick(() => {
      if (!raw.destroyed) done(raw, header.source, rest);
    });
  };
  const timer = setTimeout(fail, PROXY_HEADER_MS_MAX, "no PROXY header came in time", true);
  // Ends with `close`, like every other end.
  raw.on("error", () => undefined);
  raw.on("data", take).on("end", end).on("close", stop);
  raw.resume();
}
