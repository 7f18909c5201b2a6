import { buildConnector } from "undici";
import type { Certificate } from "../config/pem.ts";

/** How https endpoints of the store are told from others. */
export type StoreTls = {
  /** PEM certificates that sign the store's; undefined: the system's. */
  readonly ca: string | undefined;
  /** What the endpoints must prove to be; undefined: the host in the request. */
  readonly serverName: string | undefined;
  /** What is shown to those that ask for a certificate. */
  readonly clientCertificate: Certificate | undefined;
};

/**
 * How connections to the store are opened. undici would ask for the name in the Host header; the
 * configured one, if there is one, counts instead. HTTP/1.1 only: what HTTP/2 would make of the
 * signed head was never proved.
 */
export function storeConnector(
  { ca, serverName, clientCertificate }: StoreTls,
  timeoutMs: number,
): buildConnector.connector {
  const connect = buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    ...(ca === undefined ? {} : { ca }),
    ...clientCertificate,
  });
  if (serverName === undefined) return connect;
  return (to, callback) => connect({ ...to, servername: serverName }, callback);
}
