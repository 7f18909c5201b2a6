import type { HeaderList } from "./headers.ts";
import type { RequestTarget } from "./target.ts";

/** The whole request but its body, as plain data: `admit` decides on this. */
export type RequestHead = {
  /**
   * The method as sent, upper-case in all real clients; methods are case-sensitive (RFC 9110
   * section 9.1).
   */
  readonly method: string;
  readonly target: RequestTarget;
  readonly headers: HeaderList;
  /** The address that counts as the client's; undefined if it cannot be known. */
  readonly sourceAddress: string | undefined;
  /** True if the client's connection is TLS. */
  readonly secure: boolean;
  /** The TLS version of the client's connection, such as `1.3`; absent if it is not TLS. */
  readonly tlsVersion?: string | undefined;
  /** Names besides Host by which the client may have called the gateway: a trusted proxy's word. */
  readonly forwardedHosts?: readonly string[] | undefined;
};
