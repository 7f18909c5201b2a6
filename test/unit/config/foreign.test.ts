import assert from "node:assert/strict";
import { test } from "node:test";
import { holderName, holderOf, type Key } from "../../../src/admission/principal.ts";
import { compileForeign, type ForeignUser } from "../../../src/config/foreign.ts";
import { networkDecision } from "../../../src/policy/network.ts";
import { GATEWAY, goodConfig, problemsOf } from "../../support/config.ts";

const WITH_CEPH = GATEWAY.replace(
  "}]",
  '}, { ceph: { endpoint: "http://rgw", accessKey: GW, secretKey: SK } }]',
);

/** One key for the user and one for each of its subusers. */
const PERMISSIONS = {
  reader: "read",
  writer: "write",
  rw: "read-write",
  full: "full-control",
  none: "<none>",
  empty: "",
  later: "read-delete",
};
const USER: ForeignUser = {
  tenant: "",
  name: "alice",
  suspended: false,
  subusers: new Map(Object.entries(PERMISSIONS)),
  keys: [undefined, ...Object.keys(PERMISSIONS), "unlisted"].map((subuser) => ({
    accessKeyId: `AK${subuser ?? "own"}`,
    secret: `SK${subuser ?? "own"}`,
    subuser,
    disabled: subuser === "writer",
  })),
};

const ACCOUNTS = `accounts:
  - name: alice
    networks: { allow: [192.0.2.0/24] }
    blockedActions: ["s3:DeleteBucket"]
    tags: { Team: physics }
    subusers:
      - { name: reader, networks: { allow: [192.0.2.7] } }
      - { name: rw, tier: READ }
  - name: T$U
    upstream: { accessKey: AKSTORE, secretKey: SKSTORE }
`;

function keyOf(user: ForeignUser, accessKeyId: string, accounts = "accounts: []\n"): Key {
  const files = { "gateway.yaml": WITH_CEPH, "accounts.yaml": accounts };
  const key = compileForeign(goodConfig(files))(user, accessKeyId);
  assert(key !== undefined);
  return key;
}

test("compileForeign() makes the user an account that signs with its own key", () => {
  const key = keyOf(USER, "AKown");
  assert.equal(key.secret, "SKown");
  assert.equal(holderName(key), "alice");
  assert.equal(key.account.upstream, undefined);
  assert.equal(key.account.tier, undefined);
  assert.equal(key.disabled, false);
});

const TIERS = [
  ["reader", "READ"],
  ["writer", "WRITE"],
  ["rw", "READWRITE"],
  ["full", "FULL"],
  ["none", "NONE"],
  ["empty", "NONE"],
  ["later", "NONE"],
  ["unlisted", "NONE"],
] as const;
for (const [subuser, tier] of TIERS) {
  test(`compileForeign() sets the tier ${tier} of the subuser ${subuser}`, () => {
    const key = keyOf(USER, `AK${subuser}`);
    assert.equal(holderName(key), `alice:${subuser}`);
    assert.equal(holderOf(key).tier?.name, tier);
    if (tier === "NONE") assert.equal(holderOf(key).tier?.set.actions.size, 0);
  });
}

const NAMES = [
  ["", "alice", "alice"],
  ["T", "T", "T"],
  ["T", "U", "T$U"],
] as const;
for (const [tenant, name, account] of NAMES) {
  test(`compileForeign() names "${name}" of tenant "${tenant}" ${account}`, () => {
    assert.equal(keyOf({ ...USER, tenant, name }, "AKown").account.name, account);
  });
}

test("compileForeign() disables all keys of a suspended user, and one that is not active", () => {
  assert.equal(keyOf({ ...USER, suspended: true }, "AKown").disabled, true);
  assert.equal(keyOf({ ...USER, suspended: true }, "AKreader").disabled, true);
  assert.equal(keyOf(USER, "AKwriter").disabled, true);
});

test("compileForeign() takes from the account of the same name what a file says of it", () => {
  const { account } = keyOf(USER, "AKfull", ACCOUNTS);
  assert.equal(networkDecision(account.networks, "192.0.2.1"), "allowed");
  assert.equal(networkDecision(account.networks, "198.51.100.1"), "denied");
  assert.deepEqual(
    account.blockedActions.map(({ text }) => text),
    ["s3:DeleteBucket"],
  );
  assert.deepEqual([...account.tags], [["team", "physics"]]);
});

test("compileForeign() takes a subuser's own networks, and leaves it RGW's tier", () => {
  const { subuser } = keyOf(USER, "AKreader", ACCOUNTS);
  assert(subuser !== undefined);
  assert.equal(networkDecision(subuser.networks, "192.0.2.7"), "allowed");
  assert.equal(networkDecision(subuser.networks, "192.0.2.1"), "denied");
  assert.equal(subuser.tier?.name, "READ");
  assert.equal(subuser.tags.get("team"), "physics");
});

test("compileForeign() prefers the tier of a file, which can only be meant to differ", () => {
  assert.equal(keyOf(USER, "AKrw", ACCOUNTS).subuser?.tier?.name, "READ");
});

test("compileForeign() signs as the upstream that a file has for a tenant's user", () => {
  const key = keyOf({ ...USER, tenant: "T", name: "U" }, "AKown", ACCOUNTS);
  assert.deepEqual(key.account.upstream, { accessKeyId: "AKSTORE", secret: "SKSTORE" });
});

test("compileForeign() knows no key that the user does not have", () => {
  const config = goodConfig({ "gateway.yaml": WITH_CEPH });
  assert.equal(compileForeign(config)(USER, "AKother"), undefined);
});

test("a subuser with neither tier nor keys is only a slip where there is no Ceph", () => {
  const accounts = "accounts:\n  - { name: alice, subusers: [{ name: reader }] }\n";
  const keyed = accounts.replace(
    "name: reader",
    "name: reader, keys: [{ accessKey: A, secretKey: S }]",
  );
  const problems = (gateway: string, text: string): number =>
    problemsOf({ "gateway.yaml": gateway, "accounts.yaml": text }).length;
  assert.equal(problems(WITH_CEPH, accounts), 0);
  assert.equal(problems(GATEWAY, accounts), 1);
  assert.equal(problems(WITH_CEPH, keyed), 1);
});

for (const name of ["a$b$c", "$b", "a$", "a$b:c"]) {
  test(`parseConfig() takes "${name}" for no name of an account`, () => {
    assert.equal(problemsOf({ "accounts.yaml": `accounts: [{ name: "${name}" }]\n` }).length, 1);
  });
}
