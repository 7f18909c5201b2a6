import type http from "node:http";
import type { Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { TlsConfig } from "../config/config.ts";
import { liesIn } from "../policy/network.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import type { Connections } from "./connections.ts";
import type { Gateway } from "./forward.ts";
import { openFront } from "./front.ts";

/** How connections are spoken to from now on. */
export type Speech = {
  /** Undefined: plain HTTP. */
  readonly tls: TlsConfig | undefined;
  /** How long a TLS handshake may take. */
  readonly handshakeMs: number;
};

/**
 * Puts what comes before HTTP between the port and Node's HTTP server: limits, a PROXY header where
 * `proxyProtocol` has trusted proxies begin with one, TLS. Gives what prepares another of the last of
 * them, for connections that come then: as that of front.ts.
 */
export function acceptFor(
  server: http.Server,
  gateway: Gateway,
  connections: Connections,
  limits: ConnectionLimits,
  options: Speech & { readonly proxyProtocol: boolean },
): (speech: Speech) => () => void {
  const { observer, live, log } = gateway;
  const [serveHttp] = server.rawListeners("connection");
  if (serveHttp === undefined) throw new Error("An HTTP server listens to its connections");
  server.removeAllListeners("connection");
  let speech: Speech = { tls: options.tls, handshakeMs: options.handshakeMs };
  const front = openFront(
    {
      expectsHeader: (address) =>
        options.proxyProtocol && liesIn(live.current.snapshot.trustedProxies, address) === true,
      admits: (raw, address) => limits.admitFrom(raw, address, speech.tls === undefined),
      serve: (socket, raw) => {
        if (socket !== raw) connections.secured(raw, socket);
        Reflect.apply(serveHttp, server, [socket]);
      },
      failed: (stage, address, why, late) => {
        observer.metrics.connectionFailed(stage);
        if (late) observer.metrics.limited("header_timeout");
        // Anybody can break off a handshake; a trusted proxy that sends no header is a mistake.
        const level = stage === "proxy" ? "warn" : "debug";
        log[level]({ stage, address, why }, "A connection ended before any request");
      },
    },
    speech,
  );
  server.on("connection", (raw: Socket) => {
    if (!limits.admit(raw, speech.tls === undefined)) return;
    connections.opened(raw);
    front.accept(raw);
  });
  return (next) => {
    // The same again would only make clients shake hands anew.
    if (isDeepStrictEqual(next, speech)) return () => undefined;
    const speak = front.prepare(next);
    return () => {
      speech = next;
      speak();
    };
  };
}
