import assert from "node:assert/strict";
import { createHash, hash } from "node:crypto";
import { test } from "node:test";
import { firstValue, valuesOf } from "../../../src/http/headers.ts";
import { word, type Decided } from "../../support/decided.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { goodConfig } from "../../support/config.ts";
import { judge, world } from "./world.ts";
import { decide, gatewayOf } from "./people.ts";

const WORLD = world();

const object = (key: string, version?: string): string =>
  `<Object><Key>${key}</Key>${version === undefined ? "" : `<VersionId>${version}</VersionId>`}</Object>`;

/** What becomes of a DeleteObjects with this body. */
function deleting(as: "lab" | "writer" | "reader", objects: string, quiet = ""): Decided {
  const body = `<Delete>${quiet}${objects}</Delete>`;
  return judge(WORLD, "POST /photos?delete", { as, body }, { body });
}

test("admitDocument() forwards a DeleteObjects written anew, with the digest of what is sent", () => {
  const verdict = deleting("lab", object("a&amp;b") + object("c", "v1"));
  assert(verdict.kind === "forward");
  const sent = verdict.content?.toString() ?? "";
  assert.match(sent, /<Key>a&amp;b<\/Key>/);
  assert.match(sent, /<Key>c<\/Key><VersionId>v1<\/VersionId>/);
  const { headers } = verdict.request.head;
  const digest = createHash("sha256").update(sent).digest("hex");
  assert.equal(firstValue(headers, "x-amz-content-sha256"), digest);
  assert.equal(firstValue(headers, "content-length"), String(Buffer.byteLength(sent)));
  assert.deepEqual(verdict.reply, { kind: "relay" });
});

test("admitDocument() keeps back the keys that are denied and says so in the merged answer", () => {
  const verdict = deleting("writer", object("a") + object("b", "v1") + object("c", "null"));
  assert(verdict.kind === "forward");
  const sent = verdict.content?.toString() ?? "";
  assert.match(sent, /<Object><Key>a<\/Key><\/Object>/);
  assert.doesNotMatch(sent, /VersionId|<Key>[bc]/);
  assert(verdict.reply.kind === "merge-delete");
  assert.deepEqual(
    verdict.reply.denied.map(({ key, versionId, code }) => [key, versionId, code]),
    [
      ["b", "v1", "AccessDenied"],
      ["c", "null", "AccessDenied"],
    ],
  );
  assert.equal(verdict.facts.denial?.gate, "blocked-actions");
  assert.deepEqual(verdict.facts.entriesDenied, [1, 2]);
});

test("admitDocument() sends no checksum of a document of which it kept a part back", () => {
  const body = `<Delete>${object("a")}${object("b", "v1")}</Delete>`;
  const md5 = createHash("md5").update(body).digest("base64");
  const crc32 = "y/Q5Jg==";
  const headers = { "content-md5": md5, "x-amz-checksum-crc32": crc32 };
  const verdict = judge(WORLD, "POST /photos?delete", { as: "writer", body, headers }, { body });
  assert(verdict.kind === "forward" && verdict.content !== undefined);
  const sent = createHash("md5").update(verdict.content).digest("base64");
  assert.deepEqual(valuesOf(verdict.request.head.headers, "content-md5"), [sent]);
  assert.deepEqual(valuesOf(verdict.request.head.headers, "x-amz-checksum-crc32"), []);
});

test("admitDocument() answers itself where no key may be deleted, so that the store hears nothing", () => {
  const verdict = deleting("writer", object("a", "v1") + object("b", "v2"), "<Quiet>true</Quiet>");
  assert(verdict.kind === "answer");
  assert.equal(verdict.body.match(/<Code>AccessDenied<\/Code>/g)?.length, 2);
  assert.equal(verdict.contentType, "application/xml");
  assert.match(verdict.body, /s3:DeleteObjectVersion on arn:aws:s3:::photos\/a/);
});

test("admit() reads no document of who may delete nothing, whatever it names", () => {
  const verdict = judge(WORLD, "POST /photos?delete", { as: "reader", body: "<Delete/>" });
  assert.equal(word(verdict), "AccessDenied");
  assert.equal(verdict.facts.denial?.gate, "tier");
});

test("admitDocument() lets a store with an answer of its own answer a DeleteObjects of no keys", () => {
  const verdict = deleting("lab", "", "<Quiet>true</Quiet>");
  assert(verdict.kind === "forward");
  const sent = verdict.content?.toString() ?? "";
  assert.match(sent, /<Delete [^>]*><Quiet>true<\/Quiet><\/Delete>$/);
  const digest = createHash("md5").update(sent).digest("base64");
  assert.deepEqual(valuesOf(verdict.request.head.headers, "content-md5"), [digest]);
  assert.equal(word(deleting("writer", "")), "forward");
  assert.equal(verdict.facts.passed, true);
});

test("admitDocument() refuses a DeleteObjects of no keys as AWS does, where the store is no other", () => {
  for (const store of ["aws", "generic"]) {
    const body = "<Delete/>";
    const ask = { as: "lab", body } as const;
    const verdict = judge(world("{}", "", store), "POST /photos?delete", ask, { body });
    assert.equal(word(verdict), "MalformedXML", store);
  }
});

test("admitDocument() refuses a DeleteObjects of no keys to who may delete some only", () => {
  const snapshot = compileSnapshot(
    goodConfig({
      "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: ceph }
identities: [{ accounts: accounts.yaml }]
`,
      "accounts.yaml": `accounts:
  - name: lab
    upstream: { accessKey: STOREKEY000000000000, secretKey: the-stores-secret }
    subusers:
      - name: some
        policies: [some.json]
        keys: [{ accessKey: AKIDLAB0000000000000, secretKey: secret-lab }]
`,
      "some.json": JSON.stringify({
        Version: "2012-10-17",
        Statement: [statement("Allow", "DeleteObject", "a*")],
      }),
    }),
    1,
  );
  const one = `<Delete>${object("ab")}</Delete>`;
  const some = judge(snapshot, "POST /photos?delete", { as: "lab", body: one }, { body: one });
  assert.equal(word(some), "forward");
  const none = "<Delete/>";
  const all = judge(snapshot, "POST /photos?delete", { as: "lab", body: none }, { body: none });
  assert.equal(word(all), "AccessDenied");
});

/** A user with these statements, under a provider whose store passes no lock by. */
function gateOfDelete(statements: readonly object[], objects: string, bypass: boolean) {
  const snapshot = compileSnapshot(
    goodConfig({
      "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: ceph }
identities: [{ accounts: accounts.yaml }]
policy: { unsupported: ["s3:BypassGovernanceRetention"] }
`,
      "accounts.yaml": `accounts:
  - name: lab
    upstream: { accessKey: STOREKEY000000000000, secretKey: the-stores-secret }
    subusers:
      - name: some
        policies: [some.json]
        keys: [{ accessKey: AKIDLAB0000000000000, secretKey: secret-lab }]
`,
      "some.json": JSON.stringify({ Version: "2012-10-17", Statement: statements }),
    }),
    1,
  );
  const body = `<Delete>${objects}</Delete>`;
  const headers = bypass ? { "x-amz-bypass-governance-retention": "true" } : {};
  const ask = { as: "lab", body, headers } as const;
  return judge(snapshot, "POST /photos?delete", ask, { body }).facts.denial?.gate;
}

const statement = (Effect: string, action: string, key: string): object => ({
  Effect,
  Action: `s3:${action}`,
  Resource: `arn:aws:s3:::photos/${key}`,
});

const NONE = [statement("Allow", "GetObject", "*")];
const SOME = [statement("Allow", "DeleteObject", "a"), statement("Deny", "DeleteObject", "b")];
const DENIED = [
  statement("Allow", "GetObject", "*"),
  statement("Deny", "DeleteObjectVersion", "*"),
];

/** Whether the refusal comes before the document or after it, and in whatever order its keys are. */
const firstGates = [
  ["none of whose keys any policy allows", NONE, object("a"), false, "allow"],
  ["… and that passes locks by", NONE, object("a"), true, "unsupported"],
  ["some of whose keys could pass, but for locks", SOME, object("a"), true, "unsupported"],
  [
    "with a key that is denied before one that is not allowed",
    SOME,
    object("b") + object("c"),
    false,
    "explicit-deny",
  ],
  [
    "with a key that is not allowed before one that is denied",
    SOME,
    object("c") + object("b"),
    false,
    "explicit-deny",
  ],
  ["of whose actions the second is denied", DENIED, object("a"), false, "explicit-deny"],
] as const;
for (const [name, statements, objects, bypass, gate] of firstGates) {
  test(`a DeleteObjects ${name} is refused by the first gate: ${gate}`, () => {
    assert.equal(gateOfDelete(statements, objects, bypass), gate);
  });
}

test("admitDocument() refuses a DeleteObjects that is none", () => {
  assert.equal(word(deleting("lab", "<Other/>")), "MalformedXML");
});

test("admitDocument() drops the checksum of a document that it wrote anew", () => {
  const body = `<Delete>${object("a")}</Delete>`;
  const md5 = createHash("md5").update(body).digest("base64");
  const ask = { as: "lab", body, headers: { "content-md5": md5 } } as const;
  const verdict = judge(WORLD, "POST /photos?delete", ask, { body });
  assert(verdict.kind === "forward");
  const sent = createHash("md5")
    .update(verdict.content ?? "")
    .digest("base64");
  assert.equal(firstValue(verdict.request.head.headers, "content-md5"), sent);
});

test("admitDocument() forwards other documents byte for byte", () => {
  const body = '<?xml version="1.0"?>\n<Tagging><TagSet/></Tagging>\n';
  const verdict = judge(WORLD, "PUT /photos/a?tagging", { as: "lab", body }, { body });
  assert(verdict.kind === "forward");
  assert.equal(verdict.content?.toString(), body);
});

test("admitDocument() deletes in report mode what it would refuse", () => {
  const body = `<Delete>${object("a")}</Delete>`;
  const reporting = world("{ mode: report }");
  const verdict = judge(reporting, "POST /photos?delete", { as: "reader", body }, { body });
  assert.equal(word(verdict), "forward");
  assert.equal(verdict.facts.reported, true);
});

test("admit() reads no document whose digest cannot be one", () => {
  const ask = { as: "lab", body: "<Tagging/>", headers: { "content-md5": "?" } } as const;
  assert.equal(word(judge(WORLD, "PUT /photos/a?tagging", ask)), "InvalidDigest");
});

test("admitDocument() forwards the checksum of a document that it did not change", () => {
  const body = "<Tagging><TagSet/></Tagging>";
  const headers = { "x-amz-checksum-crc32": "y/Q5Jg==" };
  const ask = { as: "lab", body, headers } as const;
  const verdict = judge(world("{}", "", "aws"), "PUT /photos/a?tagging", ask, { body });
  assert(verdict.kind === "forward");
  assert.equal(firstValue(verdict.request.head.headers, "x-amz-checksum-crc32"), "y/Q5Jg==");
  assert.equal(firstValue(verdict.request.head.headers, "content-md5"), undefined);
});

const policyOf = (pattern: (i: number) => string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: "s3:*",
        Resource: Array.from({ length: 70 }, (_, i) => `arn:aws:s3:::photos/${pattern(i)}`),
      },
    ],
  });

const CHEAP = (i: number): string => `a${i}`;
const COSTLY = (i: number): string => `*${"a?".repeat(110)}b${i}*`;
for (const [what, pattern, keys, turns] of [
  ["after sixteen keys", CHEAP, 17, 1],
  ["not before", CHEAP, 16, 0],
  ["after each sixteen keys", CHEAP, 33, 2],
  ["after each key that a hostile policy makes costly", COSTLY, 20, 19],
] as const) {
  test(`a DeleteObjects leaves a turn to others ${what}`, () => {
    const by = { accessKey: "AKIDHOSTILE", secretKey: "secret-hostile" };
    const upstream = { accessKey: "STOREKEY", secretKey: "the-stores-secret" };
    const subusers = [{ name: "user", policies: ["hostile.json"], keys: [by] }];
    const files = {
      "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: ceph }
identities: [{ accounts: accounts.yaml }]`,
      "accounts.yaml": JSON.stringify({ accounts: [{ name: "lab", upstream, subusers }] }),
      "hostile.json": policyOf(pattern),
    };
    const snapshot = compileSnapshot(goodConfig(files), 1);
    const body = `<Delete>${object("a".repeat(1000)).repeat(keys)}</Delete>`;
    let taken = 0;
    const told = { body, onTurn: () => taken++ };
    judge(snapshot, "POST /photos?delete", { as: by, body }, told);
    assert.equal(taken, turns);
  });
}

test("admit() reads the document of a tenant's user whom a Deny of all other buckets spares", () => {
  const policy = [
    {
      Effect: "Deny",
      Action: "s3:*",
      NotResource: ["arn:aws:s3:::vault", "arn:aws:s3:::vault/*"],
    },
  ];
  const snapshot = gatewayOf({ accounts: { T: { tenant: "T", policy } } });
  const body = "<Delete><Object><Key>a</Key></Object></Delete>";
  const headers = {
    "content-length": String(body.length),
    "content-md5": hash("md5", body, "base64"),
  };
  const of = (bucket: string): string =>
    decide(snapshot, "T", `POST /${bucket}?delete`, { headers }, { body }).kind;
  assert.equal(of("vault"), "forward");
  assert.equal(of("T%3Avault"), "forward");
  assert.equal(of("other"), "refuse");
});
