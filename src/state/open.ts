import type { Config, StateConfig } from "../config/config.ts";
import { err, type Result } from "../lib/result.ts";
import { openDirectory } from "./directory.ts";
import type { StateStore } from "./state-store.ts";

/** Opens where `state` says that records are kept. The error is a sentence of why it cannot be used. */
export function openState(
  state: StateConfig,
  upstream: Config["upstream"],
): Promise<Result<StateStore, string>> {
  if (state.kind === "directory") return Promise.resolve(openDirectory(state.path));
  return Promise.resolve(err(`not yet ${upstream.region}`));
}
