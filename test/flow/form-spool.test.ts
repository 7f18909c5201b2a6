/** Large files of forms with fields behind them: held on disk, and nothing else reaches the store. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { metricOf, OWNER, startFlow, until, UPSTREAM, type Flow } from "../support/flow.ts";
import { BOUNDARY, multipart, policyParts, type Part } from "../support/forms.ts";
import { codeOf } from "../support/raw-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf, type KeyPair } from "../support/signed.ts";

const FILE = "\r\n--not the boundary\r\n".repeat(100_000);
/** The key of an account besides the owner's. */
const OTHER: KeyPair = { accessKey: "AKIAOTHER", secretKey: "theSecretOfTheOther" };
const BUTTON: Part = { name: "submit", value: "Upload" };

type Site = Flow & {
  readonly folder: string;
  /** Line and body of each request. */
  readonly stored: readonly (readonly [line: string, body: string])[];
};

async function site(
  t: TestContext,
  bytes = "10MiB",
  folder = ".",
  more: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const stored: [string, string][] = [];
  const { endpoint, stop } = await startHttpStore((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const line = `${request.method} ${request.url}`;
      stored.push([line, Buffer.concat(pieces).toString("latin1")]);
      response.setHeader("etag", '"e"').end();
    });
  });
  t.after(stop);
  const scratch = scratchFolder("form-spool");
  const formSpool = { directory: join(scratch, folder), bytes, ...more };
  const accounts = [
    { name: "lab", upstream: UPSTREAM, keys: [OWNER] },
    { name: "other", upstream: { ...UPSTREAM, accessKey: "AKIAUPSTREAM2" }, keys: [OTHER] },
  ];
  const limits = { unprovedBytes: "2MiB" };
  const flow = await startFlow(t, endpoint, { formSpool, accounts, limits });
  return { ...flow, folder: scratch, stored };
}

/** A form with `behind` after its file, signed by the owner or by `by`. */
function formOf(
  { gateway, scope }: Flow,
  file: string,
  behind: readonly Part[],
  by: KeyPair = OWNER,
): Buffer {
  const conditions = [{ bucket: "bucket" }, ["starts-with", "$key", "up/"]];
  const policy = policyParts(by, scope, { expiresMs: Date.now() + 600_000, conditions });
  const key = { name: "key", value: "up/k" };
  const last = { name: "file", value: file, filename: "a" };
  const body = Buffer.from(multipart([key, ...policy, last, ...behind]));
  return bytesOf({
    method: "POST",
    target: "/bucket",
    headers: [
      ["host", gateway.address],
      ["content-type", `multipart/form-data; boundary=${BOUNDARY}`],
      ["content-length", String(body.length)],
    ],
    body,
  });
}

async function sent(flow: Flow, bytes: Buffer): Promise<string | number> {
  const client = await flow.connect();
  client.write(bytes);
  const answer = await client.answer();
  return codeOf(answer) || answer.status;
}

const spooled = (flow: Flow): Promise<number | undefined> => metricOf(flow, "form_spool_bytes");

test("fields after a large file are ignored, and only the file reaches the store", async (t) => {
  const flow = await site(t);
  const evil = [BUTTON, { name: "key", value: "evil" }, { name: "acl", value: "public-read" }];
  assert.equal(await sent(flow, formOf(flow, FILE, evil)), 204);
  assert.deepEqual(flow.stored, [["PUT /bucket/up/k", FILE]]);
  assert.deepEqual(readdirSync(flow.folder), []);
  await until(async () => (await spooled(flow)) === 0);
});

test("a large file without anything after it is stored the same", async (t) => {
  const flow = await site(t);
  assert.equal(await sent(flow, formOf(flow, FILE, [])), 204);
  assert.deepEqual(flow.stored, [["PUT /bucket/up/k", FILE]]);
});

test("a second file after a large one is refused, and nothing is stored", async (t) => {
  const flow = await site(t);
  const second = { name: "file", value: "y", filename: "b" };
  assert.equal(await sent(flow, formOf(flow, FILE, [second])), "InvalidArgument");
  assert.deepEqual(flow.stored, []);
  await until(async () => (await spooled(flow)) === 0);
});

test("a client that leaves while its file is written leaves nothing on the disk", async (t) => {
  const flow = await site(t);
  const client = await flow.connect();
  client.write(formOf(flow, FILE, [BUTTON]).subarray(0, -1));
  await until(async () => ((await spooled(flow)) ?? 0) > 2_000_000);
  assert.deepEqual(readdirSync(flow.folder), []);
  client.destroy();
  await until(async () => (await spooled(flow)) === 0);
  assert.deepEqual(flow.stored, []);
});

test("a form beyond formSpool.bytes gets SlowDown, and small ones are served", async (t) => {
  const flow = await site(t, "1MiB");
  assert.equal(await sent(flow, formOf(flow, FILE, [BUTTON])), "SlowDown");
  assert.equal(await metricOf(flow, 'limited_total{limit="form_spool"}'), 1);
  assert.equal(await sent(flow, formOf(flow, "small", [BUTTON])), 204);
  const [refused] = await flow.gateway.records(2);
  assert.deepEqual([refused?.limit, refused?.rule], ["form_spool", "formSpool.bytes"]);
});

test("an account has a half of formSpool.bytes at most, and the rest is for others", async (t) => {
  const flow = await site(t, "10MiB");
  const whole = formOf(flow, FILE, [BUTTON]);
  const clients = await Promise.all([flow.connect(), flow.connect()]);
  for (const client of clients) client.write(whole.subarray(0, -1));
  await until(async () => ((await spooled(flow)) ?? 0) > 2 * FILE.length - 1_000);
  assert.equal(await sent(flow, whole), "SlowDown");
  assert.equal(await metricOf(flow, 'limited_total{limit="form_spool_per_account"}'), 1);
  const [refused] = await flow.gateway.records(1);
  const { limit, rule, account } = refused ?? {};
  assert.deepEqual(
    { limit, rule, account },
    { limit: "form_spool_per_account", rule: "formSpool.bytesPerAccount", account: "lab" },
  );
  assert.equal(await sent(flow, formOf(flow, FILE, [BUTTON], OTHER)), 204);
  for (const client of clients) client.destroy();
  await until(async () => (await spooled(flow)) === 0);
  assert.equal(await sent(flow, whole), 204);
});

test("a form that says to be larger than bytesPerAccount takes none of it", async (t) => {
  const flow = await site(t, "10MiB", ".", { bytesPerAccount: "1MiB" });
  const whole = formOf(flow, FILE, [BUTTON]);
  const client = await flow.connect();
  client.write(whole.subarray(0, whole.indexOf("--not the boundary")));
  assert.equal(codeOf(await client.answer()), "SlowDown");
  assert.equal(await metricOf(flow, 'limited_total{limit="form_spool_per_account"}'), 1);
  assert.equal(await spooled(flow), 0);
});

test("a form that says to be larger than formSpool.bytes takes none of it", async (t) => {
  const flow = await site(t, "1MiB");
  const whole = formOf(flow, FILE, [BUTTON]);
  const fields = whole.subarray(0, whole.indexOf("--not the boundary"));
  const client = await flow.connect();
  client.write(fields);
  assert.equal(codeOf(await client.answer()), "SlowDown");
  assert.equal(await spooled(flow), 0);
});

test("without its folder a large form is ServiceUnavailable, and the audit log says why", async (t) => {
  const flow = await site(t, "10MiB", "missing");
  assert.equal(await sent(flow, formOf(flow, FILE, [BUTTON])), "ServiceUnavailable");
  const [refused] = await flow.gateway.records(1);
  assert.equal(refused?.rule, "formSpool: ENOENT");
});

test("a reload switches formSpool off and on", async (t) => {
  const flow = await site(t);
  const { folder } = flow;
  await flow.gateway.reload({ formSpool: undefined });
  assert.equal(await sent(flow, formOf(flow, FILE, [BUTTON])), "MalformedPOSTRequest");
  await flow.gateway.reload({ formSpool: { directory: folder } });
  assert.equal(await sent(flow, formOf(flow, FILE, [BUTTON])), 204);
  assert.deepEqual(flow.stored, [["PUT /bucket/up/k", FILE]]);
});
