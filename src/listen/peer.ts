/** The other end of a connection. */
export type Peer = {
  /**
   * The client's address, which behind a proxy is that of the PROXY header. `undefined` if that
   * header named nobody: the proxy's own address must not step in, which a list may allow.
   */
  readonly address: string | undefined;
  /** True if the connection is TLS. */
  readonly secure: boolean;
  /** The version of TLS, such as `1.3`; `undefined` without TLS. */
  readonly tlsVersion: string | undefined;
};
