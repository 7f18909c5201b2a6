import type { NetworkRule } from "../policy/network.ts";

/** Paths on the S3 port that are not S3, and who answers there. Times in milliseconds. */
export type Route = {
  /** The route's place in the configuration, such as `passthrough[0]`. */
  readonly name: string;
  /** The path, such as `/dashboard/`. */
  readonly path: string;
  /** True if the target does not know the path and is asked for the rest after it. */
  readonly stripPath: boolean;
  /** An origin such as `http://127.0.0.1:8443`. */
  readonly target: string;
  readonly networks: NetworkRule;
  /** The certificates that an https target is trusted by, PEM; `undefined` for the system's. */
  readonly ca: string | undefined;
  /** The most connections to the target, WebSockets included. */
  readonly connectionsMax: number;
  /** The timeout for a silent target. */
  readonly timeoutMs: number;
};
