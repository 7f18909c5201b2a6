import assert from "node:assert/strict";
import { request } from "node:http";
import { test, type TestContext } from "node:test";
import { text as textOf } from "node:stream/consumers";
import { startRecordingStore } from "../stores/recording.ts";
import { OWNER, READER, startFlow, UPSTREAM, until, type Flow } from "../support/flow.ts";

type Got = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
};

/** From the admin port. Unlike fetch(), it sends any Host and Origin. */
async function get(
  flow: Flow,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<Got> {
  const url = `http://${flow.gateway.adminAddress}${path}`;
  const sent = request(url, { headers, method, agent: false });
  return new Promise((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", (response) => {
      const { statusCode = 0, headers: fields } = response;
      textOf(response).then(
        (body) => resolve({ status: statusCode, headers: fields, body }),
        reject,
      );
    });
    sent.end();
  });
}

function asked(query: Readonly<Record<string, string>>): string {
  return `/?${new URLSearchParams(query).toString()}`;
}

async function start(t: TestContext): Promise<Flow> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  return startFlow(t, store.endpoint);
}

test("GET / shows what was refused to whom, and why", async (t) => {
  const flow = await start(t);
  await flow.exchange("GET", "/photos/seen.jpg");
  await flow.exchange("DELETE", "/photos/%3Cscript%3Ealert(1)%3C%2Fscript%3E", { key: READER });
  await flow.gateway.records(2);
  const { status, headers, body } = await get(flow, "/");
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "text/html; charset=utf-8");
  for (const expected of [
    "lab:reader",
    "DeleteObject",
    "photos/&lt;script&gt;alert(1)&lt;/script&gt;",
    "lab:reader: READ",
    ">ready<",
    "AccessDenied",
  ]) {
    assert(body.includes(expected), expected);
  }
  assert(!body.includes("seen.jpg"), "only denials are shown");
});

test("GET / may run nothing, load nothing and be framed by nobody", async (t) => {
  const flow = await start(t);
  const { headers } = await get(flow, "/");
  const policy = String(headers["content-security-policy"]);
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src 'self'; /);
  assert.match(policy, /form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/);
  assert.deepEqual(
    [
      "x-content-type-options",
      "referrer-policy",
      "cache-control",
      "cross-origin-resource-policy",
    ].map((name) => headers[name]),
    ["nosniff", "no-referrer", "no-store", "same-origin"],
  );
});

test("GET /status.json returns the same as data", async (t) => {
  const flow = await start(t);
  const idle = await flow.connect();
  await flow.exchange("PUT", "/photos/new", { key: READER, body: "x" });
  const [record] = await flow.gateway.records(1);
  const { headers, body } = await get(flow, "/status.json");
  assert.equal(headers["content-type"], "application/json");
  const status: Record<string, unknown> = JSON.parse(body);
  const { activity, config, endpoints, processes } = {
    activity: { denials: [{ requestId: "" }], minutes: [{ outcomes: {}, denials: {} }] },
    config: { generation: 0 },
    endpoints: [{ up: false }],
    processes: [{ pid: 0, connections: 0 }],
    ...status,
  };
  assert.equal(activity.denials[0]?.requestId, record?.["requestId"]);
  const refused = activity.minutes.filter(({ denials }) => "tier" in denials);
  assert.deepEqual(
    refused.map(({ denials }) => denials),
    [{ tier: 1 }],
  );
  assert.equal(config.generation, 1);
  assert.deepEqual(
    endpoints.map(({ up }) => up),
    [true],
  );
  assert.deepEqual(
    processes.map(({ pid }) => pid),
    [process.pid],
  );
  assert((processes[0]?.connections ?? 0) >= 1, "the open connection is counted");
  idle.destroy();
  await until(async () => /"connections":0/.test((await get(flow, "/status.json")).body));
});

test("the form of explain is answered by the code of the command", async (t) => {
  const flow = await start(t);
  const ask = async (query: Record<string, string>): Promise<string> =>
    (await get(flow, asked(query))).body;
  const denied = await ask({ as: "lab:reader", request: "DELETE /photos/k" });
  assert.match(denied, /<b>Denied<\/b>/);
  assert(denied.includes("The tier READ of this key does not include s3:DeleteObject"));
  assert.match(await ask({ as: "lab", request: "DELETE /photos/k" }), /<b>Allowed<\/b>/);
  assert.match(await ask({ anonymous: "on", request: "GET /photos/k" }), /<b>Denied<\/b>/);
  const wrong = await ask({ as: '"><script>', request: "GET /" });
  assert(wrong.includes("Nobody with a key is called &quot;&quot;&gt;&lt;script&gt;&quot;"));
  assert(!wrong.includes("<script>"));
});

const junk = [
  ["ip", "not an address"],
  ["at", "soon"],
  ["request", "\u0000 \u0000"],
  ["request", "GET /%zz"],
  ["header", "no colon\nand: one"],
  ["header", "x-amz-date: 2020\nauthorization: x"],
  ["resource", "*"],
] as const;
for (const [name, value] of junk) {
  test(`the form of explain has an answer to ${name} ${JSON.stringify(value)}`, async (t) => {
    const flow = await start(t);
    const query = { as: "lab", request: "GET /b/k", [name]: value };
    const { status, body } = await get(flow, asked(query));
    assert.equal(status, 200);
    assert.match(body, /<b>(?:Denied|Allowed|Cannot say\.)<\/b>/);
  });
}

test("nothing of the admin port shows a secret", async (t) => {
  const flow = await start(t);
  await flow.exchange("GET", "/photos/k");
  await flow.exchange("GET", "/photos/k", { key: { ...READER, secretKey: "wrong" } });
  const presigned = "/photos/k?X-Amz-Signature=abcdef&X-Amz-Security-Token=tokenOfTheClient";
  await flow.exchange("GET", presigned, { key: READER });
  const sse = ["x-amz-server-side-encryption-customer-key", "c2VjcmV0S2V5T2ZUaGVDbGllbnQ"] as const;
  await flow.exchange("PUT", "/photos/k", { key: READER, headers: [sse], body: "x" });
  await flow.gateway.records(4);
  const explain = asked({ as: "lab", request: "GET /b/k" });
  for (const path of ["/", explain, "/status.json", "/metrics"]) {
    const { body } = await get(flow, path);
    for (const { secretKey } of [OWNER, READER, UPSTREAM]) assert(!body.includes(secretKey), path);
    for (const secret of ["abcdef", "tokenOfTheClient", sse[1], UPSTREAM.accessKey]) {
      assert(!body.includes(secret), `${secret} in ${path}`);
    }
    assert.doesNotMatch(body, /Signature=|[0-9a-f]{64}(?!=)/, path);
  }
});

test("a page elsewhere can neither read the status nor drop what was looked up", async (t) => {
  const flow = await start(t);
  const rebound = { host: "evil.example:9090" };
  for (const path of ["/", "/status.json", "/icon.svg", "/nothing", "/metrics"]) {
    assert.equal((await get(flow, path, rebound)).status, 421, path);
    assert.notEqual((await get(flow, path, { host: "localhost" })).status, 421, path);
  }
  for (const path of ["/healthz", "/readyz"]) {
    assert.equal((await get(flow, path, rebound)).status, 200, path);
  }
  const origin = { origin: "http://evil.example" };
  assert.equal((await get(flow, "/identities/drop", origin, "POST")).status, 403);
  assert.equal((await get(flow, "/identities/drop", {}, "POST")).status, 200);
  assert.equal((await get(flow, "/", {}, "POST")).status, 405);
  assert.equal((await get(flow, "/nothing")).status, 404);
});
