import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import { test } from "node:test";
import aws4 from "aws4";
import { startRecordingStore } from "../stores/recording.ts";
import { startGateway } from "../support/gateway.ts";
import { CERTIFICATE, KEY } from "../support/pem.ts";
import { scratchFolder } from "../support/scratch.ts";

const PAIR = { accessKey: "AKIAOWNER", secretKey: "theSecretOfTheOwner" };
const ONLY_TLS = {
  Version: "2012-10-17",
  Statement: {
    Effect: "Deny",
    Action: "s3:*",
    Resource: "*",
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  },
};

test("listen.tls serves HTTPS, and conditions see that the transport is secure", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const folder = scratchFolder("tls");
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const tls = { cert: file("tls.crt", CERTIFICATE), key: file("tls.key", KEY) };
  const policies = [file("only-tls.json", JSON.stringify(ONLY_TLS))];
  const accounts = [{ name: "lab", keys: [PAIR], policies }];
  const secure = await startGateway({ upstream: store.endpoint, accounts, listen: { tls } });
  t.after(() => secure.stop());
  const plain = await startGateway({ upstream: store.endpoint, accounts });
  t.after(() => plain.stop());

  assert.equal(await httpsStatus(secure.endpoint), 200);
  const { host } = new URL(plain.endpoint);
  const refused = await fetch(`${plain.endpoint}/bucket/key`, { headers: signedFor(host) });
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /A policy explicitly denies s3:GetObject/);
});

function signedFor(host: string): Record<string, string> {
  const request = { service: "s3", region: "us-east-1", host, path: "/bucket/key" };
  const signed = aws4.sign(request, {
    accessKeyId: PAIR.accessKey,
    secretAccessKey: PAIR.secretKey,
  });
  const headers = Object.entries(signed.headers ?? {}).map(([name, value]) => [
    name,
    String(value),
  ]);
  return Object.fromEntries(headers.filter(([name]) => name !== "Host"));
}

function httpsStatus(endpoint: string): Promise<number | undefined> {
  const { host, hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path: "/bucket/key", headers: signedFor(host) };
    const trust = { ca: CERTIFICATE, servername: "localhost" };
    https
      .get({ ...options, ...trust }, (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode));
      })
      .once("error", reject);
  });
}
