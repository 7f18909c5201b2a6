import type { Explained } from "../reasons.ts";

/** What survives of admission/, a to f, and was looked at: it needs no test. */
export const OF_ADMISSION_A_F: Readonly<Record<string, readonly Explained[]>> = {
  "admission/admit-document.ts": [
    [
      'if (operation !== "PutBucketPolicy" || address.kind !== "bucket") return subject;',
      1,
      "unreachable",
    ],
    ["if (ask.bucket === undefined) {", 2, "unreachable"],
    ["canonical.push({ ...ask, bucket: undefined });", 1, "unreachable"],
    [
      '"Buckets have other names at the store behind this gateway: a document cannot name one",',
      1,
      "words",
    ],
    ['{ rule: "policy.bucketNames" },', 2, "words"],
    [
      'if (address.kind !== "bucket") throw new Error("DeleteObjects addresses a bucket");',
      4,
      "unreachable",
    ],
    [
      'if (!snapshot.understood.beyondBounds) return refused(facts, malformed("it names no object"));',
      1,
      "words",
    ],
    ["if (i - turn.entry >= ENTRIES_A_TURN || steps - turn.steps >= STEPS_A_TURN) {", 2, "speed"],
  ],
  "admission/admit-form.ts": [
    ["if (!valued.ok) return refused(facts, valued.error);", 1, "same"],
    [
      "length === fileBytesMax ? judged : yield* judgeAsking(snapshot, about, asks, facts, nowMs);",
      1,
      "speed",
    ],
    [
      "if (policyText === undefined) return ok({ minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER });",
      1,
      "same",
    ],
    ["query: [],", 1, "same"],
    ['payload: { kind: "unsigned" },', 2, "same"],
    [
      'if (address.kind !== "object") throw new Error("A form uploads an object");',
      2,
      "unreachable",
    ],
    [
      'return authenticateForm(snapshot, claim.value, fields.get("policy") ?? "", key.value, nowMs);',
      1,
      "unreachable",
    ],
  ],
  "admission/admit.ts": [
    [
      "const waits = (policy.asksValues || asksValues(subject)) && speaksInDocument(operation);",
      1,
      "speed",
    ],
    ['passed.actor === "owner"', 1, "speed"],
    ["const asks = more.length === 0 ? own : [...own, ...more];", 1, "speed"],
  ],
  "admission/any-delete.ts": [
    [
      'if (address.kind !== "bucket") throw new Error("DeleteObjects addresses a bucket");',
      2,
      "unreachable",
    ],
    [
      "byPolicies(questionOf(snapshot, subject, [ask], nowMs, undefined), ask, address.bucket);",
      1,
      "same",
    ],
    [
      "return asks.length === 0 ? undefined : judgeWithoutPolicies(snapshot, subject, asks, nowMs);",
      1,
      "same",
    ],
    ['return { action, operation: "DeleteObjects", bucket, key: "", below: true };', 2, "words"],
    [
      "holder?.privileges.some((privilege) => tierGrants(privilege, action, operation)) ?? false,",
      2,
      "unreachable",
    ],
    ['const NOBODY: Principal = { kind: "anonymous" };', 2, "same"],
    ["if (some === undefined) return NOTHING_SAID;", 1, "same"],
    ['actions: [{ action, operation: "DeleteObjects" }],', 1, "same"],
    ["alsoDenied: alias?.sure === false ? [alias.name] : [],", 1, "same"],
    ['const NOTHING_SAID: Evaluation = { effect: "none" };', 2, "same"],
  ],
  "admission/ask-context.ts": [
    [
      "return (isOfSource(ask.action, subject) ? subject.source : subject)?.versionId;",
      1,
      "unreachable",
    ],
    [
      'return { name: bucket.id, address: { kind: "bucket", bucket }, versionId: undefined };',
      1,
      "same",
    ],
    [
      "if (bucket === undefined || key === undefined || !SEES_TAGS.test(action)) return undefined;",
      4,
      "unreachable",
    ],
    [
      "return { name: `${bucket.id}/${key}*`, address, versionId: undefined, many: true };",
      1,
      "same",
    ],
    ["const NO_VERSION = { versionId: undefined };", 1, "same"],
    [
      "/^s3:(?:GetObject(?:Version)?(?:Acl|Annotation|Attributes|Tagging)?|(?:Put|Delete)Object(?:Version)?(?:Annotation|Tagging)|PutObject(?:Version)?Acl|ListObject(?:Version)?Annotations|UpdateObjectEncryption)$/;",
      1,
      "same",
    ],
    [
      'return operation === "RenameObject" ? isRead || action === "s3:DeleteObject" : isRead;',
      1,
      "same",
    ],
  ],
  "admission/authenticate.ts": [
    ['fault("AccessDenied", "Anonymous requests are not allowed: sign the request", {', 1, "words"],
    [
      'if (key === undefined) throw new Error("A signature was proved without a key");',
      2,
      "unreachable",
    ],
    [
      "const ended = key.session !== undefined && key.expiresMs !== undefined && nowMs >= key.expiresMs;",
      1,
      "same",
    ],
  ],
  "admission/buckets.ts": [
    ["return buckets.size > 0 || elsewhere.records;", 2, "speed"],
    ["if (record === undefined && !records.has(bucket.id)) {", 4, "unreachable"],
    ['throw new Error(`The record of "${bucket.id}" was not asked for`);', 1, "unreachable"],
  ],
  "admission/condition-context.ts": [
    ["if (!whole && !isIgnoredByValue(ignoredHeaders, operation, name)) continue;", 1, "speed"],
    ["const NO_HEADERS: readonly string[] = [];", 1, "same"],
    ['return claim.kind === "v4" ? claim.region : undefined;', 1, "same"],
  ],
  "admission/deciding.ts": [
    ["let step = first === undefined ? deciding.next() : deciding.next(first);", 1, "same"],
  ],
  "admission/expected-owner.ts": [
    ['rule: "upstream.store, upstream.withoutEffect",', 1, "words"],
    [
      '"The gateway does not know whose the bucket is, and the store behind it does not look at the expected owner";',
      1,
      "words",
    ],
  ],
  "admission/facts.ts": [["if (same && passed) return facts;", 1, "speed"]],
  "admission/find-key.ts": [
    ["if (known !== undefined) return ok(known);", 1, "speed"],
    [
      'if (session === undefined) return invalid(snapshot, "no sealing key opens the session token");',
      1,
      "words",
    ],
    ['return invalid(snapshot, "the session token is another key\'s");', 1, "words"],
    ["account.upstream === undefined", 1, "same"],
    [
      "? snapshot.owners.get(account.name)?.find((key) => whyNotInForce(key, nowMs) === undefined)",
      1,
      "unreachable",
    ],
    [
      'return invalid(snapshot, "no key of the session\'s account is in force at the store");',
      1,
      "words",
    ],
    ["if (parent === undefined || isAnother) {", 1, "same"],
    ['return invalid(snapshot, "the key that began the session is no more");', 1, "words"],
    [
      'return invalid(snapshot, "the key that began the session has another secret now");',
      1,
      "words",
    ],
    ["tags: lower.length === 0 ? holder.tags : new Map([...holder.tags, ...lower]),", 1, "speed"],
    ["if (text === undefined) return ok({ policy: undefined, asksValues: false });", 1, "same"],
    [
      'const policy = parseProviderPolicy(provider, text, "session policy", "identity");',
      1,
      "words",
    ],
    [
      'if (!policy.ok) return invalid(snapshot, "the session\'s policy cannot be read");',
      1,
      "words",
    ],
    ["const NAMELESS = { role: undefined, name: undefined };", 1, "same"],
    ['const NO_NETWORKS: Key["networks"] = { allow: [], deny: [] };', 1, "same"],
  ],
  "admission/forward.ts": [
    ["if (field === undefined || isReframed(snapshot, plan)) return undefined;", 1, "same"],
    ['const ask = listBucketAsk({ kind: "bucket", bucket });', 1, "same"],
    ["return field !== undefined && isKnown(snapshot, field);", 1, "same"],
    ['return `${scheme}://${firstValue(head.headers, "host") ?? ""}`;', 1, "unreachable"],
    ['const trailer = plan.trailers[0] ?? "";', 1, "unreachable"],
    ['if (address.kind !== "object" || snapshot.policy.mode === "report") return true;', 1, "same"],
    ["if (isUnjudged(snapshot, caller)) return true;", 1, "same"],
    ['const prefix = { name: "prefix", value: key, rawName: "", rawValue: "" };', 2, "same"],
    ["function isUnjudged(snapshot: Snapshot, caller: Caller): boolean {", 1, "same"],
    ['if (caller.kind === "anonymous") return snapshot.policy.anonymous !== "policy";', 1, "same"],
    ["if (subuser !== undefined || account.tier !== undefined) return false;", 3, "same"],
    ["return isEmpty(account.policies) && !keepsRecords(snapshot);", 2, "same"],
    ["return algorithm !== undefined && store.checksums.has(algorithm);", 1, "same"],
  ],
};
