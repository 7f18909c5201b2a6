import type { Proved } from "../signature/claim.ts";
import type { ProvedForm } from "../signature/v4-form.ts";
import type { Key } from "./principal.ts";

/** The sender of the request, as far as it was proved. */
export type Caller =
  | { readonly kind: "anonymous" }
  | { readonly kind: "known"; readonly key: Key; readonly proved: Proved | ProvedForm };

/** Returns the tenant whose buckets bare names mean; an anonymous caller has none, as in Ceph. */
export function tenantOf(caller: Caller): string {
  return caller.kind === "known" ? caller.key.account.tenant : "";
}
