import assert from "node:assert/strict";
import { test } from "node:test";
import { readAnswer } from "../../../src/identity/admin-answer.ts";

/** As Ceph 16.2.15 answers, cut to what it says of identities. */
const ALICE = {
  tenant: "",
  user_id: "alice",
  display_name: "alice",
  suspended: 0,
  subusers: [
    { id: "alice:full", permissions: "full-control" },
    { id: "alice:none", permissions: "<none>" },
  ],
  keys: [
    { user: "alice", access_key: "AKALICE", secret_key: "SKalice" },
    { user: "alice:full", access_key: "AKFULL", secret_key: "SKfull" },
    { user: "alice:gone", access_key: "AKGONE", secret_key: "SKgone" },
  ],
  op_mask: "read, write, delete",
  admin: "false",
};

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const read = (value: unknown, accessKeyId = "AKALICE"): ReturnType<typeof readAnswer> =>
  readAnswer(200, bytes(value), { kind: "key", accessKeyId });

test("readAnswer() reads a user with its subusers and all keys", () => {
  assert.deepEqual(read(ALICE), {
    kind: "user",
    user: {
      tenant: "",
      name: "alice",
      suspended: false,
      subusers: new Map([
        ["full", "full-control"],
        ["none", "<none>"],
      ]),
      keys: [
        { accessKeyId: "AKALICE", secret: "SKalice", subuser: undefined, disabled: false },
        { accessKeyId: "AKFULL", secret: "SKfull", subuser: "full", disabled: false },
        { accessKeyId: "AKGONE", secret: "SKgone", subuser: "gone", disabled: false },
      ],
    },
  });
});

test("readAnswer() reads a tenant's user, whose names have the tenant in front", () => {
  const answer = read({
    ...ALICE,
    tenant: "465000001",
    user_id: "465000001",
    suspended: 1,
    subusers: [{ id: "465000001$465000001:sub", permissions: "read" }],
    keys: [
      { user: "465000001$465000001:sub", access_key: "AKALICE", secret_key: "SK", active: false },
    ],
  });
  assert.deepEqual(answer, {
    kind: "user",
    user: {
      tenant: "465000001",
      name: "465000001",
      suspended: true,
      subusers: new Map([["sub", "read"]]),
      keys: [{ accessKeyId: "AKALICE", secret: "SK", subuser: "sub", disabled: true }],
    },
  });
});

for (const status of [403, 404]) {
  test(`readAnswer() takes status ${status} for nobody's key`, () => {
    assert.deepEqual(readAnswer(status, Buffer.from("{}"), { kind: "key", accessKeyId: "AK" }), {
      kind: "nobody",
    });
  });
}

for (const status of [200, 204, 301, 400, 401, 500, 503]) {
  test(`readAnswer() believes nothing of an empty answer with status ${status}`, () => {
    assert.equal(
      readAnswer(status, Buffer.alloc(0), { kind: "key", accessKeyId: "AK" }).kind,
      "unavailable",
    );
  });
}

const [own] = ALICE.keys;
const HOSTILE: readonly (readonly [name: string, body: Buffer])[] = [
  ["no JSON", Buffer.from("<Error/>")],
  ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ["JSON that breaks off", bytes(ALICE).subarray(0, 200)],
  ["two users", bytes([ALICE, ALICE])],
  ["null", bytes(null)],
  ["no keys", bytes({ ...ALICE, keys: undefined })],
  ["keys that are no list", bytes({ ...ALICE, keys: own })],
  ["a key without a secret", bytes({ ...ALICE, keys: [{ ...own, secret_key: undefined }] })],
  [
    "an empty secret, which everybody knows",
    bytes({ ...ALICE, keys: [{ ...own, secret_key: "" }] }),
  ],
  ["a secret that is a number", bytes({ ...ALICE, keys: [{ ...own, secret_key: 1 }] })],
  ["suspension as text", bytes({ ...ALICE, suspended: "false" })],
  ["no suspension", bytes({ ...ALICE, suspended: undefined })],
  ["a user without a name", bytes({ ...ALICE, user_id: "" })],
  ["a user whose name has another's tenant in it", bytes({ ...ALICE, user_id: "t$alice" })],
  ["a user with the name of a subuser", bytes({ ...ALICE, user_id: "alice:full" })],
  ["a name with a line break", bytes({ ...ALICE, user_id: "alice\n" })],
  ["another user's keys only", bytes({ ...ALICE, keys: [{ ...own, user: "bob" }] })],
  ["another user's key besides", bytes({ ...ALICE, keys: [own, { ...own, user: "bob:x" }] })],
  ["a subuser without a name", bytes({ ...ALICE, keys: [{ ...own, user: "alice:" }] })],
  ["the same name in another tenant", bytes({ ...ALICE, tenant: "t" })],
  ["no key that was asked for", bytes({ ...ALICE, keys: [{ ...own, access_key: "AKOTHER" }] })],
  ["no key at all", bytes({ ...ALICE, keys: [] })],
];
for (const [name, body] of HOSTILE) {
  test(`readAnswer() believes no answer with ${name}`, () => {
    const answer = readAnswer(200, body, { kind: "key", accessKeyId: "AKALICE" });
    assert(answer.kind === "unavailable");
    assert.equal(answer.about, "key");
    assert.doesNotMatch(answer.why, /SKalice|AKALICE/);
  });
}
