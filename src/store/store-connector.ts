import { buildConnector } from "undici";
import type { Certificate } from "../config/pem.ts";

/** The TLS settings by which https endpoints of the store are recognised. */
export type StoreTls = {
  /** The PEM certificates that sign the store's; `undefined` for the system's. */
  readonly ca: string | undefined;
  /** The name that the endpoints must prove; `undefined` for the host in the request. */
  readonly serverName: string | undefined;
  /** The certificate for endpoints that ask for one. */
  readonly clientCertificate: Certificate | undefined;
};

/**
 * Returns the function that opens connections to the store. undici would ask for the name in the
 * Host header; the configured one, if there is one, counts instead. HTTP/1.1 only: what HTTP/2
 * would make of the signed head was never proved.
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
