import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

/** The address of a syslog collector. */
export type SyslogPlace = SyslogTrust & {
  readonly transport: "tcp" | "tls" | "udp";
  readonly host: string;
  readonly port: number;
};

/** The parts of TLS that are renewed while the gateway runs, as PEM text. */
export type SyslogTrust = {
  /** The authorities of the collector; `undefined` if they are Node's. */
  readonly ca: string | undefined;
  /** The certificate for the collector; `undefined` if it gets none. */
  readonly clientCertificate: { readonly cert: string; readonly key: string } | undefined;
};

/** A collector that does not take a connection in this time is not there. */
const CONNECT_MS_MAX = 5_000;
/**
 * TLS 1.3 is open for us before the collector has seen our certificate (RFC 8446, 2): one that
 * refuses it, or misses it, ends the connection in this time, and lines would be lost with it.
 */
const REFUSAL_MS = 1_000;

/**
 * Opens a connection over TCP or TLS (RFC 5425). `onReady` is called once the collector takes lines.
 * The socket is destroyed with a reason if it does not.
 */
export function dialSyslog(place: SyslogPlace, onReady: () => void): Socket {
  const isTls = place.transport === "tls";
  const socket = isTls ? dialTls(place) : connect(to(place));
  socket.setKeepAlive(true);
  let timer = setTimeout(() => {
    socket.destroy(new Error("the collector takes no connection"));
  }, CONNECT_MS_MAX).unref();
  socket.once(isTls ? "secureConnect" : "connect", () => {
    clearTimeout(timer);
    if (isTls) timer = setTimeout(onReady, REFUSAL_MS).unref();
    else onReady();
  });
  socket.once("close", () => clearTimeout(timer));
  return socket;
}

function dialTls({ ca, clientCertificate, ...place }: SyslogPlace): TLSSocket {
  return connectTls({
    ...to(place),
    // No server name is an address (RFC 6066, 3).
    ...(isIP(place.host) === 0 && { servername: place.host }),
    ...(ca !== undefined && { ca }),
    ...clientCertificate,
  });
}

function to({ host, port }: Pick<SyslogPlace, "host" | "port">): { host: string; port: number } {
  return { host, port };
}
