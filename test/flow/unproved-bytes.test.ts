/**
 * What is held of requests that nobody has proved or decided: only what a decision needs, within one
 * limit for the process, and given back whatever becomes of the request.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { metricOf, OWNER, READER, startFlow, until, type Flow } from "../support/flow.ts";
import { BOUNDARY, multipart, policyParts, type Part } from "../support/forms.ts";
import type { InProcessOptions } from "../support/in-process.ts";
import { codeOf, headerOf, type RawClient } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf, type KeyPair } from "../support/signed.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

type Site = Flow & { readonly stored: readonly number[] };

/** A store that takes everything, and how many bytes each upload had. */
async function site(t: TestContext, options: Partial<InProcessOptions> = {}): Promise<Site> {
  const stored: number[] = [];
  const { endpoint, stop } = await startHttpStore((request, response) => {
    let bytes = 0;
    request.on("data", (piece: Buffer) => (bytes += piece.length));
    request.on("end", () => {
      stored.push(bytes);
      response.setHeader("etag", '"e"').end();
    });
  });
  t.after(stop);
  return { ...(await startFlow(t, endpoint, options)), stored };
}

/** A form's request; of `key` undefined it has no policy. */
function formOf(
  { gateway, scope }: Flow,
  key: KeyPair | undefined,
  content: string,
  more: readonly Part[] = [],
): Buffer {
  const conditions = [{ bucket: "bucket" }, ["starts-with", "$key", ""]];
  const expiresMs = Date.now() + 600_000;
  const policy = key === undefined ? [] : policyParts(key, scope, { expiresMs, conditions });
  const file = { name: "file", value: content, filename: "a.txt" };
  const body = Buffer.from(multipart([{ name: "key", value: "k" }, ...policy, ...more, file]));
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

const held = (flow: Flow): Promise<number | undefined> => metricOf(flow, "unproved_bytes");

/** A client that sends all of `bytes` but the last. */
async function withholding(flow: Flow, bytes: Buffer): Promise<RawClient> {
  const client = await flow.connect();
  client.write(bytes.subarray(0, -1));
  return client;
}

const UNWANTED: readonly (readonly [string, KeyPair | undefined, string])[] = [
  ["nobody's", undefined, "AccessDenied"],
  ["an unknown key's", { accessKey: "AKIAUNKNOWN", secretKey: "none" }, "InvalidAccessKeyId"],
  ["one with a wrong signature", { ...OWNER, secretKey: "wrong" }, "SignatureDoesNotMatch"],
  ["one of a key that may only read", READER, "AccessDenied"],
];
for (const [whose, key, code] of UNWANTED) {
  test(`a form that is ${whose} is refused before its file has come, and nothing of it is held`, async (t) => {
    const flow = await site(t);
    const bytes = formOf(flow, key, "x".repeat(MIB));
    for (let i = 0; i < 40; i++) {
      const client = await withholding(flow, bytes);
      assert.equal(codeOf(await client.answer()), code);
    }
    await until(async () => (await held(flow)) === 0);
    assert.deepEqual(flow.stored, []);
  });
}

test("a form's file is held only when its form may store it, and is stored when it is whole", async (t) => {
  const flow = await site(t);
  const bytes = formOf(flow, OWNER, "x".repeat(MIB));
  const client = await withholding(flow, bytes);
  await until(async () => ((await held(flow)) ?? 0) > MIB);
  assert.deepEqual(flow.stored, []);
  client.write(bytes.subarray(-1));
  assert.equal((await client.answer()).status, 204);
  assert.deepEqual([flow.stored, await held(flow)], [[MIB], 0]);
});

test("a request beyond limits.unprovedBytes gets SlowDown, and those that were held go on", async (t) => {
  const flow = await site(t, { limits: { unprovedBytes: "1MiB", xmlBytes: "1MiB" } });
  const bytes = formOf(flow, OWNER, "x".repeat(700 * KIB));
  const first = await withholding(flow, bytes);
  await until(async () => ((await held(flow)) ?? 0) > 700 * KIB);
  for (let i = 0; i < 3; i++) {
    const refused = await (await withholding(flow, bytes)).answer();
    assert.deepEqual(
      [refused.status, codeOf(refused), headerOf(refused, "retry-after")],
      [503, "SlowDown", "1"],
    );
  }
  assert.equal(await metricOf(flow, 'limited_total{limit="unproved_bytes"}'), 3);
  // What holds nothing is served meanwhile.
  assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
  first.write(bytes.subarray(-1));
  assert.equal((await first.answer()).status, 204);
  const records = await flow.gateway.records(5);
  const limits = records.map(({ limit, rule }) => [limit, rule]);
  assert.deepEqual(limits[1], ["unproved_bytes", "limits.unprovedBytes"]);
  assert.equal(await held(flow), 0);
  const next = await flow.connect();
  next.write(bytes);
  assert.equal((await next.answer()).status, 204);
});

test("a lower limit holds after a reload", async (t) => {
  const flow = await site(t);
  await flow.gateway.reload({ limits: { unprovedBytes: "1MiB", xmlBytes: "1MiB" } });
  const bytes = formOf(flow, OWNER, "x".repeat(600 * KIB));
  await withholding(flow, bytes);
  await until(async () => ((await held(flow)) ?? 0) > 600 * KIB);
  assert.equal(codeOf(await (await withholding(flow, bytes)).answer()), "SlowDown");
});

const DOCUMENT = `<Delete><Object><Key>${"k".repeat(900)}</Key></Object></Delete>`;

/** Requests of which a part is held while the rest is withheld, from the least to nearly all. */
const HELD: readonly (readonly [string, (flow: Flow) => Buffer])[] = [
  ["a form", (flow) => formOf(flow, OWNER, "x".repeat(300 * KIB))],
  ["a large form", (flow) => formOf(flow, OWNER, "x".repeat(3 * MIB))],
  ["a form of nobody", (flow) => formOf(flow, undefined, "x".repeat(300 * KIB))],
  ["a document", (flow) => bytesOf(flow.signed("POST", "/bucket?delete", { body: DOCUMENT }))],
  [
    "a small upload",
    (flow) => bytesOf(flow.signed("PUT", "/bucket/k", { body: Buffer.alloc(9_000, 1) })),
  ],
  [
    "a policy",
    (flow) => bytesOf(flow.signed("PUT", "/bucket?policy", { body: Buffer.alloc(9_000, 1) })),
  ],
];

for (const [what, bytes] of HELD) {
  test(`nothing of ${what} stays held if its client breaks off, wherever it does`, async (t) => {
    const flow = await site(t);
    const all = bytes(flow);
    const head = all.indexOf("\r\n\r\n") + 4;
    const cuts = [0, 1, 40, 200, 500, 900, 1_400, 5_000, 250_000, 2_500_000, all.length - head - 1];
    for (const cut of cuts) {
      if (head + cut >= all.length) continue;
      const client = await flow.connect();
      client.write(all.subarray(0, head + cut));
      // Either at once, or when the gateway has begun with it, or has refused it.
      const begun = async (): Promise<boolean> =>
        client.pending.length > 0 || ((await metricOf(flow, "requests_in_flight")) ?? 0) > 0;
      if (cut % 2 === 0) await until(begun);
      client.break();
    }
    await until(async () => (await metricOf(flow, "requests_in_flight")) === 0);
    assert.equal(await held(flow), 0);
    assert.deepEqual(flow.stored, []);
    assert.deepEqual(flow.gateway.errors, [], "a client that leaves is no fault of the gateway");
    assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
  });
}

test("a form with hundreds of fields is refused within what fields may take", async (t) => {
  const flow = await site(t);
  for (const count of [100, 1_000]) {
    const more = Array.from({ length: count }, (_, i) => ({ name: `x-ignore-${i}`, value: "v" }));
    const client = await withholding(flow, formOf(flow, OWNER, "x".repeat(MIB), more));
    if (count === 100) {
      await until(async () => ((await held(flow)) ?? 0) > MIB);
      client.destroy();
    } else assert.equal(codeOf(await client.answer()), "MaxPostPreDataLengthExceededError");
  }
  await until(async () => (await held(flow)) === 0);
});

test("a policy on the length of an upload holds for forms", async (t) => {
  const deny = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "s3:*", Resource: "*" },
      {
        Effect: "Deny",
        Action: "s3:PutObject",
        Resource: "*",
        Condition: { NumericGreaterThan: { "gw:ContentLength": "1000" } },
      },
    ],
  };
  const keys = [OWNER];
  const accounts = [{ name: "lab", upstream: OWNER, keys, policies: ["p.json"] }];
  const flow = await site(t, { accounts, files: { "p.json": JSON.stringify(deny) } });
  const post = async (content: string): Promise<string | number> => {
    const client = await flow.connect();
    client.write(formOf(flow, OWNER, content));
    const answer = await client.answer();
    return codeOf(answer) || answer.status;
  };
  assert.equal(await post("x".repeat(1_000)), 204);
  assert.equal(await post("x".repeat(1_001)), "AccessDenied");
  assert.equal(await post("x".repeat(3 * MIB)), "AccessDenied");
  assert.deepEqual(flow.stored, [1_000]);
});
