/** Browsers' forms through admit(), with policies signed by an independent signer. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { firstValue } from "../../../src/http/headers.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { decided, type Decided, type Told } from "../../support/decided.ts";
import { policyParts, signedPolicyParts } from "../../support/forms.ts";
import { timestampOf, type KeyPair } from "../../support/signed.ts";
import { gatewayOf, signerOf, word } from "./people.ts";
import { KEYS, NOW, world } from "./world.ts";

const HOUR_MS = 3_600_000;
const LAB: KeyPair = { accessKey: KEYS.lab, secretKey: "secret-lab" };
const READER: KeyPair = { accessKey: KEYS.reader, secretKey: "secret-reader" };
const WRITER: KeyPair = { accessKey: KEYS.writer, secretKey: "secret-writer" };
const OFFICE: KeyPair = { accessKey: KEYS.office, secretKey: "secret-office" };

type Fields = Readonly<Record<string, string>>;

type Form = {
  /** Who signs the policy; nobody if it is null. */
  readonly by?: KeyPair | null;
  readonly line?: string;
  readonly headers?: Fields;
  readonly from?: string;
  readonly secure?: boolean;
  readonly fields?: Fields;
  /** The conditions besides those on the bucket, the key and each of `fields`. */
  readonly conditions?: readonly unknown[];
  /** Of the bucket, in the policy. */
  readonly bucket?: string;
  /** Milliseconds from now: when the policy was signed, and when it ends. */
  readonly signedIn?: number;
  readonly endsIn?: number;
  /** The most bytes that the file can have, and how many it has. */
  readonly max?: number;
  readonly bytes?: number;
  readonly told?: Told;
  /** True if the decision has no answers but `told`. */
  readonly silent?: true;
};

/** The fields of a form whose policy has a condition for each of them. */
function fieldsOf(form: Form): ReadonlyMap<string, string> {
  const { by = LAB, fields = {}, conditions = [], bucket = "photos" } = form;
  const { signedIn = 0, endsIn = HOUR_MS } = form;
  const own = { key: "up/cat 1.jpg", ...fields };
  if (by === null) return new Map(Object.entries(own));
  const policy = {
    expiresMs: NOW + endsIn,
    conditions: [
      { bucket },
      ...Object.entries(own).map(([name, value]) => ({ [name]: value })),
      ...conditions,
    ],
  };
  const parts = policyParts(by, { timestamp: timestampOf(NOW + signedIn) }, policy);
  return new Map([
    ...Object.entries(own),
    ...parts.map(({ name, value }) => [name, value] as const),
  ]);
}

/** What becomes of such a form; `change` is done to its fields after they were signed. */
function post(
  snapshot: Snapshot,
  form: Form = {},
  change: (fields: Map<string, string>) => void = () => {},
): Decided {
  const { line = "/photos", headers = {}, from = "192.0.2.1", secure = false } = form;
  const { max = 100, bytes = max, told = {}, silent = false } = form;
  const target = parseTarget(line);
  if (!target.ok) throw new Error(target.error);
  const sent = {
    host: "gateway.example.org",
    "content-type": "multipart/form-data; boundary=x",
    ...headers,
  };
  const head = {
    method: "POST",
    target: target.value,
    headers: Object.entries(sent).flat(),
    sourceAddress: from,
    secure,
  };
  const fields = new Map(fieldsOf(form));
  change(fields);
  const usual = { form: { fields, fileBytesMax: max }, fileBytes: bytes };
  return decided(snapshot, head, NOW, silent ? told : { ...usual, ...told });
}

const WORLD = world();
const OPEN = world("{ anonymous: upstream }");

/** The gate that refused and the code; else the verdict's kind. */
function outcome(verdict: Decided): string {
  if (verdict.kind !== "refuse") return word(verdict);
  return `${verdict.facts.denial?.gate ?? "none"}: ${verdict.fault.code}`;
}

test("a form is forwarded as the PutObject that it stands for", () => {
  const verdict = post(WORLD, {
    headers: {
      origin: "https://www.example.org",
      referer: "https://www.example.org/up",
      "user-agent": "Browser/1",
      cookie: "a=b",
      "content-length": "900",
    },
    fields: { "content-type": "image/jpeg", "x-amz-meta-a": "1" },
    bytes: 5,
  });
  assert(verdict.kind === "forward");
  const { method, target, headers } = verdict.request.head;
  assert.equal(method, "PUT");
  assert.equal(target, "/photos/up/cat%201.jpg");
  assert.equal(signerOf(verdict), "STOREKEY000000000000");
  const sent = headers.filter((name, i) => i % 2 === 0 && name !== "authorization");
  assert.deepEqual(sent.toSorted(), [
    "content-length",
    "content-type",
    "host",
    "origin",
    "referer",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-meta-a",
  ]);
  assert.equal(firstValue(headers, "host"), "store:7480");
  assert.equal(firstValue(headers, "origin"), "https://www.example.org");
  assert.equal(firstValue(headers, "referer"), "https://www.example.org/up");
  assert.equal(firstValue(headers, "user-agent"), "Browser/1");
  assert.equal(firstValue(headers, "content-type"), "image/jpeg");
  assert.equal(firstValue(headers, "content-length"), "5");
  assert.equal(firstValue(headers, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  assert.deepEqual(verdict.body, { kind: "pass", length: 5, checks: [] });
  assert.equal(verdict.reframe, false);
  assert.equal(verdict.content, undefined);
  const { operation, bucket, key, account, subuser, accessKeyId, passed, denial } = verdict.facts;
  assert.deepEqual(
    { operation, bucket, key, account, subuser, accessKeyId, passed, denial },
    {
      operation: "PostObject",
      bucket: "photos",
      key: "up/cat 1.jpg",
      account: "lab",
      subuser: undefined,
      accessKeyId: KEYS.lab,
      passed: true,
      denial: undefined,
    },
  );
});

/** "POST Object": the Location of the answer is the object's address, as the client can use it. */
const LOCATIONS = [
  ["in the path", {}, "http://gateway.example.org/photos/up/cat%201.jpg"],
  [
    "in the path, with a slash behind it",
    { line: "/photos/" },
    "http://gateway.example.org/photos/up/cat%201.jpg",
  ],
  [
    "in the host",
    { line: "/", headers: { host: "photos.s3.example.org" } },
    "http://photos.s3.example.org/up/cat%201.jpg",
  ],
  ["behind TLS", { secure: true }, "https://gateway.example.org/photos/up/cat%201.jpg"],
] as const satisfies readonly (readonly [string, Form, string])[];

for (const [name, form, url] of LOCATIONS) {
  test(`the answer to a form whose bucket is ${name} says where the object is`, () => {
    const verdict = post(WORLD, form);
    assert(verdict.kind === "forward");
    assert.equal(verdict.request.head.target, "/photos/up/cat%201.jpg");
    assert(verdict.reply.kind === "post");
    assert.equal(verdict.reply.url, url);
    assert.equal(verdict.reply.bucket, "photos");
    assert.equal(verdict.reply.put.key, "up/cat 1.jpg");
  });
}

test("the checksum of a form's file is checked here and goes to the store", () => {
  const value = "y/Q5Jg==";
  const verdict = post(WORLD, { fields: { "x-amz-checksum-crc32": value } });
  assert(verdict.kind === "forward" && verdict.body.kind === "pass");
  assert.deepEqual(verdict.body.checks, [
    { algorithm: "crc32", field: "x-amz-checksum-crc32", expectedBase64: value },
  ]);
});

test("a form asks for its fields, then for its file, and is refused in between", () => {
  const asks = (by: KeyPair, told: Told): string =>
    outcome(post(WORLD, { by, told, silent: true }));
  const form = (by: KeyPair): Told => ({ form: { fields: fieldsOf({ by }), fileBytesMax: 1 } });
  assert.equal(asks(LAB, {}), "form");
  assert.equal(asks(LAB, form(LAB)), "file");
  assert.equal(asks(READER, form(READER)), "tier: AccessDenied");
});

const REFUSED: readonly (readonly [string, Form, string, Snapshot?])[] = [
  // Who sends it.
  ["without a signature", { by: null }, "authentication: AccessDenied"],
  [
    "of a key that nobody has",
    { by: { accessKey: "AKIDNOBODY", secretKey: "any" } },
    "authentication: InvalidAccessKeyId",
  ],
  [
    "signed with another secret",
    { by: { ...LAB, secretKey: "other" } },
    "authentication: SignatureDoesNotMatch",
  ],
  [
    "of a disabled key",
    { by: { accessKey: KEYS.disabled, secretKey: "secret-disabled" } },
    "key-state: AccessDenied",
  ],
  [
    "of a session without its token",
    { by: { accessKey: KEYS.session, secretKey: "secret-session" } },
    "authentication: InvalidToken",
  ],
  ["of a reader", { by: READER }, "tier: AccessDenied"],
  ["from a foreign network", { by: OFFICE }, "networks: AccessDenied"],
  [
    "with an ACL of who may write no ACLs",
    { by: WRITER, fields: { acl: "public-read" } },
    "tier: AccessDenied",
  ],
  // What its policy says.
  ["whose policy has ended in this millisecond", { endsIn: 0 }, "none: AccessDenied"],
  ["whose policy is of another bucket", { bucket: "other" }, "none: AccessDenied"],
  [
    "whose policy is about another key",
    { conditions: [["eq", "$key", "other"]] },
    "none: AccessDenied",
  ],
  ["signed a quarter of an hour and a second ahead", { signedIn: 901_000 }, "none: AccessDenied"],
  [
    "signed longer ago than a link could be",
    { signedIn: -7 * 24 * HOUR_MS - 1000 },
    "none: AccessDenied",
  ],
  [
    "with a file shorter than its policy says",
    { conditions: [["content-length-range", 6, 9]], bytes: 5 },
    "none: EntityTooSmall",
  ],
  [
    "with a file longer than its policy says",
    { conditions: [["content-length-range", 1, 4]], bytes: 5 },
    "none: EntityTooLarge",
  ],
  // What it asks for.
  ["with a field that is unknown", { fields: { "x-amz-other": "1" } }, "none: InvalidArgument"],
  ["with an empty key", { fields: { key: "" } }, "none: InvalidArgument"],
  [
    "with a checksum that is none",
    { fields: { "x-amz-checksum-crc32": "?" } },
    "none: InvalidRequest",
  ],
  [
    "with an ACL that the store ignores",
    { fields: { acl: "public-read" } },
    "none: NotImplemented",
    world("{}", "", "versitygw"),
  ],
  [
    "with a key that the store would fold",
    { fields: { key: "up/../cat" } },
    "none: InvalidArgument",
    world("{}", "", "minio"),
  ],
  [
    "for a bucket that the store would take for another",
    { by: null, line: "/of-an-access-point-s3alias" },
    "none: InvalidBucketName",
    world("{ anonymous: upstream }", "", "aws"),
  ],
  [
    "with a file longer than the gateway's own limit",
    { max: 6 * 1024 ** 3 },
    "none: EntityTooLarge",
  ],
];
for (const [name, form, expected, snapshot = WORLD] of REFUSED) {
  test(`a form ${name} is refused: ${expected}`, () => {
    assert.equal(outcome(post(snapshot, form)), expected);
  });
}

test("a form's lengths may be the ends of its range", () => {
  const conditions = [["content-length-range", 4, 6]];
  for (const bytes of [4, 6]) assert.equal(outcome(post(WORLD, { conditions, bytes })), "forward");
});

test("a form's policy is good until its last millisecond, and signed ahead by the clocks' skew", () => {
  assert.equal(outcome(post(WORLD, { endsIn: 1 })), "forward");
  assert.equal(outcome(post(WORLD, { signedIn: 900_000 })), "forward");
  assert.equal(outcome(post(WORLD, { signedIn: -7 * 24 * HOUR_MS })), "forward");
});

test("a form of nobody's goes unsigned, if any may, and nothing restricts it", () => {
  const verdict = post(OPEN, { by: null, bytes: 0 });
  assert(verdict.kind === "forward");
  assert.equal(signerOf(verdict), undefined);
  assert.deepEqual(verdict.body, { kind: "pass", length: 0, checks: [] });
  assert.equal(verdict.facts.accessKeyId, undefined);
  const names = verdict.request.head.headers.filter((_, i) => i % 2 === 0);
  assert.deepEqual(names, ["host", "content-length"]);
});

test("a form of nobody's for a tenant's bucket names the bucket alone in its field", () => {
  const anonymous = { anonymous: "upstream" };
  const snapshot = gatewayOf({ policy: anonymous, accounts: { A: { tenant: "other" } } });
  const verdict = post(snapshot, {
    by: null,
    line: "/other%3Aphotos",
    fields: { bucket: "photos", key: "k" },
  });
  assert.equal(verdict.kind === "forward" && verdict.request.head.target, "/other%3Aphotos/k");
});

test("a form is refused for a field that was changed after it was signed", () => {
  const changes: readonly (readonly [string, string, string])[] = [
    ["key", "up/dog.jpg", "none: AccessDenied"],
    ["acl", "public-read", "none: AccessDenied"],
    ["policy", Buffer.from("{}").toString("base64"), "authentication: SignatureDoesNotMatch"],
    ["x-amz-signature", "0".repeat(64), "authentication: SignatureDoesNotMatch"],
    ["x-amz-security-token", "any", "authentication: InvalidToken"],
  ];
  for (const [name, value, expected] of changes) {
    assert.equal(outcome(post(WORLD, {}, (fields) => fields.set(name, value))), expected, name);
  }
});

test("a form that lost a field of its signature is refused, and never taken for nobody's", () => {
  const names = ["policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"];
  for (const name of names) {
    const verdict = post(OPEN, {}, (fields) => fields.delete(name));
    assert.equal(outcome(verdict), "authentication: InvalidArgument", name);
  }
});

test("a form of version 2 is as old as its policy's end says, if that version is served", () => {
  const policy = Buffer.from(
    JSON.stringify({
      expiration: new Date(NOW + HOUR_MS).toISOString(),
      conditions: [{ bucket: "photos" }, { key: "k" }],
    }),
  ).toString("base64");
  const signature = createHmac("sha1", "secret-lab").update(policy).digest("base64");
  const fields = new Map(Object.entries({ key: "k", policy, awsaccesskeyid: KEYS.lab, signature }));
  const told = { form: { fields, fileBytesMax: 5 } };
  const served = (presigned: string): string =>
    outcome(post(world(`{ signatures: [v4, v2], presigned: ${presigned} }`), { told }));
  assert.equal(served("{ maxExpiry: 1h }"), "forward");
  assert.equal(served("{ maxExpiry: 59m }"), "none: AccessDenied");
  assert.equal(outcome(post(WORLD, { told })), "authentication: InvalidRequest");
});

test("a form is refused whose policy is signed and cannot be read", () => {
  const scope = { timestamp: timestampOf(NOW) };
  const parts = signedPolicyParts(LAB, scope, "{}").map(
    ({ name, value }) => [name, value] as const,
  );
  const fields = new Map([["key", "k"], ...parts]);
  const told = { form: { fields, fileBytesMax: 1 } };
  assert.equal(outcome(post(WORLD, { told })), "none: InvalidPolicyDocument");
});

test("a form's file may have as many bytes as any body, and none more", () => {
  const small = { ...WORLD, limits: { ...WORLD.limits, bodyBytesMax: 5 } };
  assert.equal(outcome(post(small, { bytes: 5 })), "forward");
  assert.equal(outcome(post(small, { bytes: 6 })), "none: EntityTooLarge");
});

test("report mode lets a form pass that it would refuse, but no bad signature", () => {
  const reporting = world("{ mode: report }");
  const verdict = post(reporting, { by: READER });
  assert.equal(outcome(verdict), "forward");
  assert.equal(verdict.facts.reported, true);
  assert.equal(verdict.facts.denial?.gate, "tier");
  assert.equal(
    outcome(post(reporting, { by: { ...LAB, secretKey: "other" } })),
    "authentication: SignatureDoesNotMatch",
  );
});

const PUT = { Action: ["s3:PutObject", "s3:PutObjectTagging"], Resource: "arn:aws:s3:::photos/*" };
const ALLOW = { Effect: "Allow", ...PUT };
const ANN: KeyPair = { accessKey: "AKID.A.ann", secretKey: "secret-A.ann" };

/** What becomes of the form of a user with one statement, besides an Allow for `gate: deny`. */
function underPolicy(Effect: "Allow" | "Deny", Condition: object, form: Form = {}): string {
  const allow = Effect === "Deny" ? [{ Effect: "Allow", ...PUT }] : [];
  const policy = [...allow, { Effect, ...PUT, Condition }];
  const snapshot = gatewayOf({ accounts: { A: { users: { ann: { policy } } } } });
  return outcome(post(snapshot, { by: ANN, ...form }));
}

const TAGS = "<TagSet><Tag><Key>team</Key><Value>red</Value></Tag></TagSet>";
const TAGGED: Form = { fields: { tagging: `<Tagging>${TAGS}</Tagging>` } };
const SAYS: readonly (readonly [string, object, Form, string])[] = [
  ["its operation", { StringEquals: { "gw:Operation": "PostObject" } }, {}, "forward"],
  ["no other operation", { StringEquals: { "gw:Operation": "PutObject" } }, {}, "allow"],
  ["its kind of proof", { StringEquals: { "s3:authType": "POST" } }, {}, "forward"],
  [
    "that nothing signs its file",
    { StringEquals: { "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
    {},
    "forward",
  ],
  ["that it makes an object", { Bool: { "s3:ObjectCreationOperation": "true" } }, {}, "forward"],
  [
    "the page that it stands on",
    { StringEquals: { "aws:Referer": "https://www.example.org/" } },
    { headers: { referer: "https://www.example.org/" } },
    "forward",
  ],
  [
    "the browser that sent it",
    { StringEquals: { "aws:UserAgent": "Browser/1" } },
    { headers: { "user-agent": "Browser/1" } },
    "forward",
  ],
  [
    "what becomes a header",
    { StringEquals: { "s3:x-amz-storage-class": "COLD" } },
    { fields: { "x-amz-storage-class": "COLD" } },
    "forward",
  ],
  ["its tags", { StringEquals: { "s3:RequestObjectTag/team": "red" } }, TAGGED, "forward"],
  ["no other tags", { StringEquals: { "s3:RequestObjectTag/team": "blue" } }, TAGGED, "allow"],
  [
    "a length that it can have",
    { NumericLessThanEquals: { "gw:ContentLength": "99" } },
    {},
    "allow",
  ],
  [
    "the most that it can have",
    { NumericLessThanEquals: { "gw:ContentLength": "100" } },
    { bytes: 5 },
    "forward",
  ],
  [
    "its length, once that is known",
    { NumericEquals: { "gw:ContentLength": "100" } },
    { bytes: 99 },
    "allow",
  ],
];
for (const [name, condition, form, expected] of SAYS) {
  test(`a policy can ask of a form ${name}: ${expected}`, () => {
    const gate = underPolicy("Allow", condition, form);
    assert.equal(gate.replace(": AccessDenied", ""), expected);
  });
}

test("a policy is asked again if a form's file is shorter than it could have been", () => {
  const short = { NumericLessThan: { "gw:ContentLength": "100" } };
  assert.equal(underPolicy("Deny", short, { bytes: 99 }), "explicit-deny: AccessDenied");
  assert.equal(underPolicy("Deny", short, { bytes: 100 }), "forward");
});

test("a form whose values cannot be read is refused before a policy is asked of them", () => {
  const condition = { NumericLessThan: { "s3:object-lock-remaining-retention-days": "9" } };
  const fields = {
    "x-amz-object-lock-mode": "GOVERNANCE",
    "x-amz-object-lock-retain-until-date": "soon",
  };
  assert.equal(underPolicy("Deny", condition, { fields }), "none: InvalidArgument");
});

test("a form asks for the tags of its bucket once, however often its length is judged", () => {
  const policy = [
    { Effect: "Allow", ...PUT, Condition: { StringEquals: { "s3:BucketTag/open": "yes" } } },
  ];
  const snapshot = gatewayOf({ accounts: { A: { users: { ann: { policy } } } } });
  const upload = (open: string): readonly [string, number] => {
    const bucketTags = new Map([["open", open]]);
    let asked = 0;
    const tags = new Map<string, typeof bucketTags>();
    tags.get = () => {
      asked++;
      return bucketTags;
    };
    return [outcome(post(snapshot, { by: ANN, bytes: 1, told: { tags } })), asked];
  };
  assert.deepEqual(upload("yes"), ["forward", 1]);
  assert.deepEqual(upload("no"), ["allow: AccessDenied", 1]);
});

test("a form is let into another's bucket by its policy, and goes there in its owner's name", () => {
  const upload = (account: string, statement: object): string => {
    const policy = { Version: "2012-10-17", Statement: [{ Principal: "*", ...PUT, ...statement }] };
    const snapshot = gatewayOf({
      accounts: { A: { users: { ann: { tier: "FULL", policy: [ALLOW] } } }, B: {} },
      buckets: { photos: { account, policy } },
    });
    const verdict = post(snapshot, { by: ANN });
    return signerOf(verdict) ?? outcome(verdict);
  };
  const other = { Effect: "Allow", Resource: "arn:aws:s3:::photos/other*" };
  assert.equal(upload("B", { Effect: "Allow" }), "STORE-B");
  assert.equal(upload("B", other), "allow: AccessDenied");
  assert.equal(upload("A", other), "STORE-A");
  assert.equal(upload("A", { Effect: "Deny" }), "explicit-deny: AccessDenied");
});

test("a form asks for a key of an owner whom only Ceph knows, and goes to the store by it", () => {
  const policy = { Version: "2012-10-17", Statement: [{ ...ALLOW, Principal: "*" }] };
  const written = gatewayOf({
    accounts: { A: { users: { ann: { tier: "FULL", policy: [ALLOW] } } }, B: {} },
    buckets: { photos: { account: "B", policy } },
  });
  const record = [...written.buckets.values()][0];
  const key = written.keys.get("AKID.B");
  assert(record !== undefined && key !== undefined);
  const owner = { ...record.owner, upstream: undefined };
  const told = {
    records: new Map([["photos", { ...record, owner }]]),
    owners: new Map([["B", { ...key, account: owner }]]),
  };
  const elsewhere = { ...written.elsewhere, keys: true, records: true };
  const snapshot = { ...written, buckets: new Map(), owners: new Map(), elsewhere };
  assert.equal(signerOf(post(snapshot, { by: ANN, told })), "AKID.B");
  const nobody = { ...told, owners: new Map([["B", undefined]]) };
  assert.equal(outcome(post(snapshot, { by: ANN, told: nobody })), "none: AccessDenied");
});
