import type { Config, StateConfig } from "../config/config.ts";
import type { Result } from "../lib/result.ts";
import { directoryReader, openDirectory } from "./directory.ts";
import type { StateReader, StateStore } from "./state-store.ts";
import type { StoreClient, StoreOptions } from "./store-client.ts";

/**
 * Opens where `state` says that records are kept. The error is a sentence of why it cannot be used.
 * What asks a store is loaded only if records are kept in one.
 */
export async function openState(
  state: StateConfig,
  upstream: Config["upstream"],
): Promise<Result<StateStore, string>> {
  if (state.kind === "directory") return openDirectory(state.path);
  const { openStateBucket } = await import("./bucket.ts");
  return openStateBucket(optionsOf(state, upstream));
}

/** The same to look at only: nothing is made or written. */
export async function openStateReader(
  state: StateConfig,
  upstream: Config["upstream"],
): Promise<StateReader> {
  if (state.kind === "directory") return directoryReader(state.path);
  const { stateBucketReader } = await import("./bucket.ts");
  return stateBucketReader(optionsOf(state, upstream));
}

/** The connections alone to the bucket that `state` names. */
export async function stateClient(
  state: Extract<StateConfig, { readonly kind: "bucket" }>,
  upstream: Config["upstream"],
): Promise<StoreClient> {
  const { openStoreClient } = await import("./store-client.ts");
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
