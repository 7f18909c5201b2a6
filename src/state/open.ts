import type { Config, StateConfig } from "../config/config.ts";
import { ok, type Result } from "../lib/result.ts";
import { openStateBucket } from "./bucket.ts";
import { openDirectory } from "./directory.ts";
import type { StateStore } from "./state-store.ts";

/** Opens where `state` says that records are kept. The error is a sentence of why it cannot be used. */
export function openState(
  state: StateConfig,
  upstream: Config["upstream"],
): Promise<Result<StateStore, string>> {
  if (state.kind === "directory") return Promise.resolve(openDirectory(state.path));
  const { bucket, accessKey, secretKey } = state;
  return openStateBucket({
    endpoints: upstream.endpoints.map(({ origin }) => origin),
    region: upstream.region,
    ca: upstream.ca,
    bucket,
    credential: { accessKeyId: accessKey, secret: secretKey },
  });
}
