import { isFieldName } from "../http/field-gate.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { ACTED_ON, DROPPED_HEADERS, isUnknownAmzHeader } from "../s3/known-headers.ts";
import { isVendorHeader } from "../s3/vendor.ts";
import type { Complaint } from "./surroundings.ts";

/**
 * An entry of `policy.ignoredHeaders`: the name of an `x-amz-*` header that the gateway does not know,
 * in any case; returns it in lower case. Errors: no name of a header; one that is never refused for
 * being unknown; and one that decides something, which rules or the store must see.
 */
export function parseIgnoredHeader(text: string): Result<string, Complaint> {
  const name = text.toLowerCase();
  if (!isFieldName(name) || name.includes("_")) {
    const message = "Expected the name of a header, without underscores";
    return err({ message, remedy: "Write the name alone, such as x-amz-new-header" });
  }
  if (isVendorHeader(name)) return err(decides("it is an extension of a store's own"));
  const actedOn = ACTED_ON.get(name);
  if (actedOn !== undefined) return err(decides(actedOn));
  if (!name.startsWith("x-amz-")) {
    const message = "The gateway refuses no unknown headers but x-amz-*";
    return err({ message, remedy: "Remove it: other unknown headers never reach the store" });
  }
  if (DROPPED_HEADERS.has(name)) {
    return err({ message: "The header never reaches the store anyway", remedy: "Remove it" });
  }
  return isUnknownAmzHeader(name)
    ? ok(name)
    : err(decides("the gateway knows it, and rules or the store act on it"));
}

function decides(why: string): Complaint {
  return {
    message: `The header matters and cannot be ignored: ${why}`,
    remedy: "Remove it",
  };
}
