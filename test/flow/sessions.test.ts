import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { crc32 as checksum } from "node:zlib";
import * as s3 from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Session } from "../../src/session/session.ts";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import { runRevoke } from "../../src/cli/revoke.ts";
import { until } from "../support/flow.ts";
import { scratchFolder } from "../support/scratch.ts";
import { rawExchange } from "../support/raw-client.ts";
import {
  bytesOf,
  hmacHex,
  plus,
  scopeText,
  sha256,
  signatureOf,
  signingKey,
  signV4,
  timestampOf,
} from "../support/signed.ts";
import { startGateway, type Gateway, type GatewayOptions } from "../support/gateway.ts";
import { told } from "../support/s3-client.ts";
import { sessionOf, STS, tokenOf } from "../support/sessions.ts";

const TRUST = { issuer: "keycloak", subject: "*" };
const LAB = {
  name: "lab",
  upstream: { accessKey: "STORE-lab", secretKey: "of-the-store" },
  keys: [{ accessKey: "AKIALAB", secretKey: "of-lab" }],
  roles: [
    { name: "writer", tier: "READWRITE", trust: TRUST },
    { name: "reader", tier: "READ", trust: TRUST },
  ],
};

async function start(
  t: TestContext,
  more: Partial<GatewayOptions> = {},
): Promise<{ readonly store: RecordingStore; readonly gateway: Gateway }> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const gateway = await startGateway({
    upstream: store.endpoint,
    accounts: [LAB],
    issuers: [{ name: "keycloak", url: "https://idp.example.org", audiences: ["s3"] }],
    sts: STS,
    ...more,
  });
  t.after(() => gateway.stop());
  return { store, gateway };
}

/** The SDK with the temporary key of `session`. */
function sdk(gateway: Gateway, session: Session, sessionToken = tokenOf(session)): s3.S3Client {
  const { accessKeyId, secret: secretAccessKey } = session;
  return new s3.S3Client({
    endpoint: gateway.endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
  });
}

/** A session that begins now, of a whole second. */
function begun(more: Partial<Session> = {}): Session {
  return sessionOf(Math.floor(Date.now() / 1000) * 1000, more);
}

/** An upload in signed chunks with a signed trailer, each signature made by node:crypto alone. */
async function sendChunks(
  gateway: Gateway,
  session: Session,
  chunks: readonly string[],
  token = tokenOf(session),
): Promise<{ readonly status: number }> {
  const host = new URL(gateway.endpoint).host;
  const timestamp = timestampOf(session.issuedMs);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const key = { accessKey: session.accessKeyId, secretKey: session.secret };
  const crc32 = Buffer.alloc(4);
  crc32.writeUInt32BE(checksum(chunks.join("")));
  const trailer = `x-amz-checksum-crc32:${crc32.toString("base64")}`;
  const unsigned = {
    method: "PUT",
    target: "/data/k",
    headers: [
      ["host", host],
      ["content-encoding", "aws-chunked"],
      ["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"],
      ["x-amz-decoded-content-length", String(length)],
      ["x-amz-security-token", token],
      ["x-amz-trailer", "x-amz-checksum-crc32"],
    ] as const,
    body: Buffer.alloc(0),
  };
  const head = signV4(unsigned, key, { timestamp });
  const derived = signingKey(session.secret, { timestamp });
  const scope = scopeText({ timestamp });
  let previous = signatureOf(head);
  let body = "";
  for (const chunk of [...chunks, ""]) {
    const text = ["PAYLOAD", timestamp, scope, previous, sha256(""), sha256(chunk)];
    previous = hmacHex(derived, `AWS4-HMAC-SHA256-${text.join("\n")}`);
    body += `${chunk.length.toString(16)};chunk-signature=${previous}\r\n`;
    if (chunk !== "") body += `${chunk}\r\n`;
  }
  const last = ["TRAILER", timestamp, scope, previous, sha256(`${trailer}\n`)];
  const signature = hmacHex(derived, `AWS4-HMAC-SHA256-${last.join("\n")}`);
  body += `${trailer}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`;
  const sent = plus({ ...head, body: Buffer.from(body) }, ["content-length", String(body.length)]);
  return rawExchange(host, bytesOf(sent));
}

const OBJECT = { Bucket: "data", Key: "k" };

test("an SDK with a temporary key uploads, by header, by link and by form, and the store sees no token", async (t) => {
  const { store, gateway } = await start(t);
  const session = begun();
  const client = sdk(gateway, session);
  // Its default: a trailer with a checksum, in signed or unsigned chunks.
  assert.equal(
    await told(client.send(new s3.PutObjectCommand({ ...OBJECT, Body: "by header" }))),
    "ok",
  );
  const chunks = ["x".repeat(70_000), "y".repeat(30_000)];
  assert.equal((await sendChunks(gateway, session, chunks)).status, 200);
  const changed = await sendChunks(
    gateway,
    { ...session, secret: "another" },
    chunks,
    tokenOf(session),
  );
  assert.equal(changed.status, 403);
  const link = await getSignedUrl(client, new s3.PutObjectCommand(OBJECT), { expiresIn: 60 });
  assert.match(link, /X-Amz-Security-Token=/);
  const linked = await fetch(link, { method: "PUT", body: "by link" });
  assert.equal(linked.status, 200, await linked.text());
  const { url, fields } = await createPresignedPost(client, { ...OBJECT, Expires: 60 });
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob(["by form"]));
  const posted = await fetch(url, { method: "POST", body: form });
  assert.equal(posted.status, 204, await posted.text());
  const bodies = store.requests.map(({ body }) => body.toString());
  assert.deepEqual(bodies, ["by header", chunks.join(""), "by link", "by form"]);
  for (const { url: target, rawHeaders } of store.requests) {
    const head = `${target} ${rawHeaders.join(" ")}`;
    assert.match(head, /Credential=STORE-lab\//);
    assert.doesNotMatch(head, /security-token/i);
    assert.ok(!head.includes(tokenOf(session).slice(0, 60)));
  }
});

test("a link dies with its session, and a session that is over says so", async (t) => {
  const { store, gateway } = await start(t);
  const over = begun({ expiresMs: Math.floor(Date.now() / 1000) * 1000 - 1000 });
  const client = sdk(gateway, over);
  assert.equal(await told(client.send(new s3.GetObjectCommand(OBJECT))), "ExpiredToken");
  const link = await getSignedUrl(client, new s3.GetObjectCommand(OBJECT), { expiresIn: 3600 });
  const answer = await fetch(link);
  assert.equal(answer.status, 400);
  assert.match(
    await answer.text(),
    /<Code>ExpiredToken<\/Code><Message>The provided token has expired\.</,
  );
  assert.deepEqual(store.requests, []);
});

test("a token that is not the key's own is refused, and no log has it", async (t) => {
  const { store, gateway } = await start(t);
  const session = begun();
  const token = tokenOf(session);
  const tokens = [
    token.slice(0, -2),
    `${token}AA`,
    tokenOf({ ...session, accessKeyId: "ASIAZZZZZZZZZZZZZZZZ" }),
    "x".repeat(2000),
  ];
  for (const one of tokens) {
    const client = sdk(gateway, session, one);
    assert.equal(await told(client.send(new s3.GetObjectCommand(OBJECT))), "InvalidToken");
  }
  assert.deepEqual(store.requests, []);
  const lines = (): readonly string[] => readFileSync(gateway.auditFile, "utf8").trim().split("\n");
  await until(() => lines().length === tokens.length);
  const logged = lines().join("\n") + gateway.said();
  for (const part of token.split(".")) assert.ok(part === "" || !logged.includes(part));
  assert.ok(!logged.includes(session.secret));
});

test("the audit log names the session and its role", async (t) => {
  const { gateway } = await start(t);
  const reader = begun({ holder: { kind: "role", role: "reader", session: "bob@example.org" } });
  const client = sdk(gateway, reader);
  assert.equal(await told(client.send(new s3.DeleteObjectCommand(OBJECT))), "AccessDenied");
  const read = (): string => readFileSync(gateway.auditFile, "utf8");
  await until(() => read().endsWith("\n"));
  const { account, role, session, gate, subuser } = JSON.parse(read());
  assert.deepEqual(
    { account, role, session, gate, subuser },
    {
      account: "lab",
      role: "reader",
      session: "bob@example.org",
      gate: "tier",
      subuser: undefined,
    },
  );
});

test("a session that is revoked by a command ends at every gateway that shares the state", async (t) => {
  const state = { directory: scratchFolder("revoked"), refresh: "100ms" };
  const { gateway } = await start(t, { state });
  const client = sdk(gateway, begun());
  const bob = sdk(
    gateway,
    begun({
      accessKeyId: "ASIABBBBBBBBBBBBBBBB",
      holder: { kind: "role", role: "writer", session: "bob" },
    }),
  );
  const get = (one: s3.S3Client): Promise<string> =>
    told(one.send(new s3.GetObjectCommand(OBJECT)));
  assert.equal(await get(client), "ok");
  const output: string[] = [];
  const write = (text: string): void => void output.push(text);
  const config = join(gateway.folder, "gateway.yaml");
  const code = await runRevoke({ config, session: "alice" }, { stdout: write, stderr: write });
  assert.equal(code, 0, output.join(""));
  assert.match(output.join(""), /^Revoked: session alice, before .*In force within 0\.1 s\n$/);
  await until(async () => (await get(client)) === "AccessDenied");
  assert.equal(await get(bob), "ok");
});

test("a role that is removed ends its sessions with the next reload, and so does an entry of revoked", async (t) => {
  const { gateway } = await start(t, { reload: { watch: false } });
  const file = join(gateway.folder, "accounts.yaml");
  const reader = sdk(gateway, begun({ holder: { kind: "role", role: "reader", session: "x" } }));
  const writer = sdk(gateway, begun({ accessKeyId: "ASIABBBBBBBBBBBBBBBB" }));
  const get = (one: s3.S3Client): Promise<string> =>
    told(one.send(new s3.GetObjectCommand(OBJECT)));
  assert.deepEqual([await get(reader), await get(writer)], ["ok", "ok"]);
  const accounts = [{ ...LAB, roles: LAB.roles.filter(({ name }) => name !== "reader") }];
  writeFileSync(file, JSON.stringify({ accounts, revoked: [{ session: "alice" }] }));
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await get(reader)) === "InvalidToken");
  assert.equal(await get(writer), "AccessDenied");
});

for (const [name, options, expected] of [
  ["nothing", {}, /say which: --role, --session/],
  ["an unknown role", { role: "lab:wirter" }, /unknown role "lab:wirter"\. .*lab:writer/],
  ["a subject of no issuer", { role: "writer", subject: "x" }, /--subject needs --issuer/],
  ["a time that is none", { role: "writer", before: "noon" }, /--before: Expected a date.*"noon"/],
  ["where nothing is shared", { role: "writer" }, /no state to keep it in: write revoked in acc/],
] as const) {
  test(`s3warden revoke refuses ${name}`, async () => {
    const folder = scratchFolder("revoke");
    const gateway = {
      upstream: { endpoints: ["http://127.0.0.1:1"] },
      identities: [{ accounts: "accounts.yaml" }],
      issuers: [{ name: "keycloak", url: "https://idp.example.org", audiences: ["s3"] }],
      sts: STS,
    };
    const config = join(folder, "gateway.yaml");
    writeFileSync(config, JSON.stringify(gateway));
    writeFileSync(join(folder, "accounts.yaml"), JSON.stringify({ accounts: [LAB] }));
    let said = "";
    const write = (text: string): void => void (said += text);
    assert.equal(await runRevoke({ config, ...options }, { stdout: write, stderr: write }), 2);
    assert.match(said, expected);
  });
}
