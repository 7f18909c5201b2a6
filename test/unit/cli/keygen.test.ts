import assert from "node:assert/strict";
import { test } from "node:test";
import { newKeyPair, runKeygen } from "../../../src/cli/keygen.ts";
import { goodConfig } from "../../support/config.ts";

test("newKeyPair() makes keys of AWS's lengths and letters", () => {
  const { accessKey, secretKey } = newKeyPair();
  assert.match(accessKey, /^[A-Z0-9]{20}$/);
  assert.match(secretKey, /^[A-Za-z0-9+/]{40}$/);
});

test("newKeyPair() makes every letter of an access key equally likely", () => {
  const counts = new Map<string, number>();
  const rounds = 3600;
  for (let i = 0; i < rounds; i++) {
    for (const letter of newKeyPair().accessKey) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  // 2000 of each are expected, with a deviation of 44. Folding a byte by a remainder would make
  // A to D 14 % more frequent than the others, seven times that deviation.
  const expected = (rounds * 20) / 36;
  assert.equal(counts.size, 36);
  for (const [letter, count] of counts) {
    assert.ok(Math.abs(count - expected) < 250, `${letter}: ${count}`);
  }
});

test("runKeygen() prints pairs that an accounts file takes", () => {
  let out = "";
  const code = runKeygen(
    { count: 3 },
    { stdout: (text) => void (out += text), stderr: () => assert.fail("Nothing to complain of") },
  );
  const accounts = `accounts:\n- name: a\n  keys:\n${out.replaceAll(/^/gm, "  ").trimEnd()}\n`;
  const { accounts: parsed } = goodConfig({ "accounts.yaml": accounts });
  assert.equal(new Set(parsed[0]?.keys.map(({ accessKey }) => accessKey)).size, 3);
  assert.equal(code, 0);
});

test("runKeygen() prints sealing keys that sts.keys takes, each another", () => {
  let out = "";
  const terminal = { stdout: (text: string) => void (out += text), stderr: () => {} };
  assert.equal(runKeygen({ count: 2, sealing: true }, terminal), 0);
  const secrets = out.trim().split("\n");
  assert.equal(new Set(secrets).size, 2);
  const keys = secrets.map((secret, i) => ({ id: `k${i}`, secret }));
  const gateway = `upstream: { endpoints: ["http://store:7480"] }
identities: [{ accounts: accounts.yaml }]
sts: { keys: ${JSON.stringify(keys)} }
`;
  assert.deepEqual(goodConfig({ "gateway.yaml": gateway }).sealing, keys);
});
