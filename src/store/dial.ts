import { connect, isIP, type OnReadOpts, type Socket } from "node:net";
import { connect as connectSecurely, createSecureContext } from "node:tls";
import type { StoreTls } from "./store-connector.ts";

/** The way in which connections to one endpoint are opened. */
export type Dialer = {
  /** `connect`, or `secureConnect`: when it is emitted, a request can be written. */
  readonly ready: "connect" | "secureConnect";
  /** Returns the name that an endpoint asked for `host` must prove; empty if nothing is proved. */
  readonly nameFor: (host: string | undefined) => string;
  /** Opens a connection to who proves to be `name`, whose bytes `onread` takes. */
  readonly open: (name: string, onread: OnReadOpts) => Socket;
};

/** TLS sessions that are kept for the next connection, of one name each. */
const SESSIONS_MAX = 100;
/** The time after which the operating system begins to ask whether a silent peer is still there. */
const KEEP_ALIVE_MS = 60_000;

/**
 * `origin`: such as `https://10.0.0.1:7480`. HTTP/1.1 only: what HTTP/2 would make of the signed head
 * was never proved.
 */
export function dialerFor(origin: string, tls: StoreTls): Dialer {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  return protocol === "https:"
    ? secureDialer(host, Number(port === "" ? 443 : port), tls)
    : plainDialer(host, Number(port === "" ? 80 : port));
}

function plainDialer(host: string, port: number): Dialer {
  const socketOptions = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  };
  return {
    ready: "connect",
    nameFor: () => "",
    open: (_name, onread) => connect({ ...socketOptions, onread }),
  };
}

function secureDialer(host: string, port: number, tls: StoreTls): Dialer {
  const { ca, serverName, clientCertificate } = tls;
  const secureContext = createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...clientCertificate,
  });
  const sessions = new Map<string, Buffer>();
  const keep = (name: string, session: Buffer): void => {
    sessions.delete(name);
    const [oldest] = sessions.keys();
    if (oldest !== undefined && sessions.size >= SESSIONS_MAX) sessions.delete(oldest);
    sessions.set(name, session);
  };
  return {
    ready: "secureConnect",
    nameFor: (asked) => serverName ?? asked ?? host,
    open: (name, onread) => {
      const session = sessions.get(name);
      const options = {
        host,
        port,
        secureContext,
        ALPNProtocols: ["http/1.1"],
        // An address is no name to ask for (RFC 6066 section 3), and is proved by itself.
        ...(isIP(name) === 0 ? { servername: name } : {}),
        ...(session === undefined ? {} : { session }),
        onread,
      };
      const socket = connectSecurely(options);
      socket.on("session", (next) => keep(name, next));
      return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    },
  };
}
