import type { NetworkRule } from "../policy/network.ts";

/** Paths on the S3 port that are not S3, and who answers there. Times in milliseconds. */
export type Route = {
  /** Where it stands in the configuration, such as `passthrough[0]`. */
  readonly name: string;
  /** Such as `/dashboard/`. */
  readonly path: string;
  /** Whether the target knows nothing of the path and is asked for what stands behind it. */
  readonly stripPath: boolean;
  /** An origin such as `http://127.0.0.1:8443`. */
  readonly target: string;
  readonly networks: NetworkRule;
  /** What an https target is trusted by, PEM; undefined: the system's certificates. */
  readonly ca: string | undefined;
  /** To the target at most, WebSockets included. */
  readonly connectionsMax: number;
  /** Timeout for a silent target. */
  readonly timeoutMs: number;
};
