import type { GatedHead } from "../http/field-gate.ts";

/**
 * The head that the store will receive, signed for it. Its target is canonically encoded from what
 * was judged; its headers are made for this request and handed over. Only the gate of
 * http/field-gate.ts can make one, so that no other reaches the store.
 */
export type StoreRequest = GatedHead & {
  /** Whose key signed it: what the store says of that key is about them. */
  readonly signedBy: "gateway" | "client" | "nobody";
};
