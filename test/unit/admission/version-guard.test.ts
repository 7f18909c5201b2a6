import assert from "node:assert/strict";
import { test } from "node:test";
import { admitBytes } from "../../support/documents.ts";
import { judge, NOW, word, world, type Ask } from "./world.ts";

const GUARDED = world("{ versionGuard: true }");
const lab = { as: "lab" } as const;
const VERSIONING = (status: string): string =>
  `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>${status}</Status></VersioningConfiguration>`;

/** The word for a request whose document, if it has one, is read too. */
function outcome(line: string, ask: Ask = lab): string {
  const verdict = judge(GUARDED, line, ask);
  if (verdict.kind !== "read") return verdict.facts.denial?.gate ?? word(verdict);
  const after = admitBytes(GUARDED, verdict.pending, Buffer.from(ask.body ?? ""), NOW);
  return after.facts.denial?.gate ?? word(after);
}

const rows = [
  ["deletes a version", "DELETE /photos/a?versionId=v1", lab, "version-guard"],
  ["deletes the null version", "DELETE /photos/a?versionId=null", lab, "version-guard"],
  ["adds a delete marker", "DELETE /photos/a", lab, "forward"],
  ["deletes the bucket", "DELETE /photos", lab, "version-guard"],
  ["removes the lifecycle", "DELETE /photos?lifecycle", lab, "version-guard"],
  [
    "bypasses governance",
    "DELETE /photos/a",
    { ...lab, headers: { "x-amz-bypass-governance-retention": "true" } },
    "version-guard",
  ],
  [
    "suspends versioning",
    "PUT /photos?versioning",
    { ...lab, body: VERSIONING("Suspended") },
    "version-guard",
  ],
  [
    "switches versioning on",
    "PUT /photos?versioning",
    { ...lab, body: VERSIONING("Enabled") },
    "forward",
  ],
  ["uploads", "PUT /photos/a", { ...lab, body: "x" }, "forward"],
  ["reads a version", "GET /photos/a?versionId=v1", lab, "forward"],
] as const satisfies readonly (readonly [string, string, Ask, string])[];
for (const [name, line, ask, expected] of rows) {
  test(`under policy.versionGuard, who ${name} gets ${expected}`, () => {
    assert.equal(outcome(line, ask), expected);
  });
}

test("policy.versionGuard judges each entry of a DeleteObjects by its version", () => {
  const body =
    "<Delete><Object><Key>a</Key></Object>" +
    "<Object><Key>b</Key><VersionId>v1</VersionId></Object></Delete>";
  const verdict = judge(GUARDED, "POST /photos?delete", { ...lab, body });
  assert(verdict.kind === "read");
  const after = admitBytes(GUARDED, verdict.pending, Buffer.from(body), NOW);
  assert(after.kind === "forward" && after.reply.kind === "merge-delete");
  assert.deepEqual(
    after.reply.denied.map(({ key }) => key),
    ["b"],
  );
  assert.doesNotMatch(after.content?.toString() ?? "", /VersionId/);
});

test("a document that names another bucket asks for that one too", () => {
  const body =
    '<BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LoggingEnabled>' +
    "<TargetBucket>elsewhere</TargetBucket><TargetPrefix>l/</TargetPrefix>" +
    "</LoggingEnabled></BucketLoggingStatus>";
  const blocked = world('{ blockedActions: ["s3:PutObject"] }');
  const verdict = judge(blocked, "PUT /photos?logging", { ...lab, body });
  assert(verdict.kind === "read");
  const after = admitBytes(blocked, verdict.pending, Buffer.from(body), NOW);
  assert(after.kind === "refuse");
  assert.match(after.fault.message, /s3:PutObject on arn:aws:s3:::elsewhere\/l\//);
});

test("a missing key looks forbidden to who may not list", () => {
  const writer = world('{ tiers: { GETTER: ["s3:GetObject"], READ: ["s3:GetObject"] } }');
  const blind = judge(writer, "GET /photos/a", { as: "reader" });
  assert(blind.kind === "forward");
  assert.deepEqual(blind.reply, { kind: "hide-missing", operation: "GetObject" });
  const seeing = judge(world(), "GET /photos/a", { as: "reader" });
  assert(seeing.kind === "forward");
  assert.deepEqual(seeing.reply, { kind: "relay" });
});
