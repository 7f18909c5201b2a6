import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { admit } from "../../../src/admission/admit.ts";
import type { BucketRecord } from "../../../src/admission/record.ts";
import { answerFrom } from "../../../src/admission/deciding.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import type { Verdict } from "../../../src/admission/verdict.ts";
import { compileSnapshot, recordReader } from "../../../src/config/compile.ts";
import { readDocument } from "../../../src/s3/document-reader.ts";
import { goodConfig } from "../../support/config.ts";
import { told } from "../../support/decided.ts";
import { decide, filesOf, headOf, word, type People } from "./people.ts";
import { NOW } from "./world.ts";

const policyOf = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const ARNS = ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"];
const PUBLIC = policyOf({
  Effect: "Allow",
  Principal: "*",
  Action: "s3:GetObject",
  Resource: ARNS[1],
});

const PEOPLE: People = {
  policy: { bucketPolicies: "gateway", anonymous: "policy" },
  accounts: { A: { users: { U: { tier: "FULL" }, R: { tier: "READ" } } }, B: {} },
};

/** A gateway that remembers `records`, all of which must be fetched. */
function remembering(
  records: Readonly<Record<string, { owner: string; policy?: string }>>,
  people: People = PEOPLE,
): { snapshot: Snapshot; recordOf: (id: string) => BucketRecord | undefined } {
  const files = filesOf(people);
  const gateway = JSON.parse(files["gateway.yaml"] ?? "");
  const config = goodConfig({
    ...files,
    "gateway.yaml": JSON.stringify({ ...gateway, state: { directory: "records" } }),
  });
  const read = recordReader(config);
  const snapshot: Snapshot = {
    ...compileSnapshot(config, 1),
    elsewhere: { keys: false, records: true },
  };
  const recordOf = (id: string): BucketRecord | undefined => {
    const record = records[id];
    const compiled = record && read(id, { policy: undefined, ...record });
    if (compiled?.ok === false) throw new Error(compiled.error);
    return compiled?.value;
  };
  return { snapshot, recordOf };
}

/** The verdict when everything that it needed was fetched, and the names of what that was, in order. */
function settle(
  { snapshot, recordOf }: ReturnType<typeof remembering>,
  who: string | undefined,
  line: string,
  body = "",
  headers: Readonly<Record<string, string>> = {},
): { readonly verdict: Verdict; readonly names: readonly string[]; readonly fresh: boolean[] } {
  const head = headOf(who, line, { headers });
  const names: string[] = [];
  const fresh: boolean[] = [];
  // Not by decided(), which does not tell what was asked for twice.
  const step = answerFrom(admit(snapshot, head, NOW), (need) => {
    if (need.kind === "document") {
      const document = readDocument(need.operation, need.headers, Buffer.from(body));
      assert.ok(document.ok);
      return { kind: "document", document: document.value };
    }
    assert(need.kind === "record");
    const { id } = need.bucket;
    names.push(id);
    fresh.push(need.fresh);
    return { kind: "record", record: recordOf(id) };
  });
  assert(step.done === true);
  return { verdict: step.value, names, fresh };
}

describe("a bucket's record", () => {
  const gateway = remembering({ bucket: { owner: "A", policy: PUBLIC } });

  test("is fetched before anything is decided, once", () => {
    const { verdict, names } = settle(gateway, undefined, "GET /bucket/k");
    assert.equal(verdict.kind, "forward");
    assert.deepEqual(names, ["bucket"]);
  });

  test("is fetched of a copy's source too", () => {
    const headers = { "x-amz-copy-source": "/other/k" };
    assert.deepEqual(settle(gateway, "A", "PUT /bucket/k", "", headers).names, ["bucket", "other"]);
  });

  test("is asked for as of now by who may change it, and by nobody else", () => {
    const rows = [
      ["A", "PUT /bucket?policy", true],
      ["A", "DELETE /bucket?policy", true],
      ["A", "GET /bucket?policy", true],
      ["A", "PUT /bucket", true],
      ["A", "DELETE /bucket", true],
      [undefined, "GET /bucket?policy", false],
      [undefined, "DELETE /bucket?policy", false],
      ["A", "GET /bucket/k", false],
      ["A", "GET /bucket?versioning", false],
    ] as const;
    for (const [who, line, expected] of rows) {
      const body = line === "PUT /bucket?policy" ? PUBLIC : "";
      assert.deepEqual(settle(gateway, who, line, body).fresh, [expected], line);
    }
  });

  test("is not asked for by a list of buckets", () => {
    assert.deepEqual(settle(gateway, "A", "GET /").names, []);
  });
});

describe("PutBucketPolicy", () => {
  const gateway = remembering({ bucket: { owner: "A" }, foreign: { owner: "B" } });
  const put = (who: string, policy: string, headers = {}, bucket = "bucket") =>
    settle(gateway, who, `PUT /${bucket}?policy`, policy, headers).verdict;

  test("becomes a change of the record, in the client's own bytes", () => {
    const text = `${PUBLIC}\n\n`;
    const verdict = put("A:U", text);
    assert.deepEqual(verdict.kind === "keep" && verdict.change, {
      kind: "policy",
      name: "bucket",
      owner: "A",
      by: "A:U",
      judged: undefined,
      policy: text,
    });
  });

  test("is refused with the place of the first mistake", () => {
    const verdict = put("A", '{"Version": "2012-10-17",\n "Statement": {"Efect": "Allow"}}');
    assert.equal(verdict.kind === "refuse" && verdict.fault.code, "MalformedPolicy");
    assert.match(verdict.kind === "refuse" ? verdict.fault.message : "", /line 2.*Statement/);
  });

  const refused = [
    [
      "another bucket's name",
      policyOf({
        Effect: "Allow",
        Principal: "*",
        Action: "s3:*",
        Resource: "arn:aws:s3:::other/*",
      }),
      "MalformedPolicy",
    ],
    [
      "more than 20,480 bytes",
      policyOf({
        Sid: "x".repeat(21_000),
        Effect: "Allow",
        Principal: "*",
        Action: "s3:GetObject",
        Resource: ARNS[1],
      }),
      "MalformedPolicy",
    ],
    ["no policy at all", "", "MalformedPolicy"],
    ["bytes that are no text", "\ufffd{}", "MalformedPolicy"],
  ] as const;
  for (const [what, text, code] of refused) {
    test(`refuses ${what}`, () => {
      const verdict = put("A", text);
      assert.equal(verdict.kind === "refuse" && verdict.fault.code, code);
    });
  }

  test("needs a confirmation to keep its author out, where no owner can escape", () => {
    const deny = policyOf({ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: ARNS });
    assert.equal(put("A", deny).kind, "keep");
    const kept = put("A:U", deny);
    assert.match(
      kept.kind === "refuse" ? kept.fault.message : "",
      /x-amz-confirm-remove-self-bucket-access/,
    );
    assert.equal(
      put("A:U", deny, { "x-amz-confirm-remove-self-bucket-access": "true" }).kind,
      "keep",
    );
  });

  test("is for whom the gates let", () => {
    assert.equal(word(put("A:R", PUBLIC)), "tier");
    assert.equal(word(put("B", PUBLIC)), "allow");
    assert.equal(word(put("A", PUBLIC, {}, "foreign")), "allow");
  });

  test("the policy of an unknown bucket is refused with a hint how to adopt it", () => {
    const verdict = put("A:U", PUBLIC, {}, "unheard");
    assert.equal(verdict.kind === "refuse" && verdict.fault.code, "MethodNotAllowed");
    assert.match(
      verdict.kind === "refuse" ? verdict.fault.message : "",
      /s3warden adopt unheard --account A"/,
    );
  });
});

describe("the other three", () => {
  const gateway = remembering({ bucket: { owner: "A", policy: PUBLIC }, plain: { owner: "A" } });
  test("DeleteBucketPolicy becomes a change", () => {
    const { verdict } = settle(gateway, "A", "DELETE /bucket?policy");
    assert.equal(
      verdict.kind === "keep" && verdict.change.kind === "policy" && verdict.change.policy,
      undefined,
    );
    assert.equal(verdict.kind, "keep");
  });
  test("GetBucketPolicy returns the bytes, or NoSuchBucketPolicy", () => {
    const { verdict } = settle(gateway, "A", "GET /bucket?policy");
    assert.equal(verdict.kind === "answer" && verdict.body, PUBLIC);
    assert.equal(word(settle(gateway, "A", "GET /plain?policy").verdict), "NoSuchBucketPolicy");
  });
  test("GetBucketPolicyStatus says if the policy is public", () => {
    const { verdict } = settle(gateway, "A", "GET /bucket?policyStatus");
    assert.match(verdict.kind === "answer" ? verdict.body : "", /<IsPublic>true</);
  });
});

describe("making and removing a bucket", () => {
  const gateway = remembering({ bucket: { owner: "A" } });
  const change = (who: string, line: string) => {
    const { verdict } = settle(gateway, who, line);
    assert(verdict.kind === "forward" && verdict.reply.kind === "remember");
    return verdict.reply.change;
  };
  test("is remembered when the store has done it", () => {
    const { presence, ...created } = { presence: undefined, ...change("A:U", "PUT /fresh") };
    assert.deepEqual(created, { kind: "created", name: "fresh", owner: "A", by: "A:U" });
    assert.equal(presence?.head.method, "HEAD");
    assert.equal(presence?.head.target, "/fresh");
    assert.equal(presence?.signedBy, "gateway");
    const removed = { kind: "removed", name: "bucket", owner: "A", by: "A:U", judged: undefined };
    assert.deepEqual(change("A:U", "DELETE /bucket"), removed);
  });
  test("another account's bucket name is refused by the state, which reads it anew", () => {
    assert.equal(change("B", "PUT /bucket").owner, "B");
  });
  test("is each tenant's own where tenants have their own names", () => {
    const lumi = remembering(
      {},
      {
        ...PEOPLE,
        policy: { ...PEOPLE.policy, provider: "lumi-o" },
        accounts: { "465000001": {} },
      },
    );
    const { verdict } = settle(lumi, "465000001", "PUT /fresh");
    assert.deepEqual(
      verdict.kind === "forward" && verdict.reply.kind === "remember" && verdict.reply.change.name,
      "465000001:fresh",
    );
  });
  test("is the tenant's of a Ceph user, whatever the provider", () => {
    const ceph = remembering({}, { ...PEOPLE, accounts: { T$U: {} } });
    const { verdict } = settle(ceph, "T$U", "PUT /fresh");
    assert(verdict.kind === "forward" && verdict.reply.kind === "remember");
    assert.equal(verdict.reply.change.name, "T:fresh");
  });
});

describe("a policy that names the bucket's tenant", () => {
  const policy = policyOf({
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3::T:bucket/*",
  });
  const put = (store: string, id: string, spelled: string): Verdict => {
    const people = { ...PEOPLE, store: { store }, accounts: { T: { tenant: "T" } } };
    return settle(
      remembering({ [id]: { owner: "T" } }, people),
      "T",
      `PUT /${spelled}?policy`,
      policy,
    ).verdict;
  };
  for (const spelled of ["bucket", "T%3Abucket"]) {
    test(`is kept where the store has tenants, put as ${spelled}`, () => {
      assert.equal(put("ceph", "T:bucket", spelled).kind, "keep");
    });
    // It would be kept under the bare name, and could not be read again, not even to be deleted.
    test(`is refused where the store has none, put as ${spelled}`, () => {
      const verdict = put("minio", "bucket", spelled);
      assert.equal(verdict.kind === "refuse" && verdict.fault.code, "MalformedPolicy");
    });
  }
});

describe("the gateway's own bucket", () => {
  const files = filesOf(PEOPLE);
  const gateway = JSON.parse(files["gateway.yaml"] ?? "");
  const state = { bucket: "s3warden-state", accessKey: "AK", secretKey: "SK" };
  const config = goodConfig({ ...files, "gateway.yaml": JSON.stringify({ ...gateway, state }) });
  const snapshot = compileSnapshot(config, 1);
  const lines = [
    "GET /s3warden-state/bucket",
    "GET /s3warden-state?list-type=2",
    "PUT /s3warden-state/x",
    "DELETE /s3warden-state",
    "PUT /s3warden-state",
    "GET /A:s3warden-state/x",
    "GET /s3warden%2Dstate/x",
  ];
  for (const line of lines) {
    test(`is none for ${line}`, () => {
      assert.equal(word(decide(snapshot, "A", line)), "InvalidBucketName");
      assert.equal(word(decide(snapshot, undefined, line)), "InvalidBucketName");
    });
  }
  test("is none for a copy's source", () => {
    const copy = { headers: { "x-amz-copy-source": "/s3warden-state/x" } };
    assert.equal(word(decide(snapshot, "A", "PUT /bucket/k", copy)), "InvalidBucketName");
  });
  test("is in no list of buckets", () => {
    const verdict = decide(snapshot, "A", "GET /");
    assert.ok(verdict.kind === "forward" && verdict.reply.kind === "filter-buckets");
    assert.equal(told(verdict.reply.filter.keeps("s3warden-state", undefined)), false);
    assert.equal(told(verdict.reply.filter.keeps("other", undefined)), true);
  });
});

describe("a policy that needs a privilege to be put", () => {
  const people: People = {
    policy: { provider: "qumulo", bucketPolicies: "gateway" },
    accounts: {
      maker: {},
      taker: {},
      admin: { privileges: ["PRIVILEGE_S3_BUCKETS_READ", "PRIVILEGE_S3_BUCKETS_WRITE"] },
    },
  };
  const statement = (names: readonly string[], Action: readonly string[], Effect = "Allow") => ({
    Effect,
    Action,
    Principal: { Qumulo: names },
  });
  const document = (...statements: readonly object[]) => JSON.stringify({ Statements: statements });
  const own = document(statement(["local:taker"], ["s3:*"]));

  test("is not put on a bucket without one just because the caller has a key", () => {
    const gateway = remembering({ bucket: { owner: "maker" } }, people);
    for (const who of ["taker", "maker"]) {
      const { verdict } = settle(gateway, who, "PUT /bucket?policy", own);
      assert.equal(word(verdict), "allow", who);
    }
    assert.equal(settle(gateway, "admin", "PUT /bucket?policy", own).verdict.kind, "keep");
    assert.equal(settle(gateway, "maker", "GET /bucket/k").verdict.kind, "forward");
  });

  test("is put by whom the policy before it allowed to", () => {
    const policy = document(statement(["local:taker"], ["s3:PutBucketPolicy"]));
    const gateway = remembering({ bucket: { owner: "maker", policy } }, people);
    assert.equal(settle(gateway, "taker", "PUT /bucket?policy", own).verdict.kind, "keep");
    assert.equal(word(settle(gateway, "taker", "DELETE /bucket?policy").verdict), "allow");
  });

  test("is refused if it locks its author out, unless the author confirms that", () => {
    const may = document(statement(["local:taker"], ["s3:PutBucketPolicy"]));
    const gateway = remembering({ bucket: { owner: "maker", policy: may } }, people);
    const put = (policy: string, headers = {}): string =>
      word(settle(gateway, "taker", "PUT /bucket?policy", policy, headers).verdict);
    const without = document(statement(["local:taker"], ["s3:GetObject"]));
    assert.equal(put(without), "MalformedPolicy");
    assert.equal(put(without, { "x-amz-confirm-remove-self-bucket-access": "true" }), "keep");
    assert.equal(put(document(statement(["taker"], ["s3:DeleteBucketPolicy"]))), "keep");
  });

  test("keeps nobody out who has the privilege, whatever it denies", () => {
    const gateway = remembering({ bucket: { owner: "maker" } }, people);
    const deny = document(statement(["Everyone"], ["s3:*"], "Deny"));
    assert.equal(settle(gateway, "admin", "PUT /bucket?policy", deny).verdict.kind, "keep");
  });
});

describe("the management of a policy that Atman's users are granted", () => {
  const people: People = {
    policy: { provider: "atman", bucketPolicies: "gateway" },
    accounts: { owner: {}, helper: { users: { READ: { tier: "READ" } } }, other: {} },
  };
  const actions = ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];
  const granting = policyOf({
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam:::user/helper" },
    Action: actions,
    Resource: ARNS[0],
  });
  const gateway = remembering({ bucket: { owner: "owner", policy: granting } }, people);
  const told = (who: string | undefined, line: string, body = ""): string =>
    word(settle(gateway, who, line, body).verdict);

  test("is theirs, and nobody else's", () => {
    assert.equal(told("helper", "GET /bucket?policy"), "answer");
    assert.equal(told("helper", "PUT /bucket?policy", granting), "keep");
    assert.equal(told("helper", "DELETE /bucket?policy"), "keep");
    for (const line of ["GET /bucket?policy", "PUT /bucket?policy", "DELETE /bucket?policy"]) {
      assert.equal(told("other", line, granting), "allow", line);
      assert.equal(told(undefined, line, granting), "tier", line);
    }
    assert.equal(told("helper", "GET /bucket/k"), "allow");
  });

  test("is not theirs by an Allow for anything else", () => {
    const policy = granting.replace(/"Action":\[[^\]]*\]/, '"Action":["s3:*BucketAcl"]');
    const closed = remembering({ bucket: { owner: "owner", policy } }, people);
    for (const line of ["GET /bucket?policy", "PUT /bucket?policy", "DELETE /bucket?policy"]) {
      assert.equal(word(settle(closed, "helper", line, granting).verdict), "allow", line);
    }
  });
});

test("LUMI-O's policy for everybody shows itself neither to other accounts nor to nobody", () => {
  const people: People = {
    policy: { provider: "lumi-o", bucketPolicies: "gateway" },
    accounts: { owner: {}, other: {} },
  };
  const policy = policyOf({ Effect: "Allow", Principal: "*", Action: "s3:*", Resource: ARNS[0] });
  const gateway = remembering({ "owner:bucket": { owner: "owner", policy } }, people);
  for (const who of ["other", undefined]) {
    assert.equal(settle(gateway, who, "GET /owner:bucket?policy").verdict.kind, "refuse");
  }
});
