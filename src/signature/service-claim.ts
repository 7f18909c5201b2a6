import type { RequestHead } from "../http/head.ts";
import { valuesOf } from "../http/headers.ts";
import { err, type Result } from "../lib/result.ts";
import { awsFault, fault, type Fault } from "../s3/faults.ts";
import { ALGORITHM } from "./canonical.ts";
import type { SignatureRules } from "./rules.ts";
import { hasV2Query } from "./v2-claim.ts";
import type { V4Claim } from "./v4-claim.ts";
import { parseServiceHeader, type OtherService } from "./v4-header.ts";
import { hasV4Query } from "./v4-query.ts";

/**
 * Reads the credential of a request to another service than S3, which must be one Authorization
 * header of version 4. `undefined` if the request has no credential. Faults: those of
 * `parseServiceHeader`, and InvalidArgument for any other credential or more than one.
 */
export function parseServiceClaim(
  head: RequestHead,
  rules: SignatureRules,
  service: OtherService,
): Result<V4Claim, Fault> | undefined {
  const [authorization, ...others] = valuesOf(head.headers, "authorization");
  const inQuery = hasV4Query(head.target.query) || hasV2Query(head.target.query);
  if (others.length > 0 || (authorization !== undefined && inQuery)) {
    return err(awsFault("AuthorizationTwice"));
  }
  if (inQuery) return err(fault("InvalidArgument", "Presigned URLs are not supported here"));
  if (authorization === undefined) return undefined;
  if (authorization.startsWith(`${ALGORITHM} `)) {
    return parseServiceHeader(authorization, head, rules, service);
  }
  return err(
    fault("InvalidArgument", `Only ${ALGORITHM} in the Authorization header is supported`),
  );
}
