import type { HeaderList } from "../http/headers.ts";
import { fault, unknownName, type Fault } from "./faults.ts";
import { isUnknownAmzHeader, METADATA_PREFIX } from "./known-headers.ts";
import { wrongHeaderValue } from "./said-values.ts";

/**
 * The parameters that stores add to S3 on their own account, from RGW's `rgw_rest_s3.cc` and
 * MinIO's handlers: switches to other operations, system-only replication, unpacking of archives.
 * None of them has an action that a policy could judge, so none of them passes.
 */
const VENDOR_PARAMETERS: ReadonlySet<string> = new Set([
  "append",
  "events",
  "lambdaArn",
  "layout",
  "mdsearch",
  "position",
  "replication-check",
  "replication-metrics",
  "replication-reset",
  "replication-reset-status",
  "usage",
]);
const VENDOR_PARAMETER_PREFIXES = ["rgwx-", "x-minio-", "x-rgw"] as const;

/**
 * Matches a vendor's header. A constant expression, since every header of every request is tested
 * with it.
 */
const VENDOR_HEADER =
  /^(?:rgwx-|x-rgw|x-minio-|x-amz-replication-|x-amz-meta-(?:rgw|snowball-auto-extract$))/;

const VENDOR_ANSWER_PREFIXES = ["rgwx-", "x-minio-", "x-rgw"] as const;

/**
 * Headers that routing or permissions are read from. Repeated, one reader takes the first and
 * another the last or both.
 */
const DECIDING_HEADERS: ReadonlySet<string> = new Set([
  "access-control-request-method",
  "content-type",
  "host",
  "if-match",
  "if-none-match",
  "origin",
  "x-amz-acl",
  "x-amz-bucket-namespace",
  "x-amz-bucket-object-lock-enabled",
  "x-amz-bypass-governance-retention",
  "x-amz-confirm-remove-self-bucket-access",
  "x-amz-copy-source",
  "x-amz-copy-source-range",
  "x-amz-copy-source-server-side-encryption-customer-algorithm",
  "x-amz-expected-bucket-owner",
  "x-amz-grant-full-control",
  "x-amz-grant-read",
  "x-amz-grant-read-acp",
  "x-amz-grant-write",
  "x-amz-grant-write-acp",
  "x-amz-metadata-directive",
  "x-amz-mfa",
  "x-amz-object-annotation-directive",
  "x-amz-object-if-match",
  "x-amz-object-lock-event-hold",
  "x-amz-object-lock-event-hold-duration-days",
  "x-amz-object-lock-event-hold-duration-years",
  "x-amz-object-lock-legal-hold",
  "x-amz-object-lock-mode",
  "x-amz-object-lock-retain-until-date",
  "x-amz-object-ownership",
  "x-amz-rename-source",
  "x-amz-request-payer",
  "x-amz-request-route",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-source-expected-bucket-owner",
  "x-amz-storage-class",
  "x-amz-tagging",
  "x-amz-tagging-directive",
  "x-amz-website-redirect-location",
]);

/** Names that nearly every request has, and that none of the checks of `refusedHeader()` is about. */
const USUAL: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "authorization",
  "user-agent",
  "x-amz-date",
]);

/**
 * Returns the fault of a header list that must not be judged at all; `undefined` if there is none.
 * Such a list has a vendor's extension, a name that some stores fold into another one, or an
 * unknown `x-amz-*` header. Or it has a deciding header that is repeated, or whose value S3 does
 * not have. The one gate for whatever becomes a header of the store's: fields of the head,
 * parameters of a presigned URL, fields of a form. `ignored`: unknown names, in lower case, that
 * the operator lets pass (they reach no store).
 */
export function refusedHeader(
  headers: HeaderList,
  ignored: ReadonlySet<string> = NO_NAMES,
): Fault | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (USUAL.has(name)) continue;
    if (isVendorHeader(name)) {
      const message = `The header "${name}" is a vendor extension and is not served`;
      return unknownName("header", name, fault("NotImplemented", message));
    }
    // A CGI-like front end makes x_amz_acl and x-amz-acl one variable. User metadata may have an
    // underscore in its name, and every client writes such.
    if (name.includes("_") && !name.startsWith(METADATA_PREFIX)) {
      return fault("InvalidRequest", `The header name "${name}" must not contain an underscore`);
    }
    if (isUnknownAmzHeader(name)) {
      if (ignored.has(name)) continue;
      const unknown = fault("InvalidArgument", `The header "${name}" is not known`);
      return unknownName("header", name, unknown);
    }
    if (!DECIDING_HEADERS.has(name)) continue;
    if (occursAfter(headers, name, i)) {
      return fault("InvalidArgument", `The header "${name}" must not be repeated`);
    }
    const wrong = wrongHeaderValue(name, headers[i + 1] ?? "");
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * Returns true if a header of a store's answer, `name` in lower case, is a vendor's. Clients that
 * copy an object's headers back (`s3cmd modify`) would be refused for it.
 */
export function isVendorAnswer(name: string): boolean {
  return VENDOR_ANSWER_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/**
 * Returns the fault of a vendor's query parameter `name`, which no operation takes; `undefined` if
 * it is no vendor's.
 */
export function vendorParameter(name: string): Fault | undefined {
  const lower = name.toLowerCase();
  const known =
    VENDOR_PARAMETERS.has(name) ||
    VENDOR_PARAMETER_PREFIXES.some((prefix) => lower.startsWith(prefix));
  if (!known) return undefined;
  const message = `The query parameter "${name}" is a vendor extension and is not served`;
  return unknownName("parameter", name, fault("NotImplemented", message));
}

/**
 * `name` as the most careless reader could take it: in lower case, without anything but letters and
 * digits.
 */
export function foldedName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Returns true if a folded name is that of a vendor's parameter. */
export function isVendorsFolded(folded: string): boolean {
  return VENDORS_FOLDED.has(folded) || PREFIXES_FOLDED.some((prefix) => folded.startsWith(prefix));
}

const VENDORS_FOLDED: ReadonlySet<string> = new Set([...VENDOR_PARAMETERS].map(foldedName));
const PREFIXES_FOLDED = VENDOR_PARAMETER_PREFIXES.map(foldedName);

/**
 * Returns true if `name`, a header in lower case, belongs to a vendor, also with underscores for
 * hyphens.
 */
export function isVendorHeader(name: string): boolean {
  // Underscores are folded, or x-amz-meta-snowball_auto-extract would slip past.
  return VENDOR_HEADER.test(name.includes("_") ? name.replaceAll("_", "-") : name);
}

function occursAfter(headers: HeaderList, name: string, at: number): boolean {
  for (let i = at + 2; i < headers.length; i += 2) if (headers[i] === name) return true;
  return false;
}
