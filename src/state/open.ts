import type { Config, StateConfig } from "../config/config.ts";
import type { Result } from "../lib/result.ts";
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
  const { endpoints, region, addressing, ca } = upstream;
  return openStateBucket({
    endpoints: endpoints.map(({ origin }) => origin),
    authority: endpoints[0]?.authority ?? "",
    region,
    addressing,
    ca,
    bucket,
    credential: { accessKeyId: accessKey, secret: secretKey },
  });
}
