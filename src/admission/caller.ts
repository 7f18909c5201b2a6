import type { Proved } from "../signature/claim.ts";
import type { ProvedForm } from "../signature/v4-form.ts";
import type { Key } from "./principal.ts";

/** Whoever sent the request, as far as it was proved. */
export type Caller =
  | { readonly kind: "anonymous" }
  | { readonly kind: "known"; readonly key: Key; readonly proved: Proved | ProvedForm };

/** Whose buckets bare names mean; nobody has no tenant, as in Ceph. */
export function tenantOf(caller: Caller): string {
  return caller.kind === "known" ? caller.key.account.tenant : "";
}
