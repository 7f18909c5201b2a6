import type { IssuerConfig } from "../config/issuers.ts";
import { Late } from "../lib/late.ts";
import type { Issuers, IssuerSurroundings } from "./issuers.ts";

/** The issuers of a configuration, whose code is loaded only if it has some, or a token comes. */
export type LateIssuers = Pick<Issuers, "verify" | "health" | "close"> & {
  /** The issuers, if they are open or about to be. */
  readonly used: Promise<Issuers> | undefined;
};

/** Does the same as `openIssuers()`, in the background. */
export function openLateIssuers(
  issuers: readonly IssuerConfig[],
  surroundings: IssuerSurroundings,
  before?: LateIssuers,
): LateIssuers {
  const late = lateAfter(issuers, surroundings, before?.used);
  if (issuers.length > 0) void late.get();
  return {
    verify: async (token, arrival) => (await late.get()).verify(token, arrival),
    health: () => late.value?.health() ?? [],
    close: async () => (await late.used)?.close(),
    get used() {
      return late.used;
    },
  };
}

function lateAfter(
  issuers: readonly IssuerConfig[],
  surroundings: IssuerSurroundings,
  before: Promise<Issuers> | undefined,
): Late<Issuers> {
  return new Late(async () => {
    const { openIssuers } = await import("./issuers.ts");
    return openIssuers(issuers, surroundings, await before);
  });
}
