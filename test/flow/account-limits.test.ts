import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Section } from "../support/in-process.ts";
import { headOf, metricOf, OWNER, READER, startFlow, until, UPSTREAM } from "../support/flow.ts";
import type { Flow } from "../support/flow.ts";
import { BOUNDARY, multipart, policyParts } from "../support/forms.ts";
import { codeOf, headerOf, type RawAnswer, type RawClient } from "../support/raw-client.ts";
import { startHttpStore, startRawStore } from "../support/scripted-store.ts";
import { bytesOf, edited, type KeyPair } from "../support/signed.ts";

const OTHER: KeyPair = { accessKey: "AKIAOTHER", secretKey: "theSecretOfTheOther" };

/** The accounts of flow.ts, with limits of their own. */
const accounts = (lab?: Section, reader?: Section): readonly Section[] => [
  {
    name: "lab",
    upstream: UPSTREAM,
    keys: [OWNER],
    ...(lab && { limits: lab }),
    subusers: [{ name: "reader", tier: "READ", keys: [READER], ...(reader && { limits: reader }) }],
  },
  { name: "other", keys: [OTHER] },
];

/** A store that answers at once, or, below `/bucket/held`, when it is told to. */
async function holdingStore(
  t: TestContext,
): Promise<{ readonly endpoint: string; readonly held: (() => void)[]; readonly seen: string[] }> {
  const held: (() => void)[] = [];
  const seen: string[] = [];
  const store = await startHttpStore((request, response) => {
    seen.push(request.url ?? "");
    request.resume();
    if (request.url?.startsWith("/bucket/held") !== true) response.end("ok");
    else held.push(() => response.end("held"));
  });
  t.after(() => store.stop());
  return { endpoint: store.endpoint, held, seen };
}

const limited = (flow: Flow, limit: string): Promise<number | undefined> =>
  metricOf(flow, `limited_total{limit="${limit}"}`);

const told = (answer: RawAnswer): readonly unknown[] => [
  answer.status,
  codeOf(answer),
  headerOf(answer, "retry-after"),
];
const SLOW_DOWN = [503, "SlowDown", "1"];
const OK = [200, "", undefined];

/** Begins a GET that the store holds, on a connection of its own. */
async function holdOne(
  flow: Flow,
  held: readonly unknown[],
  target = "/bucket/held",
): Promise<RawClient> {
  const before = held.length;
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", target)));
  await until(() => held.length > before);
  return client;
}

test("requests beyond an account's rate get SlowDown, and reach no store", async (t) => {
  const store = await holdingStore(t);
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(),
    limits: { requestsPerAccount: 2 },
  });
  const answers: RawAnswer[] = [];
  for (const key of [OWNER, READER, OWNER, READER]) {
    answers.push(await flow.exchange("GET", "/bucket/key", { key }));
  }
  assert.deepEqual(answers.map(told), [OK, OK, SLOW_DOWN, SLOW_DOWN]);
  assert.equal(store.seen.length, 2);
  assert.equal(await limited(flow, "requests_per_account"), 2);
  // Another's limit is another's.
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key", { key: OTHER })), OK);
  const records = await flow.gateway.records(5);
  const record = records.find(({ status }) => status === 503);
  assert.deepEqual(
    [record?.["limit"], record?.["rule"], record?.["gate"], record?.["account"]],
    ["requests_per_account", "limits.requestsPerAccount", undefined, "lab"],
  );
  await pause(600);
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), OK);
});

test("a subuser has a rate of its own, and leaves its account the rest", async (t) => {
  const store = await holdingStore(t);
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(undefined, { requests: 1 }),
    limits: { requestsPerAccount: 1000, requestsPerSubuser: 100 },
  });
  const answers: RawAnswer[] = [];
  for (const key of [READER, READER, OWNER]) {
    answers.push(await flow.exchange("GET", "/bucket/key", { key }));
  }
  assert.deepEqual(answers.map(told), [OK, SLOW_DOWN, OK]);
  assert.equal(await limited(flow, "requests_per_subuser"), 1);
});

test("a wrong signature counts for nobody, and a refusal by a gate counts", async (t) => {
  const store = await holdingStore(t);
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(),
    limits: { requestsPerAccount: 2 },
  });
  const client = await flow.connect();
  const forged = edited(flow.signed("GET", "/bucket/key"), "authorization", (value) => {
    return `${value.slice(0, -4)}0000`;
  });
  for (let i = 0; i < 5; i++) {
    client.write(bytesOf(forged));
    assert.equal(codeOf(await client.answer()), "SignatureDoesNotMatch");
  }
  const denied = await flow.exchange("DELETE", "/bucket/key", { key: READER });
  assert.equal(codeOf(denied), "AccessDenied");
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), OK);
  // What a gate would refuse is told to slow down like anything else, and is no denial then.
  const slow = await flow.exchange("DELETE", "/bucket/key", { key: READER });
  assert.deepEqual(told(slow), SLOW_DOWN);
  assert.equal(await metricOf(flow, 'denials_total{gate="tier",operation="DeleteObject"}'), 1);
});

test("one request is one, whatever it takes to decide and to answer it", async (t) => {
  const store = await holdingStore(t);
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(),
    limits: { requestsPerAccount: 2 },
  });
  const body = "<Delete><Object><Key>a</Key></Object></Delete>";
  for (let i = 0; i < 2; i++) {
    assert.equal((await flow.exchange("POST", "/bucket?delete=", { body })).status, 200);
  }
  assert.deepEqual(told(await flow.exchange("POST", "/bucket?delete=", { body })), SLOW_DOWN);
});

test("requests without credentials share a limit that is no account's", async (t) => {
  const store = await holdingStore(t);
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(),
    policy: { anonymous: "upstream" },
    limits: { requestsPerAccount: 1 },
  });
  const anonymous = async (target: string): Promise<readonly unknown[]> => {
    const client = await flow.connect();
    client.write(`GET ${target} HTTP/1.1\r\nHost: ${flow.gateway.address}\r\n\r\n`);
    return told(await client.answer());
  };
  assert.deepEqual(await anonymous("/bucket/a"), OK);
  assert.deepEqual(await anonymous("/other/b"), SLOW_DOWN);
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), OK);
});

test("requests at a time are limited, and each makes room when it has ended", async (t) => {
  const store = await holdingStore(t);
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(),
    limits: { concurrentRequests: 2, concurrentRequestsPerSubuser: 1 },
  });
  const first = await holdOne(flow, store.held);
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), OK);
  await holdOne(flow, store.held);
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), SLOW_DOWN);
  assert.equal(await limited(flow, "concurrent_requests"), 1);
  store.held[0]?.();
  assert.equal((await first.answer()).body.toString(), "held");
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), OK);
});

test("requests at a time of a subuser are limited apart", async (t) => {
  const store = await holdingStore(t);
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(),
    limits: { concurrentRequestsPerSubuser: 1 },
  });
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", "/bucket/held", { key: READER })));
  await until(() => store.held.length === 1);
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key", { key: READER })), SLOW_DOWN);
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), OK);
  assert.equal(await limited(flow, "concurrent_requests_per_subuser"), 1);
});

/** Every way for a request to end early; afterwards there must be room for exactly one again. */
const ENDINGS: Readonly<Record<string, (flow: Flow, held: (() => void)[]) => Promise<void>>> = {
  "a client that goes away while the store works": async (flow, held) => {
    (await holdOne(flow, held)).break();
  },
  "a client that goes away in the middle of its upload": async (flow) => {
    const client = await flow.connect();
    client.write(headOf(flow, "/bucket/up", 1_000_000));
    client.write(Buffer.alloc(100_000));
    await until(async () => (await metricOf(flow, "requests_in_flight")) === 1);
    client.break();
  },
  "a client that goes away with a request behind one that is served": async (flow, held) => {
    const client = await flow.connect();
    const one = bytesOf(flow.signed("GET", "/bucket/held", { key: OTHER }));
    client.write(Buffer.concat([one, bytesOf(flow.signed("GET", "/bucket/held"))]));
    await until(() => held.length === 2);
    client.break();
  },
  "a body that breaks its promise": async (flow) => {
    const body = "twelve bytes";
    const request = flow.signed("PUT", "/bucket/up", {
      headers: [["content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="]],
      body,
    });
    const client = await flow.connect();
    client.write(bytesOf(request));
    assert.equal(codeOf(await client.answer()), "BadDigest");
  },
  "a document that cannot be read": async (flow) => {
    const answer = await flow.exchange("POST", "/bucket?delete=", { body: "<Delete>" });
    assert.equal(codeOf(answer), "MalformedXML");
  },
};
for (const [ending, end] of Object.entries(ENDINGS)) {
  test(`a request counts no more after ${ending}`, async (t) => {
    const store = await holdingStore(t);
    const flow = await startFlow(t, store.endpoint, {
      accounts: accounts(),
      limits: { concurrentRequests: 1 },
    });
    await end(flow, store.held);
    await until(async () => (await metricOf(flow, "requests_in_flight")) === 0);
    await holdOne(flow, store.held);
    assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), SLOW_DOWN);
  });
}

test("a request counts no more after a store that breaks its answer off", async (t) => {
  const store = await startRawStore((socket) => {
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort");
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(),
    limits: { concurrentRequests: 1 },
  });
  for (let i = 0; i < 3; i++) {
    const answer = await flow.exchange("GET", "/bucket/key");
    assert.deepEqual([answer.status, answer.whole], [200, false]);
  }
});

test("bytes beyond an account's rate, both ways, make its next requests wait", async (t) => {
  const store = await startHttpStore((request, response) => {
    request.resume().once("end", () => response.end(Buffer.alloc(3000)));
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts({ bytes: "2KiB" }),
    limits: { bytesPerAccount: "1GiB" },
  });
  // Sent and received, 6,000 bytes are almost two seconds more than one second's worth.
  const body = Buffer.alloc(3000);
  assert.equal((await flow.exchange("PUT", "/bucket/key", { body })).status, 200);
  const refused = await flow.exchange("GET", "/bucket/key", { key: READER });
  assert.deepEqual(told(refused), [503, "SlowDown", "2"]);
  assert.equal(await limited(flow, "bytes_per_account"), 1);
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key", { key: OTHER })), OK);
  await pause(2000);
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), OK);
});

const raised = [
  ["raising it", [{ bytesPerAccount: "1TiB" }]],
  ["taking it out and putting it back", [{}, { bytesPerAccount: "1KiB" }]],
] as const;
for (const [change, steps] of raised) {
  test(`an account that owes an hour of bytesPerAccount is freed by ${change}`, async (t) => {
    const store = await startHttpStore((_, response) => response.end(Buffer.alloc(4_000_000)));
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint, {
      accounts: accounts(),
      limits: { bytesPerAccount: "1KiB" },
    });
    assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
    assert.equal(codeOf(await flow.exchange("GET", "/bucket/key")), "SlowDown");
    for (const limits of steps) await flow.gateway.reload({ limits });
    assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
  });
}

test("a download that takes more than its account's rate comes whole", async (t) => {
  const size = 5_000_000;
  const store = await startHttpStore((_request, response) => response.end(Buffer.alloc(size)));
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(),
    limits: { bytesPerAccount: "1KiB" },
  });
  const answer = await flow.exchange("GET", "/bucket/key");
  assert.deepEqual([answer.body.length, answer.whole], [size, true]);
  const refused = await flow.exchange("HEAD", "/bucket/key");
  assert.equal(codeOf(refused), "SlowDown");
  // A rate of 1 KiB pays 5 MB off in 4,882 seconds, of which one is the burst.
  assert.ok(Math.abs(Number(headerOf(refused, "retry-after")) - 4882) < 5);
});

test("a reload changes limits for the next request, and keeps what was taken", async (t) => {
  const store = await holdingStore(t);
  const flow = await startFlow(t, store.endpoint, { accounts: accounts() });
  await holdOne(flow, store.held, "/bucket/held/before");
  await flow.gateway.reload({ limits: { concurrentRequests: 1 } });
  // Nobody was watched before.
  await holdOne(flow, store.held);
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), SLOW_DOWN);
  await flow.gateway.reload({ limits: { concurrentRequests: 2 } });
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), OK);
  await holdOne(flow, store.held);
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), SLOW_DOWN);
  await flow.gateway.reload({ accounts: accounts({ concurrentRequests: 3 }), limits: {} });
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), OK);
  await flow.gateway.reload({});
  assert.deepEqual(told(await flow.exchange("GET", "/bucket/key")), OK);
});

test("bodies have a limit of their own, announced plainly or in chunks", async (t) => {
  const store = await holdingStore(t);
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(),
    limits: { bodyBytes: "1KiB", xmlBytes: "1KiB" },
  });
  const put = async (...headers: [string, string][]): Promise<RawAnswer> => {
    const client = await flow.connect();
    client.write(bytesOf(flow.signed("PUT", "/bucket/key", { headers })));
    return client.finalAnswer();
  };
  const large = await put(["x-amz-content-sha256", "UNSIGNED-PAYLOAD"], ["content-length", "1025"]);
  assert.equal(codeOf(large), "EntityTooLarge");
  assert.match(large.body.toString(), /<ProposedSize>1025<.*<MaxSizeAllowed>1024</);
  const chunked = await put(
    ["x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"],
    ["x-amz-decoded-content-length", "1025"],
    ["x-amz-trailer", "x-amz-checksum-crc32"],
    ["content-encoding", "aws-chunked"],
    ["transfer-encoding", "chunked"],
  );
  assert.equal(codeOf(chunked), "EntityTooLarge");
  // What announces no length at all has never been served.
  const endless = await put(
    ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
    ["transfer-encoding", "chunked"],
  );
  assert.equal(codeOf(endless), "MissingContentLength");
  assert.deepEqual(store.seen, []);
  assert.equal(await limited(flow, "body_bytes"), 2);
  const whole = await flow.exchange("PUT", "/bucket/key", { body: Buffer.alloc(1024) });
  assert.equal(whole.status, 200);
});

/** A browser's upload of `bytes` by the owner. */
async function upload(flow: Flow, bytes: number): Promise<RawAnswer> {
  const policy = {
    expiresMs: Date.now() + 60_000,
    conditions: [{ bucket: "bucket" }, { key: "a" }],
  };
  const body = multipart([
    { name: "key", value: "a" },
    ...policyParts(OWNER, flow.scope, policy),
    { name: "file", value: "x".repeat(bytes), filename: "a.txt" },
  ]);
  const client = await flow.connect();
  client.write(
    `POST /bucket HTTP/1.1\r\nHost: ${flow.gateway.address}\r\nContent-Type: multipart/form-data; boundary=${BOUNDARY}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return client.finalAnswer();
}

test("a form counts for its signer, once and with its bytes, and its file is limited", async (t) => {
  const store = await holdingStore(t);
  const flow = await startFlow(t, store.endpoint, {
    accounts: accounts(),
    policy: { anonymous: "upstream" },
    limits: { requestsPerAccount: 3, bytesPerAccount: "4KiB", bodyBytes: "4KiB", xmlBytes: "2KiB" },
  });
  assert.equal((await upload(flow, 100)).status, 204);
  const large = await upload(flow, 4097);
  assert.equal(codeOf(large), "EntityTooLarge");
  assert.equal(store.seen.length, 1);
  const refused = await flow.exchange("GET", "/bucket/key");
  assert.deepEqual([codeOf(refused), await limited(flow, "bytes_per_account")], ["SlowDown", 1]);
});

test("documents have a limit of their own, which metrics count", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9", {
    accounts: accounts(),
    limits: { xmlBytes: "1KiB" },
  });
  const body = `<Delete>${" ".repeat(1024)}</Delete>`;
  const answer = await flow.exchange("POST", "/bucket?delete=", { body });
  assert.equal(codeOf(answer), "MaxMessageLengthExceeded");
  assert.equal(await limited(flow, "xml_bytes"), 1);
});
