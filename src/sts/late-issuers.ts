import type { IssuerConfig } from "../config/issuers.ts";
import { Late } from "../lib/late.ts";
import { err } from "../lib/result.ts";
import type { Issuers, IssuerSurroundings } from "./issuers.ts";
import { tokenFault } from "./token-fault.ts";

/** The issuers of a configuration, whose code is loaded only if it has some, or a token comes. */
export type LateIssuers = Pick<Issuers, "verify" | "health" | "close"> & {
  /** Returns the issuers, once they are open; `undefined` if nobody has used them. */
  readonly used: () => Promise<Issuers | undefined>;
};

/** Does the same as `openIssuers()`, in the background. */
export function openLateIssuers(
  issuers: readonly IssuerConfig[],
  surroundings: IssuerSurroundings,
  before?: LateIssuers,
): LateIssuers {
  const late = lateAfter(issuers, surroundings, before?.used());
  if (issuers.length > 0) void late.get();
  return {
    verify: async (token, arrival) => {
      const opened = await late.get();
      if (opened.ok) return opened.value.verify(token, arrival);
      surroundings.log.error({ why: opened.error }, "Tokens cannot be verified");
      return err(NOT_OPEN);
    },
    health: () => late.value?.health() ?? [],
    close: async () => (await late.used())?.close(),
    used: () => late.used(),
  };
}

const NOT_OPEN = tokenFault(
  "IDPCommunicationError",
  "The identity provider cannot be asked now. Please try again",
  "issuers: the gateway cannot open them",
);

function lateAfter(
  issuers: readonly IssuerConfig[],
  surroundings: IssuerSurroundings,
  before: Promise<Issuers | undefined> | undefined,
): Late<Issuers> {
  return new Late(async () => {
    const { openIssuers } = await import("./issuers.ts");
    return openIssuers(issuers, surroundings, await before);
  });
}
