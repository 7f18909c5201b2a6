/** Who is at the other end of a connection, and how it speaks. */
export type Peer = {
  /**
   * The client's address, which behind a proxy is what the PROXY header says. Undefined: that header
   * named nobody, and the proxy's own address must not step in, which a list may allow.
   */
  readonly address: string | undefined;
  /** Whether the connection is TLS. */
  readonly secure: boolean;
  /** Its version, such as `1.3`; undefined without TLS. */
  readonly tlsVersion: string | undefined;
};
