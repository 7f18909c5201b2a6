import { child } from "./document-shape.ts";
import type { Fault } from "./faults.ts";
import { malformed, type XmlElement } from "./xml.ts";

/** The element that names a grantee of each `xsi:type`. */
const GRANTEES: ReadonlyMap<string, string> = new Map([
  ["AmazonCustomerByEmail", "EmailAddress"],
  ["CanonicalUser", "ID"],
  ["Group", "URI"],
]);
const IDENTITIES: ReadonlySet<string> = new Set(GRANTEES.values());
const PERMISSIONS: ReadonlySet<string> = new Set([
  "FULL_CONTROL",
  "READ",
  "READ_ACP",
  "WRITE",
  "WRITE_ACP",
]);

/**
 * Returns the fault of an ACL that could be understood in two ways; `undefined` if it could not
 * ("AccessControlPolicy", S3 API Reference). Its elements are already known to be the expected
 * ones.
 */
export function checkAcl(root: XmlElement): Fault | undefined {
  const list = child(root, "AccessControlList");
  if (list === undefined) return malformed("it has no AccessControlList");
  for (const grant of list.children) {
    const permission = child(grant, "Permission")?.text ?? "";
    if (!PERMISSIONS.has(permission)) return malformed(`the permission is "${permission}"`);
    const grantee = child(grant, "Grantee");
    if (permission === "FULL_CONTROL" && isUnnamedOwner(grantee)) continue;
    const wrong = wrongGrantee(grantee);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/**
 * Returns true for the grantee of MinIO's one answer to GetObjectAcl, which s3cmd puts back after a
 * copy: the owner, without a name. MinIO alone takes it, and it grants nothing there
 * (cmd/acl-handlers.go).
 */
function isUnnamedOwner(grantee: XmlElement | undefined): boolean {
  const [only, ...more] = grantee?.children ?? [];
  return (
    grantee?.attributes.get("xsi:type") === "CanonicalUser" &&
    more.length === 0 &&
    only?.name === "Type" &&
    only.text === "CanonicalUser"
  );
}

/**
 * Returns the fault of a grantee. Some stores go by the type and some by the element, so both must
 * say the same.
 */
function wrongGrantee(grantee: XmlElement | undefined): Fault | undefined {
  const type = grantee?.attributes.get("xsi:type") ?? "";
  const wanted = GRANTEES.get(type);
  if (wanted === undefined) return malformed(`the type of a grantee is "${type}"`);
  if (grantee !== undefined && child(grantee, "Type") !== undefined) {
    return malformed("a grantee has a type of its own");
  }
  const identities = grantee?.children.filter(({ name }) => IDENTITIES.has(name)) ?? [];
  const [identity] = identities;
  if (identities.length === 1 && identity?.name === wanted && identity.text !== "")
    return undefined;
  return malformed(`a grantee of type "${type}" needs "${wanted}" and nothing else`);
}
