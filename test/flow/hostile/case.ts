import type { Outgoing } from "../../support/signed.ts";
import type { Site } from "./site.ts";

/** One hostile request and what must become of it. */
export type Hostile = {
  /** What is wrong with it, to be read behind "refuses". */
  readonly name: string;
  /** HTTP status and S3 error code, such as "400 InvalidURI". */
  readonly expected: string;
  readonly request: (site: Site) => Outgoing | Buffer | string;
  /** The client ends its side behind the last byte: for bodies that are cut off. */
  readonly cut: boolean;
  /** `strict`: the gateway that takes version 4, one region and short presigned URLs only. */
  readonly gateway: "usual" | "strict";
  /** `broken upload`: what was proved in time may have reached the store, but never its end. */
  readonly store: "nothing" | "broken upload";
};

type More = Partial<Pick<Hostile, "cut" | "gateway" | "store">>;

/** A row of a table; most cases are of the usual kind. */
export function hostile(
  name: string,
  expected: string,
  request: Hostile["request"],
  more: More = {},
): Hostile {
  return { name, expected, request, cut: false, gateway: "usual", store: "nothing", ...more };
}
