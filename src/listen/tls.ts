import { X509Certificate } from "node:crypto";
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type Server,
} from "node:tls";
import type { TlsConfig } from "../config/config.ts";

/** The certificates that clients are shown. */
type SecureContexts = {
  /** The context for clients that name no host, and for names that no certificate has. */
  readonly default: SecureContextOptions;
  /** Returns the context for the host that a client names (RFC 6066 section 3), in any case. */
  readonly pick: (serverName: string) => SecureContext;
};

/**
 * Builds the contexts of a server over TLS from a checked configuration. A name in a certificate
 * wins over a wildcard, and then the earlier certificate.
 */
function secureContexts(config: TlsConfig): SecureContexts {
  const served = config.certificates.map((certificate) => {
    const options: SecureContextOptions = {
      ...certificate,
      minVersion: config.minVersion,
      ...(config.clientCa === undefined ? {} : { ca: config.clientCa }),
    };
    const context = createSecureContext(options);
    return { options, context, leaf: new X509Certificate(certificate.cert) };
  });
  const [first] = served;
  if (first === undefined) throw new Error("A checked configuration has a certificate");
  const pick = (serverName: string): SecureContext => {
    const by = (match: Match): (typeof served)[number] | undefined =>
      served.find(({ leaf }) => matchOf(leaf, serverName) === match);
    return (by("name") ?? by("wildcard") ?? first).context;
  };
  return { default: first.options, pick };
}

type Match = "name" | "wildcard";

/**
 * Returns how a DNS name of the certificate matches (RFC 9525 section 6.3): a star stands for the
 * whole first label, and the common name counts for nothing.
 */
function matchOf(leaf: X509Certificate, serverName: string): Match | undefined {
  const found = leaf.checkHost(serverName, { subject: "never", partialWildcards: false });
  if (found === undefined) return undefined;
  return found.startsWith("*.") ? "wildcard" : "name";
}

/**
 * A server that listens nowhere: connections are handed to it, and come back when they are secure.
 * `handshakeMs`: how long that may take.
 */
export function createTlsServer(config: TlsConfig, handshakeMs: number): Server {
  const contexts = secureContexts(config);
  return createServer({
    ...contexts.default,
    SNICallback: (serverName, done) => done(null, contexts.pick(serverName)),
    requestCert: config.clientCa !== undefined,
    rejectUnauthorized: config.clientCa !== undefined && config.clientCertificates === "required",
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: handshakeMs,
  });
}
