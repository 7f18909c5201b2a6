import type { Config, StateConfig } from "../config/config.ts";
import type { Result } from "../lib/result.ts";
import { openStateBucket, stateBucketReader } from "./bucket.ts";
import { directoryReader, openDirectory } from "./directory.ts";
import type { StateReader, StateStore } from "./state-store.ts";
import { openStoreClient, type StoreClient, type StoreOptions } from "./store-client.ts";

/** Opens where `state` says that records are kept. The error is a sentence of why it cannot be used. */
export function openState(
  state: StateConfig,
  upstream: Config["upstream"],
): Promise<Result<StateStore, string>> {
  if (state.kind === "directory") return Promise.resolve(openDirectory(state.path));
  return openStateBucket(optionsOf(state, upstream));
}

/** The same to look at only: nothing is made or written. */
export function openStateReader(state: StateConfig, upstream: Config["upstream"]): StateReader {
  if (state.kind === "directory") return directoryReader(state.path);
  return stateBucketReader(optionsOf(state, upstream));
}

/** The connections alone to the bucket that `state` names. */
export function stateClient(
  state: Extract<StateConfig, { readonly kind: "bucket" }>,
  upstream: Config["upstream"],
): StoreClient {
  return openStoreClient(optionsOf(state, upstream));
}

function optionsOf(
  { bucket, accessKey, secretKey }: Extract<StateConfig, { readonly kind: "bucket" }>,
  upstream: Config["upstream"],
): StoreOptions {
  const { endpoints, region, addressing } = upstream;
  return {
    endpoints: endpoints.map(({ origin }) => origin),
    authority: endpoints[0]?.authority ?? "",
    region,
    addressing,
    tls: upstream,
    bucket,
    credential: { accessKeyId: accessKey, secret: secretKey },
  };
}
