/** What a request is about and who sent it, as the record tells it, also of what is refused. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { sealingKey } from "../../../src/session/seal.ts";
import { word } from "../../support/decided.ts";
import { judge, KEYS, world, type Ask } from "./world.ts";

const WORLD = world();
const BAD_PATH = "GET /admin/k";
const CORS = { origin: "https://example.org", "access-control-request-method": "PUT" };

describe("a preflight", () => {
  const rows = [
    ["that nobody signed", {}],
    ["that is signed all the same", { as: "lab" }],
    ["whose signature is wrong", { as: { accessKey: KEYS.lab, secretKey: "wrong" } }],
    ["of a key that nobody has", { as: { accessKey: "AKIDNOBODY", secretKey: "x" } }],
    ["of a disabled key", { as: "disabled" }],
  ] as const;
  for (const [what, who] of rows) {
    test(`${what} goes on as nobody's`, () => {
      const verdict = judge(WORLD, "OPTIONS /photos/a", { ...who, headers: CORS });
      assert(verdict.kind === "forward");
      assert.equal(verdict.request.signedBy, "nobody");
      assert.equal(verdict.facts.account, undefined);
    });
  }

  test("is the only request that goes on so", () => {
    const wrong = { accessKey: KEYS.lab, secretKey: "wrong" };
    const open = world("{ anonymous: upstream }");
    assert.equal(word(judge(open, "GET /photos/a", { as: wrong })), "SignatureDoesNotMatch");
    assert.equal(word(judge(open, "GET /photos/a")), "forward");
  });
});

describe("the record of a refused request", () => {
  const wrong = { accessKey: KEYS.lab, secretKey: "wrong" };
  const rows = [
    [
      "with a wrong signature",
      "GET /t:photos/a%20b?versionId=v",
      { as: wrong },
      "SignatureDoesNotMatch",
      { operation: "GetObject", tenant: "t", bucket: "photos", key: "a b", versionId: "v" },
      KEYS.lab,
    ],
    [
      "of a key that nobody has",
      "PUT /photos?versioning",
      { as: { accessKey: "AKIDNOBODY", secretKey: "x" } },
      "InvalidAccessKeyId",
      { operation: "PutBucketVersioning", bucket: "photos" },
      "AKIDNOBODY",
    ],
    [
      "of nobody",
      "GET /photos",
      {},
      "AccessDenied",
      { operation: "ListObjects", bucket: "photos" },
      undefined,
    ],
    [
      "that is no operation",
      "DELETE /photos/a?nothing&uploads",
      { as: "lab" },
      undefined,
      { operation: "Unknown", bucket: "photos", key: "a" },
      undefined,
    ],
    [
      "whose presigned URL says a header twice",
      "GET /photos/a?X-Amz-Acl=private&X-Amz-Acl=private&X-Amz-Signature=0",
      {},
      undefined,
      { operation: "Unknown", bucket: "photos", key: "a" },
      undefined,
    ],
    [
      "that is no address",
      BAD_PATH,
      { as: "lab" },
      "InvalidBucketName",
      { operation: "Unknown" },
      undefined,
    ],
  ] as const satisfies readonly (readonly [
    string,
    string,
    Ask,
    string | undefined,
    object,
    string | undefined,
  ])[];
  for (const [what, line, ask, code, about, accessKeyId] of rows) {
    test(`${what} tells what it was about`, () => {
      const verdict = judge(WORLD, line, ask);
      assert(verdict.kind === "refuse");
      if (code !== undefined) assert.equal(verdict.fault.code, code);
      // The operator reads the rule that refused it, which of a credential is its code.
      if (accessKeyId !== undefined) assert.equal(verdict.facts.denial?.rule, code);
      const { operation, tenant, bucket, key, versionId, passed } = verdict.facts;
      const absent = {
        tenant: undefined,
        bucket: undefined,
        key: undefined,
        versionId: undefined,
      };
      assert.deepEqual({ operation, tenant, bucket, key, versionId }, { ...absent, ...about });
      assert.equal(verdict.facts.accessKeyId, accessKeyId);
      assert.equal(passed, false);
    });
  }

  test("tells a tenant that the provider does not have, and a reserved bucket", () => {
    const { provider, ...policy } = WORLD.policy;
    const alone = { ...provider, tenantAddressing: false };
    const snapshot = { ...WORLD, policy: { ...policy, provider: alone }, stateBucket: "state" };
    for (const [line, bucket, tenant] of [
      ["GET /t:photos/a", "photos", "t"],
      ["GET /state/a", "state", undefined],
    ] as const) {
      const verdict = judge(snapshot, line, { as: "lab" });
      assert.equal(word(verdict), "InvalidBucketName");
      const { facts } = verdict;
      assert.deepEqual([facts.operation, facts.bucket, facts.tenant], ["Unknown", bucket, tenant]);
    }
  });
});

/** A gateway that has to ask for every key. */
const asking = (more: Partial<Snapshot> = {}): Snapshot => ({
  ...WORLD,
  keys: new Map(),
  elsewhere: { keys: true, records: false },
  ...more,
});

describe("a request that is none as it arrived", () => {
  test("is refused before anybody is asked for its key, if it can have had no other host", () => {
    const alone = asking({ hosts: { domains: [], accountDomains: [] } });
    assert.equal(word(judge(alone, BAD_PATH, { as: "lab" })), "InvalidBucketName");
  });

  test("is recorded as it arrived while its key is asked for", () => {
    const verdict = judge(asking(), "DELETE /photos/a?nothing&uploads", { as: "lab" });
    assert.equal(word(verdict), "key");
    const { operation, bucket, key, accessKeyId } = verdict.facts;
    assert.deepEqual([operation, bucket, key, accessKeyId], ["Unknown", "photos", "a", KEYS.lab]);
  });

  test("is refused as it arrived, whatever is wrong with its token", () => {
    const sealing = [sealingKey("k", Buffer.alloc(32))];
    const as = { accessKey: `ASIA${"A".repeat(16)}`, secretKey: "x" };
    const ask = { as, headers: { "x-amz-security-token": "none" } };
    const snapshot = { ...WORLD, sealing };
    const refused = judge(snapshot, "GET /photos/a", ask);
    assert.equal(word(refused), "InvalidToken");
    assert.deepEqual(refused.facts.denial, {
      gate: "authentication",
      rule: "no sealing key opens the session token",
      place: undefined,
    });
    assert.equal(word(judge(snapshot, BAD_PATH, ask)), "InvalidBucketName");
  });
});

test("a request is recorded as it arrived while its key is asked for", () => {
  const verdict = judge(asking(), "GET /photos/a?versionId=v", { as: "lab" });
  assert.equal(word(verdict), "key");
  const { operation, bucket, key, versionId, accessKeyId } = verdict.facts;
  const expected = ["GetObject", "photos", "a", "v", KEYS.lab];
  assert.deepEqual([operation, bucket, key, versionId, accessKeyId], expected);
});

describe("a browser's form", () => {
  const contentType = "multipart/form-data; boundary=x";
  for (const length of [undefined, "0", "70"]) {
    test(`is asked for with what its head says: ${length ?? "no"} bytes`, () => {
      const said = length === undefined ? {} : { "content-length": length };
      const headers = { "content-type": contentType, ...said };
      const verdict = judge(WORLD, "POST /t:photos", { headers });
      assert(verdict.kind === "asking" && verdict.need.kind === "form");
      const { form } = verdict.need;
      assert.equal(form.contentType, contentType);
      assert.equal(form.contentLength, length === undefined ? undefined : Number(length));
      assert.deepEqual(form.bucket, { tenant: "t", name: "photos" });
      assert.equal(form.facts.operation, "PostObject");
    });
  }
});

test("a listing of more than the provider takes is refused where the provider says so", () => {
  const { provider, ...policy } = WORLD.policy;
  const capped = { ...provider, maxKeys: { cap: 10, excess: "refuse" } as const };
  const snapshot = { ...WORLD, policy: { ...policy, provider: capped } };
  for (const [line, expected] of [
    ["GET /photos?max-keys=10", "forward"],
    ["GET /photos?max-keys=11", "InvalidArgument"],
    ["GET /photos?list-type=2&max-keys=11", "InvalidArgument"],
    ["GET /photos?versions&max-keys=11", "InvalidArgument"],
    ["GET /photos", "forward"],
    ["GET /photos/a", "forward"],
  ] as const) {
    assert.equal(word(judge(snapshot, line, { as: "lab" })), expected, line);
  }
});
