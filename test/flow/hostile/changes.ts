import type { Outgoing } from "../../support/signed.ts";
import type { Hostile } from "./case.ts";
import { good, presigned, type Site } from "./site.ts";

export const DIFFERS = "403 SignatureDoesNotMatch";
export const MINUTE_MS = 60_000;

/** A good GET. */
export const get = (site: Site): Outgoing => good(site, "GET", "/bucket/key");
/** A good presigned GET. */
export const link = (site: Site): Outgoing => presigned(site, "GET", "/bucket/key");
/** A GET well signed for another scope than the gateway's. */
export const scoped =
  (scope: Parameters<typeof good>[3] & object): Hostile["request"] =>
  (site) =>
    good(site, "GET", "/bucket/key", scope);
