import assert from "node:assert/strict";
import { once } from "node:events";
import https from "node:https";
import { test, type TestContext } from "node:test";
import type { SecureVersion } from "node:tls";
import { AUTHORITY, CLIENT, STORE, STRANGER_CLIENT } from "../support/certificates.ts";
import { startFlow, until } from "../support/flow.ts";
import type { Section } from "../support/in-process.ts";
import { portOf } from "../support/ports.ts";
import { isProbe } from "../support/probe.ts";
import { codeOf } from "../support/raw-client.ts";

const FILES = {
  "ca.crt": AUTHORITY,
  "other-ca.crt": STRANGER_CLIENT.cert,
  "client.crt": CLIENT.cert,
  "client.key": CLIENT.key,
  "stranger.crt": STRANGER_CLIENT.cert,
  "stranger.key": STRANGER_CLIENT.key,
};
const SHOWN = { clientCertificate: { cert: "client.crt", key: "client.key" } };
const STRANGE = { clientCertificate: { cert: "stranger.crt", key: "stranger.key" } };

type SecureStore = {
  readonly endpoint: string;
  /** The names that were asked for, and what clients showed, by request. */
  readonly seen: {
    readonly serverName: string | false | null;
    readonly shown: string | undefined;
  }[];
};

/** A store called store.example.org, which may demand a certificate. */
async function secureStore(
  t: TestContext,
  demands = false,
  maxVersion: SecureVersion = "TLSv1.3",
): Promise<SecureStore> {
  const seen: SecureStore["seen"] = [];
  const names = new WeakMap<object, string | false | null>();
  const server = https.createServer(
    { ...STORE, maxVersion, ca: AUTHORITY, requestCert: demands, rejectUnauthorized: demands },
    (request, response) => {
      if (isProbe(request)) return void response.end();
      const { socket } = request;
      const peer = "getPeerX509Certificate" in socket ? shownBy(socket) : undefined;
      seen.push({ serverName: names.get(socket) ?? false, shown: peer });
      response.end("from the store");
    },
  );
  server.on("secureConnection", (socket) => names.set(socket, socket.servername));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { endpoint: `https://127.0.0.1:${portOf(server.address())}`, seen };
}

function shownBy(socket: object): string | undefined {
  if (!("getPeerX509Certificate" in socket)) return undefined;
  const { getPeerX509Certificate: get } = socket;
  const certificate: unknown =
    typeof get === "function" ? Reflect.apply(get, socket, []) : undefined;
  return typeof certificate === "object" && certificate !== null && "subject" in certificate
    ? String(certificate.subject)
    : undefined;
}

async function metricsOf(address: string): Promise<string> {
  return (await fetch(`http://${address}/metrics`)).text();
}

const good = [
  ["under its own name", false, {}, undefined],
  ["with a certificate that nobody asks for", false, SHOWN, undefined],
  ["that demands a certificate", true, SHOWN, "CN=client"],
] as const;
for (const [name, demands, shown, expected] of good) {
  test(`a store over TLS ${name} is reached`, async (t) => {
    const { endpoint, seen } = await secureStore(t, demands);
    const store = { caFile: "ca.crt", serverName: "store.example.org", ...shown };
    const flow = await startFlow(t, endpoint, { store, files: FILES });
    const answer = await flow.exchange("GET", "/photos/cat");
    assert.deepEqual([answer.status, answer.body.toString()], [200, "from the store"]);
    assert.deepEqual(seen, [{ serverName: "store.example.org", shown: expected }]);
  });
}

const NAMED = { caFile: "ca.crt", serverName: "store.example.org" };
const bad: readonly (readonly [string, Section, SecureVersion | undefined])[] = [
  ["without the authority", { serverName: "store.example.org" }, undefined],
  ["with another authority", { ...NAMED, caFile: "other-ca.crt" }, undefined],
  ["under another name", { ...NAMED, serverName: "other.example.org" }, undefined],
  ["under the name in its URL, which it has not", { caFile: "ca.crt" }, undefined],
  ["that demands a certificate of a gateway without one", NAMED, "TLSv1.2"],
];
for (const [name, store, demanding] of bad) {
  test(`a store over TLS ${name} is not trusted, and the client gets 503`, async (t) => {
    const { endpoint, seen } = await secureStore(t, demanding !== undefined, demanding);
    const flow = await startFlow(t, endpoint, { store, files: FILES });
    const answer = await flow.exchange("PUT", "/photos/cat", { body: "meow" });
    assert.deepEqual([answer.status, codeOf(answer)], [503, "ServiceUnavailable"]);
    assert.doesNotMatch(answer.body.toString(), /certificate|example\.org/);
    assert.deepEqual(seen, []);
    const [record] = await flow.gateway.records(1);
    assert.deepEqual([record?.["outcome"], record?.["upstreamError"]], ["failed", "tls"]);
    assert.match(String(record?.["rule"]), /^tls: /);
    const metrics = await metricsOf(flow.gateway.adminAddress);
    assert.match(metrics, /^s3warden_upstream_errors_total\{kind="tls"\} 1$/m);
    // It is no more use than one that does not answer, until a probe finds it better.
    assert.match(metrics, /^s3warden_upstream_up\{endpoint="[^"]*"\} 0$/m);
  });
}

// With TLS 1.3 a store judges the certificate only when the handshake is over for its client, and
// then that is a connection like any other that the store ends.
const late = [
  ["none", NAMED],
  ["another's", { ...NAMED, ...STRANGE }],
] as const;
for (const [name, store] of late) {
  test(`a store over TLS 1.3 that demands a certificate and is shown ${name} is 503`, async (t) => {
    const { endpoint, seen } = await secureStore(t, true);
    const flow = await startFlow(t, endpoint, { store, files: FILES });
    const answer = await flow.exchange("PUT", "/photos/cat", { body: "meow" });
    assert.deepEqual([answer.status, codeOf(answer)], [503, "ServiceUnavailable"]);
    assert.deepEqual(seen, []);
    const [record] = await flow.gateway.records(1);
    assert.match(String(record?.["upstreamError"]), /^(?:tls|reset)$/);
  });
}

test("a store that is not trusted is passed over where another is", async (t) => {
  const wrong = await secureStore(t, true);
  const right = await secureStore(t);
  const flow = await startFlow(t, [wrong.endpoint, right.endpoint], { store: NAMED, files: FILES });
  for (let i = 0; i < 4; i++) {
    assert.equal((await flow.exchange("GET", "/photos/cat")).status, 200);
  }
  await until(() => right.seen.length === 4);
  assert.deepEqual(wrong.seen, []);
});
