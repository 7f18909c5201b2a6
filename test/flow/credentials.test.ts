import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { OWNER, rawValue, startFlow, UPSTREAM, type Flow } from "../support/flow.ts";
import { rawExchange } from "../support/raw-client.ts";
import { bytesOf, plus, presignV4, sha256, type KeyPair } from "../support/signed.ts";
import { startRecordingStore, type Recorded } from "../stores/recording.ts";

/** Holds the signature that the store got against one made here with `key`. */
function assertSignedBy(key: KeyPair, request: Recorded | undefined): void {
  const value = (name: string): string => rawValue(request?.rawHeaders ?? [], name) ?? "";
  const authorization = value("authorization");
  const [, accessKey, scope = "", names = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=(.+)$/.exec(
      authorization,
    ) ?? [];
  assert.equal(accessKey, key.accessKey);
  const [path = "", query = ""] = (request?.url ?? "").split("?");
  const headers = names.split(";").map((name) => `${name}:${value(name)}\n`);
  const canonical = [
    request?.method,
    path,
    query,
    headers.join(""),
    names,
    value("x-amz-content-sha256"),
  ].join("\n");
  let signing: string | Buffer = `AWS4${key.secretKey}`;
  for (const part of scope.split("/"))
    signing = createHmac("sha256", signing).update(part).digest();
  const text = `AWS4-HMAC-SHA256\n${value("x-amz-date")}\n${scope}\n${sha256(canonical)}`;
  assert.equal(signature, createHmac("sha256", signing).update(text).digest("hex"));
}

/** Nothing that belongs to the client's proof may stand in what the store received. */
function assertNothingOf(flow: Flow, request: Recorded | undefined): void {
  const text = `${request?.url} ${request?.rawHeaders.join(" ")}`;
  assert.ok(!text.includes(OWNER.accessKey), text);
  assert.ok(!text.includes(flow.gateway.address), text);
  assert.doesNotMatch(text, /X-Amz-(Signature|Credential|Expires)/i);
}

test("the store sees its own credential and nothing of a signed header", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  await flow.exchange("PUT", "/bucket/a%20key", { body: "data", headers: [["x-amz-meta-a", "b"]] });
  assertSignedBy(UPSTREAM, store.requests[0]);
  assertNothingOf(flow, store.requests[0]);
  // The client's own digest is signed again: the store proves the body from end to end.
  assert.equal(
    rawValue(store.requests[0]?.rawHeaders ?? [], "x-amz-content-sha256"),
    sha256("data"),
  );
});

test("the store sees its own credential and nothing of a presigned URL", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const bare = {
    method: "GET",
    target: "/bucket/key?versionId=v",
    headers: [["host", flow.gateway.address]],
    body: Buffer.alloc(0),
  } as const;
  const request = presignV4(bare, OWNER, flow.scope);
  assert.equal((await rawExchange(flow.gateway.address, bytesOf(request))).status, 200);
  assert.equal(store.requests[0]?.url, "/bucket/key?versionId=v");
  assertSignedBy(UPSTREAM, store.requests[0]);
  assertNothingOf(flow, store.requests[0]);
});

test("a foreign Authorization beside a presigned URL is not forwarded", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const bare = {
    method: "GET",
    target: "/bucket/key",
    headers: [["host", flow.gateway.address]],
    body: Buffer.alloc(0),
  } as const;
  const request = plus(
    presignV4(bare, OWNER, flow.scope),
    ["authorization", "Bearer theToken"],
    ["cookie", "theToken"],
  );
  assert.equal((await rawExchange(flow.gateway.address, bytesOf(request))).status, 200);
  assert.ok(!store.requests[0]?.rawHeaders.join().includes("theToken"));
  assertSignedBy(UPSTREAM, store.requests[0]);
});

test("an account without a credential of its own is known by the client's key", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, { accounts: [{ name: "own", keys: [OWNER] }] });
  await flow.exchange("GET", "/bucket?list-type=2&prefix=a%2Fb");
  assertSignedBy(OWNER, store.requests[0]);
});

test("a session token that the gateway checked does not reach a store of another credential", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const accounts = [
    { name: "lab", upstream: UPSTREAM, keys: [{ ...OWNER, sessionToken: "theToken" }] },
  ];
  const flow = await startFlow(t, store.endpoint, { accounts });
  const answer = await flow.exchange("GET", "/bucket/key", {
    headers: [["x-amz-security-token", "theToken"]],
  });
  assert.equal(answer.status, 200);
  assert.equal(rawValue(store.requests[0]?.rawHeaders ?? [], "x-amz-security-token"), undefined);
});

test("a document that names the store's key reaches no client of a refusal", async (t) => {
  // RGW answers SignatureDoesNotMatch with what it was sent, should the gateway's key be wrong.
  const body = `<Error><Code>InvalidAccessKeyId</Code><Message/><AWSAccessKeyId>${UPSTREAM.accessKey}</AWSAccessKeyId></Error>`;
  const store = await startRecordingStore({
    onRequest: () => ({
      kind: "reply",
      status: 403,
      headers: { "content-type": "application/xml" },
      body,
    }),
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("GET", "/bucket/key");
  assert.ok(!answer.body.toString().includes(UPSTREAM.accessKey), answer.body.toString());
});
