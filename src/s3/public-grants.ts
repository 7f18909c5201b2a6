import type { HeaderList } from "../http/headers.ts";
import type { XmlElement } from "./xml.ts";

/*
 * "Everyone" and "every AWS account" are groups, and canned ACLs that grant to them. Lists of what
 * is public would leave open what a store takes besides (an encoding, a group of its own); so what
 * is listed is what is not, and everything else counts as public.
 */

/** "Canned ACL", S3 User Guide: these grant to the owners, to the log writers or to EC2. */
const NOT_PUBLIC: ReadonlySet<string> = new Set([
  "aws-exec-read",
  "bucket-owner-full-control",
  "bucket-owner-read",
  "log-delivery-write",
  "private",
]);

/** "Amazon S3 predefined groups", S3 User Guide: the one that is not the public. */
const LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/**
 * Returns true if `x-amz-acl` or `x-amz-grant-*` let everyone in ("PutObjectAcl", S3 API
 * Reference); `undefined` if there is none of them.
 */
export function headersGrantPublic(headers: HeaderList): boolean | undefined {
  let setsAcl = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const value = headers[i + 1] ?? "";
    const isCanned = name === "x-amz-acl";
    if (!isCanned && !name.startsWith("x-amz-grant-")) continue;
    if (isCanned ? isPublicAcl(value) : namesPublic(value)) return true;
    setsAcl = true;
  }
  return setsAcl ? false : undefined;
}

/** Returns true if the canned ACL of this name lets everyone in ("Canned ACL", S3 User Guide). */
export function isPublicAcl(name: string): boolean {
  return !NOT_PUBLIC.has(name);
}

/**
 * Returns true if a grant inside `element`, at any depth, is to everyone ("Grantee", S3 API
 * Reference).
 */
export function grantsPublic({ name, text, children }: XmlElement): boolean {
  return (name === "URI" && text !== LOG_DELIVERY) || children.some(grantsPublic);
}

/** Matches one account, by its id or its address. */
const ACCOUNT = /^(?:id|emailaddress)=(?:"[^"\s=]*"|[^"\s=]*)$/i;

/** Returns true if a list such as `id="a", uri="b"` has more than accounts in it. */
function namesPublic(value: string): boolean {
  const grantees = value.split(",").map((grantee) => grantee.trim());
  return grantees.some(
    (grantee) => grantee !== "" && !ACCOUNT.test(grantee) && !isLogDelivery(grantee),
  );
}

function isLogDelivery(grantee: string): boolean {
  return grantee === `uri="${LOG_DELIVERY}"` || grantee === `uri=${LOG_DELIVERY}`;
}
