/** A hole that the rules had once, or would have without one line, as a change of the source. */
export type Hole = {
  readonly name: string;
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** The test that must fail then. */
  readonly test: string;
  /** A unit test that must fail, too, within seconds: the gate asks it each time. */
  readonly unit?: string;
};

const REFERENCE = "test/property/reference.test.ts";
const NAMES = "test/property/bucket-names.test.ts";
const FORMS = "test/property/reference-forms.test.ts";
const TRUST = "test/property/reference-trust.test.ts";
const KEPT = "test/property/reference-kept.test.ts";

export const HOLES: readonly Hole[] = [
  {
    name: "records: another account's bucket without a record is the caller's own",
    file: "src/admission/policy-gates.ts",
    before: "return !isNamedAfterAnother(snapshot, ask.bucket, key?.account);",
    after: "return true;",
    test: "test/unit/admission/account-names.test.ts",
  },
  {
    name: "records: an account's namesake in another tenant owns its buckets",
    file: "src/admission/buckets.ts",
    before: "return !store.naming.tenants || bucket.home === account.tenant;",
    after: "return true;",
    test: "test/unit/admission/buckets.test.ts",
  },
  {
    name: "spellings: a Deny fits a bucket by one of its names only",
    file: "src/policy/evaluate.ts",
    before: "alias !== undefined && (alias.sure || stricter)",
    after: "alias !== undefined && alias.sure",
    test: NAMES,
  },
  {
    name: "keys: a Deny below a prefix does not meet what is asked of all keys there",
    file: "src/policy/evaluate.ts",
    before: "if (question.below !== true) return coversResource",
    after: "if (true) return coversResource",
    test: "test/unit/policy/names.test.ts",
  },
  {
    name: "condition keys: the version of a copy's source is its target's, too",
    file: "src/admission/ask-context.ts",
    before: "(isOfSource(ask.action, subject) ? subject.source : subject)?.versionId",
    after: "subject.versionId ?? subject.source?.versionId",
    test: REFERENCE,
    unit: "test/unit/admission/policies.test.ts",
  },
  {
    name: "condition keys: a key that is absent meets a negated condition nowhere",
    file: "src/policy/evaluate.ts",
    before: "switches.missingKeyNegated)",
    after: "!switches.missingKeyNegated)",
    test: REFERENCE,
    unit: "test/unit/policy/condition.test.ts",
  },
  {
    name: "tags: a variable without a value in an Allow's NotResource opens everything",
    file: "src/policy/evaluate.ts",
    before: "return patterns.every((pattern) => isResolvable(pattern, facts));",
    after: "return true;",
    test: REFERENCE,
    unit: "test/unit/policy/evaluate.test.ts",
  },
  {
    name: "principals: NotPrincipal spares every user of an account that it lists",
    file: "src/policy/principals.ts",
    before: "if (!isListed) return false;",
    after: "if (!isListed && !containsAny(names, accountIdentifiers)) return false;",
    test: REFERENCE,
    unit: "test/unit/policy/names.test.ts",
  },
  {
    name: "actions: a Deny by the name of an operation holds in no model without such names",
    file: "src/policy/evaluate.ts",
    before: "stricter || (switches.operationNames && ancillary !== true)",
    after: "switches.operationNames && ancillary !== true",
    test: REFERENCE,
    unit: "test/unit/policy/evaluate.test.ts",
  },
  {
    name: "networks: an IPv4 address in IPv6's form is in no IPv4 network",
    file: "src/policy/network.ts",
    before: "if (!parsed.isIPv4MappedAddress()) return parsed.parts;",
    after: "if (parsed.parts.length > 0) return parsed.parts;",
    test: REFERENCE,
    unit: "test/unit/policy/client-network.test.ts",
  },
  {
    name: "records: everybody reads a policy that other accounts may not",
    file: "src/admission/kept-policy.ts",
    before: 'facts.actor === "owner" && snapshot.policy.provider.policyDelegation',
    after: 'facts.actor === "owner"',
    test: REFERENCE,
    unit: "test/unit/admission/kept-policy.test.ts",
  },
  {
    name: "condition keys: a prefix of open uploads is s3:prefix",
    file: "src/admission/condition-context.ts",
    before: '["s3:prefix", listing("prefix")]',
    after: '["s3:prefix", parameter("prefix")]',
    test: REFERENCE,
    unit: "test/unit/admission/policies.test.ts",
  },
  {
    name: "forms: a field is believed in the place of the URL's bucket (CVE-2023-43040)",
    file: "src/signature/post-policy.ts",
    before: 'new Map(fields).set("bucket", bucket)',
    after: 'new Map([["bucket", bucket], ...fields])',
    test: FORMS,
  },
  {
    name: "forms: its ACL and tags need no permission",
    file: "src/admission/admit-form.ts",
    before: '["s3:PutObject", ...putActions(put.headers)]',
    after: '["s3:PutObject"]',
    test: FORMS,
  },
  {
    name: "trust: a caller who is only named through its account becomes the role",
    file: "src/session/trust.ts",
    before: 'said.effect === "allow" && said.grip === "direct"',
    after: 'said.effect === "allow"',
    test: TRUST,
  },
  {
    name: "trust: NotPrincipal spares a role's session by one of its names",
    file: "src/admission/trust-caller.ts",
    before: "session?.role !== undefined && { sparing",
    after: "session?.role === undefined && { sparing",
    test: TRUST,
  },
  {
    name: "records: a policy may lock its author out where the model has no escape",
    file: "src/admission/kept-policy.ts",
    before: "const escapes = ownerPolicyEscape && key",
    after: "const escapes = key",
    test: KEPT,
  },
];
