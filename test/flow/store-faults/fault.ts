import type { Misbehaviour } from "../../support/faulty-store.ts";
import type { Kind } from "./requests.ts";

/**
 * What a client is told: `503` by the gateway's own error document; `broken`: an answer that is
 * visibly not whole, or none; else the status and body of the store's answer, which came whole.
 */
type Told = string;

export type Fault = {
  readonly name: string;
  readonly play: Misbehaviour;
  /** What every client is told, but those named. */
  readonly told: Told;
  readonly but?: Partial<Readonly<Record<Kind, Told>>>;
  /** The upstream error of what failed; several where the network decides. */
  readonly kinds: readonly string[];
};
