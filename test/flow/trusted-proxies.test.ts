import assert from "node:assert/strict";
import { test } from "node:test";
import { ALLOWED, HONEST, HOSTILE, PEER, TRUSTED } from "../support/forwarded-cases.ts";
import { startFlow, type Flow } from "../support/flow.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { codeOf, rawExchange } from "../support/raw-client.ts";
import { bytesOf, edited, type Header } from "../support/signed.ts";
import type { TestContext } from "node:test";

const NETWORKS = { allow: [`${ALLOWED}/32`, "2001:db8::/48"] };

type Guarded = { readonly flow: Flow; readonly reached: () => number };

/** A gateway that lets only ALLOWED in, and how many requests reached its store. */
async function guarded(t: TestContext, trustedProxies: readonly string[]): Promise<Guarded> {
  let reached = 0;
  const store = await startHttpStore((_, response) => {
    reached++;
    response.end();
  });
  t.after(() => store.stop());
  const policy = { networks: NETWORKS };
  const flow = await startFlow(t, store.endpoint, { listen: { trustedProxies }, policy });
  return { flow, reached: () => reached };
}

async function codeFor(flow: Flow, headers: readonly Header[]): Promise<string> {
  // Headers of proxies come after the client has signed.
  const answer = await flow.exchange("GET", "/photos/cat", { unsigned: headers });
  return answer.status === 200 ? "OK" : codeOf(answer);
}

test("a list of networks lets in whom an honest proxy names", async (t) => {
  const { flow } = await guarded(t, TRUSTED);
  let records = 0;
  for (const [name, headers, client] of HONEST) {
    const allowed = client === ALLOWED || client === "2001:db8::7";
    assert.equal(await codeFor(flow, headers), allowed ? "OK" : "AccessDenied", name);
    const [record] = (await flow.gateway.records(++records)).slice(-1);
    assert.equal(record?.["sourceAddress"], client, name);
  }
});

test("a list of networks cannot be entered by a header", async (t) => {
  const { flow, reached } = await guarded(t, TRUSTED);
  for (const [name, headers, client] of HOSTILE) {
    const code = client === "refused" ? "InvalidRequest" : "AccessDenied";
    assert.equal(await codeFor(flow, headers), code, name);
  }
  assert.equal(reached(), 0);
});

test("headers of a peer that is not trusted mean nothing", async (t) => {
  const { flow, reached } = await guarded(t, ["192.0.2.1"]);
  for (const [name, headers] of [...HONEST, ...HOSTILE]) {
    assert.equal(await codeFor(flow, headers), "AccessDenied", name);
  }
  assert.equal(reached(), 0);
  const records = await flow.gateway.records(HONEST.length + HOSTILE.length);
  assert.ok(records.every((record) => record["sourceAddress"] === PEER));
});

const ONLY_TLS = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "s3:*", Resource: "*" },
    {
      Effect: "Deny",
      Action: "s3:*",
      Resource: "*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ],
});

const transports = [
  ["no word", [PEER], [], "AccessDenied"],
  ["https", [PEER], [["x-forwarded-proto", "https"]], "OK"],
  ["https and then http", [PEER], [["x-forwarded-proto", "https, http"]], "AccessDenied"],
  ["https by a peer that is not trusted", [], [["x-forwarded-proto", "https"]], "AccessDenied"],
] as const;
for (const [name, trustedProxies, headers, expected] of transports) {
  test(`aws:SecureTransport with ${name}: ${expected}`, async (t) => {
    const store = await startHttpStore((_, response) => response.end());
    t.after(() => store.stop());
    const keys = [{ accessKey: "AKIAOWNER", secretKey: "theSecretOfTheOwner" }];
    const flow = await startFlow(t, store.endpoint, {
      accounts: [{ name: "lab", keys, policies: ["only-tls.json"] }],
      files: { "only-tls.json": ONLY_TLS },
      listen: { trustedProxies },
    });
    assert.equal(await codeFor(flow, headers), expected);
  });
}

test("no word of a proxy's reaches the store", async (t) => {
  const seen: string[] = [];
  const store = await startHttpStore((request, response) => {
    seen.push(...request.rawHeaders.map((text) => text.toLowerCase()));
    response.end();
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, { listen: { trustedProxies: [PEER] } });
  const told: Header[] = [
    ["x-forwarded-for", ALLOWED],
    ["x-forwarded-proto", "https"],
    ["x-forwarded-host", "s3.example.org"],
    ["forwarded", `for=${ALLOWED}`],
    ["x-real-ip", ALLOWED],
  ];
  assert.equal(await codeFor(flow, told), "OK");
  // Signed too, they are still not the client's to say.
  assert.equal((await flow.exchange("GET", "/photos/cat", { headers: told })).status, 200);
  for (const [name] of told) assert.ok(!seen.includes(name), name);
});

test("a signed Accept-Encoding may be changed by a trusted proxy, and by nobody else", async (t) => {
  for (const [trustedProxies, expected] of [
    [[PEER], "OK"],
    [["192.0.2.1"], "SignatureDoesNotMatch"],
  ] as const) {
    const seen: (string | undefined)[] = [];
    const store = await startHttpStore((request, response) => {
      seen.push(request.headers["accept-encoding"]?.toString());
      response.end();
    });
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint, { listen: { trustedProxies } });
    const sent = flow.signed("GET", "/photos/cat", { headers: [["accept-encoding", "identity"]] });
    const arriving = edited(sent, "accept-encoding", () => "gzip, br");
    const answer = await rawExchange(flow.gateway.address, bytesOf(arriving));
    assert.equal(answer.status === 200 ? "OK" : codeOf(answer), expected);
    assert.deepEqual(seen, expected === "OK" ? ["identity"] : []);
  }
});
