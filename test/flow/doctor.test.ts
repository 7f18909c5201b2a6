/** `s3warden doctor` in front of stores, a Ceph and a folder that are as well or ill as a test says. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { runDoctor } from "../../src/cli/doctor.ts";
import { writeConfig } from "../support/config-files.ts";
import { sendJson, startIssuer } from "../support/issuer.ts";
import { freePorts } from "../support/ports.ts";
import { startScriptedCeph, userWith } from "../support/scripted-ceph.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { ran } from "../support/terminal.ts";
import { makeKey, publicJwk } from "../support/tokens.ts";

const UPSTREAM = { accessKey: "AKIASTORE", secretKey: "theSecretAtTheStore" };
const LAB = {
  name: "lab",
  upstream: UPSTREAM,
  keys: [{ accessKey: "AKIALAB", secretKey: "theSecretOfLab00" }],
};
const BUCKETS = "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>";

type Line = {
  readonly state: string;
  readonly about: string;
  readonly text: string;
  readonly remedy?: string;
};

/** What the doctor says, by what it is about. */
async function examined(config: string): Promise<{ code: number; lines: readonly Line[] }> {
  const { code, out } = await ran((terminal) => runDoctor({ config, json: true }, terminal));
  const lines = out.split("\n").filter((line) => line !== "");
  return { code, lines: lines.map((line): Line => JSON.parse(line)) };
}

function about(lines: readonly Line[], start: string): Line {
  const found = lines.find((line) => line.about.startsWith(start));
  assert(found !== undefined, `${start} is not among ${JSON.stringify(lines)}`);
  return found;
}

/** A store that answers whoever signs with `code`; undefined: with a list of buckets. */
function startStore(code?: string, dateMs?: number): ReturnType<typeof startHttpStore> {
  return startHttpStore((request, response) => {
    if (dateMs !== undefined) response.setHeader("date", new Date(dateMs).toUTCString());
    const isSigned = request.headers.authorization !== undefined;
    if (isSigned && code === undefined) return void response.end(BUCKETS);
    response.writeHead(403).end(`<Error><Code>${code ?? "AccessDenied"}</Code></Error>`);
  });
}

test("doctor finds nothing wrong with a store that knows the credential", async (t) => {
  const store = await startStore();
  t.after(() => store.stop());
  const config = writeConfig({ upstream: store.endpoint, accounts: [LAB] });
  chmodSync(config, 0o600);
  chmodSync(join(dirname(config), "accounts.yaml"), 0o600);
  const { code, lines } = await examined(config);
  assert.equal(code, 0);
  assert.match(about(lines, `store ${store.endpoint}`).text, /^answers in \d+ ms$/);
  assert.equal(about(lines, "account lab: upstream AKIASTORE").state, "ok");
  assert.equal(about(lines, "files").state, "ok");
  assert(["ok", "warning"].includes(about(lines, "memory").state));
  assert.match(about(lines, "memory").text, / may be needed for 1 identity$/);
  const { out } = await ran((terminal) => runDoctor({ config }, terminal));
  assert.match(out, /^ok {7}account lab: upstream AKIASTORE: the store knows it$/m);
  assert(!out.includes(UPSTREAM.secretKey));
});

for (const [code, remedy] of [
  ["InvalidAccessKeyId", /no such access key/],
  ["SignatureDoesNotMatch", /secret is another/],
  ["RequestTimeTooSkewed", /clocks differ/],
] as const) {
  test(`doctor says what to do where the store answers ${code}`, async (t) => {
    const store = await startStore(code);
    t.after(() => store.stop());
    const config = writeConfig({ upstream: store.endpoint, accounts: [LAB] });
    const { code: exit, lines } = await examined(config);
    assert.equal(exit, 1);
    const line = about(lines, "account lab");
    assert.deepEqual([line.state, line.text], ["problem", `the store answers 403 ${code}`]);
    assert.match(line.remedy ?? "", remedy);
  });
}

test("doctor reports a store that does not answer, and a clock that is wrong", async (t) => {
  const store = await startStore(undefined, Date.now() - 3_600_000);
  t.after(() => store.stop());
  const gone = await startStore();
  await gone.stop();
  const upstream = [gone.endpoint, store.endpoint];
  const { code, lines } = await examined(writeConfig({ upstream, accounts: [LAB] }));
  assert.equal(code, 1);
  assert.match(about(lines, `store ${gone.endpoint}`).text, /^no answer: .*ECONNREFUSED/);
  const clock = lines.findLast((line) => line.about === `store ${store.endpoint}`);
  assert.equal(clock?.state, "problem");
  assert.match(clock.text, /^its clock is 36\d\d s from this one/);
  assert.equal(about(lines, "account lab").state, "ok");
});

test("doctor reports a Ceph that refuses the gateway's own user, and one that does not answer", async (t) => {
  const store = await startStore();
  t.after(() => store.stop());
  const ceph = await startScriptedCeph();
  t.after(() => ceph.stop());
  const config = writeConfig({ upstream: store.endpoint, accounts: [LAB], ceph: [ceph.source] });
  const source = `identities ${ceph.endpoint}`;
  assert.equal(about((await examined(config)).lines, source).text, 'the user "gw" may read users');
  ceph.everything = { kind: "nobody" };
  const refused = about((await examined(config)).lines, source);
  assert.equal(refused.state, "problem");
  assert.match(refused.remedy ?? "", /caps add .* --caps="users=read"$/);
  ceph.everything = userWith("somebody-else", {
    accessKey: "AKIAELSE",
    secretKey: "anothersSecret",
  });
  assert.match(about((await examined(config)).lines, source).text, /^no answer: .*another user$/);
});

test("doctor reports files that others can read or write, and a folder of state that is a file", async (t) => {
  const store = await startStore();
  t.after(() => store.stop());
  const config = writeConfig({
    upstream: store.endpoint,
    accounts: [LAB],
    state: { directory: "state" },
    policy: { bucketPolicies: "gateway" },
  });
  const folder = dirname(config);
  const accounts = join(folder, "accounts.yaml");
  chmodSync(accounts, 0o644);
  chmodSync(config, 0o602);
  writeFileSync(join(folder, "state"), "");
  const { code, lines } = await examined(config);
  assert.equal(code, 1);
  assert.deepEqual(
    [about(lines, `file ${accounts}`).state, about(lines, `file ${config}`).state],
    ["warning", "problem"],
  );
  assert.equal(about(lines, "state ").state, "problem");
});

test("doctor reports a directory of formSpool that is missing, is a file, or lacks the room", async (t) => {
  const store = await startStore();
  t.after(() => store.stop());
  const spoolWith = async (bytes: string, make: (path: string) => void): Promise<Line> => {
    const formSpool = { directory: "spool", bytes };
    const config = writeConfig({ upstream: store.endpoint, accounts: [LAB], formSpool });
    make(join(dirname(config), "spool"));
    return about((await examined(config)).lines, "formSpool ");
  };
  const missing = await spoolWith("1MiB", () => {});
  assert.equal(missing.state, "problem");
  assert.match(missing.text, /ENOENT/);
  const file = await spoolWith("1MiB", (path) => writeFileSync(path, ""));
  assert.equal(file.state, "problem");
  assert.match(file.text, /ENOTDIR/);
  assert.equal((await spoolWith("64TiB", (path) => mkdirSync(path))).state, "warning");
  const left: string[] = [];
  const good = await spoolWith("1MiB", (path) => {
    mkdirSync(path);
    left.push(path);
  });
  assert.equal(good.state, "ok");
  assert.deepEqual(
    left.flatMap((path) => readdirSync(path)),
    [],
  );
});

test("doctor uses a folder of state and leaves nothing in it", async (t) => {
  const store = await startStore();
  t.after(() => store.stop());
  const accounts = [LAB];
  const config = writeConfig({
    upstream: store.endpoint,
    accounts,
    state: { directory: "state" },
    policy: { bucketPolicies: "gateway" },
  });
  mkdirSync(join(dirname(config), "state"));
  assert.equal(about((await examined(config)).lines, "state ").state, "ok");
  assert.deepEqual(readdirSync(join(dirname(config), "state")), []);
});

test("doctor of a configuration that is not good says why and exits 2", async () => {
  const { code, err } = await ran((terminal) => runDoctor({ config: "/none.yaml" }, terminal));
  assert.equal(code, 2);
  assert.match(err, /Cannot read "\/none.yaml"/);
});

test("doctor asks each issuer of tokens for its keys", async (t) => {
  const store = await startStore();
  t.after(() => store.stop());
  const key = publicJwk(makeKey("a", "ES256", "P-256"));
  const good = await startIssuer(t, [key]);
  const empty = await startIssuer(t, []);
  const other = await startIssuer(t, [key]);
  other.answer = (_, response) => sendJson(response, { issuer: good.url, jwks_uri: good.url });
  const [port = 0] = await freePorts(1);
  const of = (name: string, url: string): object => ({ name, url, audiences: ["s3"] });
  const config = writeConfig({
    upstream: store.endpoint,
    accounts: [LAB],
    files: { "keys.json": JSON.stringify({ keys: [key] }) },
    issuers: [
      { ...of("good", good.url) },
      { ...of("empty", empty.url) },
      { ...of("other", other.url) },
      { ...of("gone", `http://127.0.0.1:${port}`) },
      { ...of("filed", "https://idp.example.org"), jwks: "keys.json" },
    ],
  });
  const { code, lines } = await examined(config);
  assert.equal(code, 1);
  assert.deepEqual(about(lines, "issuer good"), {
    state: "ok",
    about: "issuer good",
    text: "has 1 key",
  });
  assert.equal(about(lines, "issuer filed").text, "has 1 key in its file");
  assert.match(about(lines, "issuer other").text, /speaks for another issuer/);
  assert.match(about(lines, "issuer gone").text, /ECONNREFUSED/);
  for (const name of ["empty", "other", "gone"]) {
    const { state, remedy } = about(lines, `issuer ${name}`);
    assert.equal(state, "problem");
    assert.match(remedy ?? "", /name a jwks file/);
  }
});
