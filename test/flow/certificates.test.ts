import assert from "node:assert/strict";
import http from "node:http";
import { once } from "node:events";
import { createServer } from "node:net";
import { test, type TestContext } from "node:test";
import type { SecureVersion, TLSSocket } from "node:tls";
import type { TlsConfig } from "../../src/config/config.ts";
import { openFront, type FrontStage, type Speech } from "../../src/listen/front.ts";
import {
  AUTHORITY,
  CLIENT,
  DOMAIN,
  PHOTOS,
  STORE,
  STRANGER_CLIENT,
} from "../support/certificates.ts";
import { startFlow, type Flow } from "../support/flow.ts";
import type { Section } from "../support/in-process.ts";
import { portOf } from "../support/ports.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";
import { answerOn, connectSecurely, type SecureOptions } from "../support/tls-client.ts";

const FILES = {
  "store.crt": STORE.cert,
  "store.key": STORE.key,
  "domain.crt": DOMAIN.cert,
  "domain.key": DOMAIN.key,
  "photos.crt": PHOTOS.cert,
  "photos.key": PHOTOS.key,
  "clients.crt": AUTHORITY,
};

/** A gateway whose `listen.tls` has three certificates and `more`. */
async function secureFlow(t: TestContext, more: Section = {}): Promise<Flow> {
  const store = await startHttpStore((_, response) => response.end());
  t.after(() => store.stop());
  const tls = {
    cert: "store.crt",
    key: "store.key",
    certificates: [
      { cert: "domain.crt", key: "domain.key" },
      { cert: "photos.crt", key: "photos.key" },
    ],
    ...more,
  };
  return startFlow(t, store.endpoint, { listen: { tls }, files: FILES });
}

async function connectTo(
  t: TestContext,
  flow: Flow,
  options: Omit<SecureOptions, "address"> = {},
): Promise<TLSSocket> {
  const secure = await connectSecurely({
    address: flow.gateway.address,
    rejectUnauthorized: false,
    ...options,
  });
  t.after(() => secure.destroy());
  return secure;
}

/** Sends a request and gives the status line. */
async function ask(flow: Flow, secure: TLSSocket): Promise<string> {
  const close = { unsigned: [["connection", "close"]] } as const;
  const answer = await answerOn(secure, bytesOf(flow.signed("GET", "/photos/cat", close)));
  return answer.slice(0, answer.indexOf("\r\n"));
}

const OK = "HTTP/1.1 200 OK";

const names = [
  ["a name that a certificate has", "s3.example.org", "DNS:s3.example.org, DNS:*.s3.example.org"],
  ["the same in capitals", "S3.Example.ORG", "DNS:s3.example.org, DNS:*.s3.example.org"],
  ["a bucket's name", "music.s3.example.org", "DNS:s3.example.org, DNS:*.s3.example.org"],
  ["a name rather than a wildcard", "photos.s3.example.org", "DNS:photos.s3.example.org"],
  ["two labels where a star has one", "a.b.s3.example.org", "DNS:store.example.org"],
  ["a name of nobody's", "example.net", "DNS:store.example.org"],
  ["a common name", "photos", "DNS:store.example.org"],
  ["no name", undefined, "DNS:store.example.org"],
] as const;
for (const [name, servername, expected] of names) {
  test(`listen.tls.certificates: ${name} is served by ${expected}`, async (t) => {
    const flow = await secureFlow(t);
    const options = servername === undefined ? {} : { servername };
    const secure = await connectTo(t, flow, options);
    assert.equal(secure.getPeerX509Certificate()?.subjectAltName, expected);
    assert.equal(await ask(flow, secure), OK);
  });
}

const versions = [
  ["1.2", "TLSv1.2", true],
  ["1.2", "TLSv1.3", true],
  ["1.3", "TLSv1.3", true],
  ["1.3", "TLSv1.2", false],
  ["1.2", "TLSv1.1", false],
] as const;
for (const [minVersion, spoken, served] of versions) {
  test(`listen.tls.minVersion ${minVersion}: ${spoken} is ${served ? "served" : "refused"}`, async (t) => {
    const flow = await secureFlow(t, { minVersion });
    const version: SecureVersion = spoken;
    // The test's own OpenSSL speaks old versions only at its lowest level of security.
    const ciphers = "DEFAULT:@SECLEVEL=0";
    const options = { minVersion: version, maxVersion: version, ciphers };
    for (const servername of ["s3.example.org", "example.net"]) {
      const secure = connectTo(t, flow, { ...options, servername });
      if (served) assert.equal(await ask(flow, await secure), OK);
      else await assert.rejects(secure, { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" });
    }
  });
}

const clients = [
  ["required", "none", {}, "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"],
  ["required", "a trusted certificate", CLIENT, OK],
  ["required", "a stranger's certificate", STRANGER_CLIENT, "closed"],
  ["optional", "none", {}, OK],
  ["optional", "a trusted certificate", CLIENT, OK],
  ["optional", "a stranger's certificate", STRANGER_CLIENT, "closed"],
] as const;
for (const [clientCertificates, name, certificate, expected] of clients) {
  for (const servername of ["photos.s3.example.org", "example.net"]) {
    test(`clientCertificates ${clientCertificates}, ${name}, ${servername}: ${expected}`, async (t) => {
      const flow = await secureFlow(t, { clientCaFile: "clients.crt", clientCertificates });
      const secure = await connectTo(t, flow, { ...certificate, servername });
      const said = await ask(flow, secure).catch((error: unknown) => codeOf(error));
      assert.equal(said === "" ? "closed" : said, expected);
      if (expected === OK) return;
      const metrics = await (await fetch(`http://${flow.gateway.adminAddress}/metrics`)).text();
      assert.match(metrics, /^s3warden_connections_failed_total\{stage="tls"\} 1$/m);
    });
  }
}

/** A connection that was reset tells no more than one that was closed. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code === "ECONNRESET" || code === "EPIPE" ? "" : code;
}

test("listen.tls.clientCaFile alone demands a certificate", async (t) => {
  const flow = await secureFlow(t, { clientCaFile: "clients.crt" });
  const secure = await connectTo(t, flow);
  await assert.rejects(ask(flow, secure), { code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" });
});

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
  test(`a session of ${maxVersion} that is resumed is as good as its first connection`, async (t) => {
    const flow = await secureFlow(t, { clientCaFile: "clients.crt" });
    const options = { ...CLIENT, servername: "photos.s3.example.org", maxVersion };
    const sessions: Buffer[] = [];
    const first = await connectTo(t, flow, options);
    first.on("session", (session) => sessions.push(session));
    assert.equal(await ask(flow, first), OK);
    const session = sessions[0] ?? first.getSession();
    const second = await connectTo(t, flow, { ...options, ...(session && { session }) });
    assert.ok(second.isSessionReused());
    assert.equal(await ask(flow, second), OK);
  });
}

test("plain HTTP at a port of TLS is no request, and leaves no connection open", async (t) => {
  const flow = await secureFlow(t);
  const client = await flow.connect();
  client.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await client.closed();
  assert.ok(!client.pending.toString("latin1").startsWith("HTTP"));
});

test("a client that ends its side before or within a handshake is not waited for", async (t) => {
  const flow = await secureFlow(t);
  for (const bytes of ["", "\u0016\u0003\u0001"]) {
    const client = await flow.connect();
    if (bytes !== "") client.write(bytes);
    client.end();
    await client.closed();
  }
});

const speechOf = (certificate: TlsConfig["certificates"][number]): Speech => ({
  tls: {
    certificates: [certificate],
    clientCa: undefined,
    clientCertificates: "required",
    minVersion: "TLSv1.2",
  },
  handshakeMs: 5_000,
});

test("prepare() shows new connections the new certificate while old ones live on", async (t) => {
  const failures: FrontStage[] = [];
  const inner = http.createServer((request, response) => response.end(request.url));
  const front = openFront(
    {
      expectsHeader: () => false,
      admits: () => true,
      serve: (socket) => void inner.emit("connection", socket),
      failed: (stage) => failures.push(stage),
    },
    speechOf(DOMAIN),
  );
  const server = createServer({ allowHalfOpen: true }, front.accept).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = `127.0.0.1:${portOf(server.address())}`;
  const open = async (): Promise<TLSSocket> => {
    const secure = await connectSecurely({ address, rejectUnauthorized: false });
    t.after(() => secure.destroy());
    return secure;
  };
  const nameOf = (secure: TLSSocket) => secure.getPeerX509Certificate()?.subjectAltName;
  const request = (path: string) => Buffer.from(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);

  const old = await open();
  old.write(request("/before"));
  assert.match(String(await once(old, "data")), /before$/);
  front.prepare(speechOf(STORE))();
  const young = await open();
  assert.deepEqual([old, young].map(nameOf), [
    "DNS:s3.example.org, DNS:*.s3.example.org",
    "DNS:store.example.org",
  ]);
  for (const secure of [old, young]) {
    secure.write(request("/after"));
    assert.match(String(await once(secure, "data")), /after$/);
  }
  assert.deepEqual(failures, []);
});
