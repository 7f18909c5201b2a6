import { fault } from "../s3/faults.ts";
import { xmlElement } from "../s3/xml.ts";
import { recordOf } from "./buckets.ts";
import type { Facts } from "./facts.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

/**
 * The answer to an admitted request about a bucket policy that the gateway keeps, so that it never
 * reaches the store ("GetBucketPolicy", "GetBucketPolicyStatus", S3 API Reference). Undefined: the
 * request is about something else, or the store keeps the policies.
 */
export function answerPolicy(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
): Verdict | undefined {
  const { address, operation, caller } = subject;
  if (snapshot.policy.bucketPolicies === "upstream" || address.kind !== "bucket") return undefined;
  const record = recordOf(snapshot, subject, address.bucket);
  // Without credentials most is left to the store to judge, which knows nothing of this policy.
  const isUnjudged = caller.kind === "anonymous" && facts.actor !== "owner";
  switch (operation) {
    case "GetBucketPolicy": {
      if (isUnjudged) return { kind: "refuse", facts, fault: fault("AccessDenied") };
      const text = record?.policyText ?? snapshot.policy.provider.dialect.noPolicy;
      if (text === undefined) return none(facts);
      return { kind: "answer", facts, contentType: "application/json", body: text };
    }
    case "GetBucketPolicyStatus": {
      if (isUnjudged) return { kind: "refuse", facts, fault: fault("AccessDenied") };
      if (record?.policyText === undefined) return none(facts);
      const status = xmlElement("IsPublic", String(record.isPublic));
      const body = `<?xml version="1.0" encoding="UTF-8"?>\n<PolicyStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${status}</PolicyStatus>`;
      return { kind: "answer", facts, contentType: "application/xml", body };
    }
    case "PutBucketPolicy":
    case "DeleteBucketPolicy": {
      const message = "Bucket policies are kept in the gateway's configuration: ask its operator";
      return { kind: "refuse", facts, fault: fault("MethodNotAllowed", message) };
    }
    default:
      return undefined;
  }
}

function none(facts: Facts): Verdict {
  return { kind: "refuse", facts, fault: fault("NoSuchBucketPolicy") };
}
