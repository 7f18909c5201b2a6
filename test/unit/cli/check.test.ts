import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { runCheck } from "../../../src/cli/check.ts";
import { loadConfig } from "../../../src/life/load.ts";
import { ran } from "../../support/terminal.ts";

const dir = mkdtempSync(join(tmpdir(), "s3warden-"));
after(() => rmSync(dir, { recursive: true }));

/** Writes `text` to a file of the test's folder and gives its path. */
function file(name: string, text: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

async function check(config: string) {
  return ran((terminal) => runCheck({ config }, terminal));
}

const UPSTREAM = 'upstream: { endpoints: ["http://a", "http://b"], store: ceph }\n';

test("runCheck() counts what a good configuration has", async () => {
  const { code, out, err } = await check("config/gateway.yaml");
  assert.equal(out, "Configuration is good: 1 account, 1 subuser, 2 keys, 1 endpoint\n");
  // Who may read the files of a checkout is not the checkout's matter.
  assert.doesNotMatch(err, /warning|problem/);
  assert.equal(code, 0);
});

test("runCheck() notes what a good configuration could do better, and says no secret", async () => {
  const secret = "a-secret-that-is-long-enough";
  const accounts = {
    accounts: [
      { name: "lab", keys: [{ accessKey: "AKLAB", secretKey: secret }] },
      {
        name: "shop",
        upstream: { accessKey: "AKSTORE", secretKey: "minioadmin" },
        keys: [{ accessKey: "AKSHOP", secretKey: "hunter2hunter2x" }],
        subusers: [
          { name: "till", tier: "READ", keys: [{ accessKey: "AKTILL", secretKey: secret }] },
        ],
      },
    ],
  };
  const named = file("noted-accounts.yaml", JSON.stringify(accounts));
  const path = file("noted.yaml", `${UPSTREAM}identities: [{ accounts: ${named} }]\n`);
  chmodSync(named, 0o644);
  chmodSync(path, 0o666);
  const { code, out, err } = await check(path);
  assert.equal(code, 0, err);
  assert.match(out, /^Configuration is good/);
  assert.equal(
    err,
    `note: key AKSHOP of shop: its secret has 15 characters, and can be found by trying
    Make a key with s3warden keygen
note: upstream of shop: its secret has 10 characters, and can be found by trying
    Make a key with s3warden keygen, and give it to the store's user first
note: key AKTILL of shop:till: it has the same secret as key AKLAB of lab
    Give each key a secret of its own
note: file ${path}: everybody can write it
    chmod o-w ${path}
note: file ${named}: has secrets, and everybody on this machine can read it
    chmod o-r ${named}
5 notes
`,
  );
  chmodSync(named, 0o600);
  chmodSync(path, 0o600);
  assert.doesNotMatch((await check(path)).err, /note: file/);
});

test("runCheck() notes who can read a secret, and not who can read its reference", async () => {
  const secret = "a-secret-that-is-long-enough";
  const apart = file("lab.secret", secret);
  const named = file(
    "apart.yaml",
    'accounts: [{ name: lab, keys: [{ accessKey: AKLAB, secretKey: "${file:lab.secret}" }] }]\n',
  );
  const sealing = Buffer.alloc(32, 7).toString("base64url");
  const sts = `sts: { keys: [{ id: "2026-11", secret: "${sealing}" }] }\n`;
  const gateway = `${UPSTREAM}identities: [{ accounts: ${named} }]\n`;
  const path = file("apart-gateway.yaml", gateway);
  for (const one of [apart, named, path]) chmodSync(one, 0o644);
  const noted = async (): Promise<readonly string[]> =>
    [...(await check(path)).err.matchAll(/note: file (\S+): has secrets/g)].map(
      ([, at = ""]) => at,
    );
  assert.deepEqual(await noted(), [apart]);
  writeFileSync(path, gateway + sts);
  assert.deepEqual((await noted()).toSorted(), [path, apart].toSorted());
});

test("runCheck() does not say that nobody can come where a directory knows the keys", async () => {
  const source = '{ http: { url: "http://127.0.0.1:8090/s3" } }';
  const path = file("directory.yaml", `${UPSTREAM}identities: [${source}]\n`);
  chmodSync(path, 0o600);
  const { code, err } = await check(path);
  assert.equal(err, "");
  assert.equal(code, 0);
});

test("runCheck() notes ten of a kind, and how many more there are", async () => {
  const keys = Array.from({ length: 12 }, (_, i) => ({ accessKey: `AK${i}`, secretKey: `s-${i}` }));
  const named = file("many.yaml", JSON.stringify({ accounts: [{ name: "lab", keys }] }));
  chmodSync(named, 0o600);
  const path = file("many-gateway.yaml", `${UPSTREAM}identities: [{ accounts: ${named} }]\n`);
  const { err } = await check(path);
  assert.equal(err.match(/its secret has/g)?.length, 10);
  assert.match(err, /\nnote: 2 more: the same\n {4}Make a key with s3warden keygen\n11 notes\n$/);
});

test("runCheck() prints every problem with place, path, message and remedy", async () => {
  const path = file("bad.yaml", `${UPSTREAM}identities: []\nlistn: {}\nlog: [x]\n`);
  const { code, out, err } = await check(path);
  assert.equal(
    err,
    `${path}:3:1: listn: Unknown key "listn"\n    Did you mean "listen"?\n` +
      `${path}:4:6: log: Expected a map\n2 problems\n`,
  );
  assert.equal(out, "");
  assert.equal(code, 1);
});

test("runCheck() prints every warning and their number, and the configuration is good", async () => {
  const policy = "policy: { tiers: { NONE: [] }, networks: { deny: [0.0.0.0/0] } }";
  const path = file("warned.yaml", `${UPSTREAM}identities: []\n${policy}\n`);
  const { code, out, err } = await check(path);
  assert.equal(
    err,
    `${path}:3:26: policy.tiers.NONE: warning: The tier has no effect: no request needs its actions\n` +
      "    Add actions, or remove the tier\n" +
      `${path}:3:50: policy.networks.deny: warning: The list has every IPv4 address, so it refuses all of them\n` +
      "    Name only the networks to deny\n2 warnings\n" +
      "note: identities: there is no account, no Ceph, no directory and no issuer, so every signed request is refused\n" +
      "    Add an accounts file, a Ceph or a directory\n1 note\n",
  );
  assert.equal(
    out,
    "Configuration is good: 0 accounts, 0 subusers, 0 keys, 2 endpoints\n" +
      "The store is taken for a Ceph 16: see upstream.version\n",
  );
  assert.equal(code, 0);
});

test("runCheck() says which version of Ceph was written", async () => {
  const text = UPSTREAM.replace("store: ceph", 'store: ceph, version: "18.2.7"');
  const { out } = await check(file("version.yaml", `${text}identities: []\n`));
  assert.match(out, /\nThe store is taken for a Ceph 18\.2\.7: see upstream\.version\n$/);
});

test("runCheck() says so if the file is not there", async () => {
  const { code, err } = await check(join(dir, "none.yaml"));
  const path = join(dir, "none.yaml");
  assert.equal(err, `${path}: Cannot read "${path}": no such file\n1 problem\n`);
  assert.equal(code, 1);
});

test("runCheck() says so if the file is a directory or not text", async () => {
  assert.match((await check(dir)).err, /: it is a directory\n/);
  const latin1 = file("latin1.yaml", Buffer.from("a: \xe9", "latin1"));
  assert.match((await check(latin1)).err, /not UTF-8 text\n/);
});

test("loadConfig() takes variables from the environment", () => {
  process.env["S3WARDEN_TEST_REGION"] = "eu-north-1";
  const text = `${UPSTREAM}identities: []\npolicy: { regions: ["\${env:S3WARDEN_TEST_REGION}"] }\n`;
  const { result } = loadConfig(file("env.yaml", text));
  delete process.env["S3WARDEN_TEST_REGION"];
  assert.ok(result.ok);
  assert.deepEqual(result.value.policy.regions, ["eu-north-1"]);
});

test("loadConfig() does not take what every object has for a variable", () => {
  const { result } = loadConfig(
    file("own.yaml", `${UPSTREAM}identities: []\nlog: "\${env:toString}"\n`),
  );
  assert.ok(!result.ok);
  assert.equal(result.error[0]?.message, 'The environment variable "toString" is not set');
});

test("loadConfig() names every file it read, good or bad, so that a reload can watch them", () => {
  const accounts = file("ids.yaml", 'accounts: [{ name: "${file:missing}" }]\n');
  const gateway = file("gateway.yaml", `${UPSTREAM}identities: [{ accounts: ids.yaml }]\n`);
  const { result, files } = loadConfig(gateway);
  assert.equal(result.ok, false);
  assert.deepEqual([...files.keys()], [gateway, accounts, join(dir, "missing")]);
});
