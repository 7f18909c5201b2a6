import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setImmediate as soon } from "node:timers/promises";
import { AUTHORITY, DOMAIN } from "../support/certificates.ts";
import { startFlow, until, type Flow } from "../support/flow.ts";
import type { InProcessOptions } from "../support/in-process.ts";
import { field, headerV2, ipv4, ipv6, summedV2 } from "../support/proxy-header.ts";
import { codeOf, RawClient, type RawAnswer } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf, type Header } from "../support/signed.ts";
import { answerOn, connectSecurely } from "../support/tls-client.ts";

const ALLOWED = "198.51.100.7";
const NETWORKS = { allow: [`${ALLOWED}/32`, "2001:db8::/32"] };
const V1 = Buffer.from(`PROXY TCP4 ${ALLOWED} 192.0.2.1 4711 8080\r\n`);
const V1_OF = (source: string): Buffer => Buffer.from(V1.toString().replace(ALLOWED, source));

type Site = { readonly flow: Flow; readonly reached: () => number };

/** A gateway that expects headers of loopback, lets only ALLOWED in, and counts what its store sees. */
async function site(t: TestContext, options: Partial<InProcessOptions> = {}): Promise<Site> {
  let reached = 0;
  const store = await startHttpStore((_, response) => {
    reached++;
    response.end();
  });
  t.after(() => store.stop());
  const listen = { trustedProxies: ["127.0.0.1", "10.0.0.0/8"], proxyProtocol: true };
  const policy = { networks: NETWORKS };
  const flow = await startFlow(t, store.endpoint, {
    policy,
    ...options,
    listen: { ...listen, ...options.listen },
  });
  return { flow, reached: () => reached };
}

function requestBytes(flow: Flow, unsigned: readonly Header[] = []): Buffer {
  return bytesOf(flow.signed("GET", "/photos/cat", { unsigned }));
}

/** The status, or the error code, of a request behind `header`. */
async function outcome(flow: Flow, header: Buffer, more: readonly Header[] = []): Promise<string> {
  const client = await flow.connect();
  client.write(Buffer.concat([header, requestBytes(flow, more)]));
  const answer = await client.answer();
  return answer.status === 200 ? "OK" : codeOf(answer);
}

/** Version 1 looks like a method that there is not, version 2 like nothing at all. */
function assertNoRequest({ status }: RawAnswer): void {
  assert.ok(status === 400 || status === 405, `${status}`);
}

const sources = [
  ["version 1", V1, "OK", ALLOWED],
  ["version 1 over IPv6", Buffer.from("PROXY TCP6 2001:db8::7 ::1 1 2\r\n"), "OK", "2001:db8::7"],
  ["version 1, unknown", Buffer.from("PROXY UNKNOWN\r\n"), "AccessDenied", undefined],
  ["version 1 of a stranger", V1_OF("203.0.113.66"), "AccessDenied", "203.0.113.66"],
  ["version 2", headerV2(), "OK", ALLOWED],
  ["version 2 over IPv6", headerV2({ family: 0x21, addresses: ipv6() }), "OK", "2001:db8::7"],
  ["version 2 with a checksum", summedV2({ fields: field(2, "s3") }), "OK", ALLOWED],
  ["version 2, local", headerV2({ command: 0x20 }), "AccessDenied", undefined],
  [
    "version 2 of a stranger",
    headerV2({ addresses: ipv4("203.0.113.66") }),
    "AccessDenied",
    "203.0.113.66",
  ],
] as const;
for (const [name, header, expected, source] of sources) {
  test(`a PROXY header of ${name} says where the client is`, async (t) => {
    const { flow } = await site(t);
    assert.equal(await outcome(flow, header), expected);
    const [record] = await flow.gateway.records(1);
    assert.equal(record?.["sourceAddress"], source);
  });
}

test("a PROXY header may come byte by byte, and holds for every request of its connection", async (t) => {
  const { flow } = await site(t);
  const client = await flow.connect();
  for (const byte of headerV2()) {
    client.write(Buffer.from([byte]));
    await soon();
  }
  for (const _ of [1, 2]) {
    client.write(requestBytes(flow));
    assert.equal((await client.answer()).status, 200);
  }
  const records = await flow.gateway.records(2);
  assert.deepEqual(
    records.map((record) => record["sourceAddress"]),
    [ALLOWED, ALLOWED],
  );
});

const broken = [
  ["no header", Buffer.alloc(0)],
  ["a malformed header", Buffer.from("PROXY TCP4 junk junk 1 2\r\n")],
  ["a wrong checksum", headerV2({ fields: field(3, "abcd") })],
  ["a Unix socket", headerV2({ family: 0x31, addresses: Buffer.alloc(216) })],
  ["a line without an end", Buffer.from("PROXY TCP4 ".padEnd(200, "1"))],
] as const;
for (const [name, header] of broken) {
  test(`a trusted proxy that sends ${name} is not heard`, async (t) => {
    const { flow, reached } = await site(t);
    const client = await flow.connect();
    client.write(Buffer.concat([header, requestBytes(flow)]));
    await client.closed();
    assert.equal(client.pending.length, 0);
    assert.equal(reached(), 0);
    assert.equal(flow.gateway.warnings.length, 1);
    const metrics = await (await fetch(`http://${flow.gateway.adminAddress}/metrics`)).text();
    assert.match(metrics, /^s3warden_connections_failed_total\{stage="proxy"\} 1$/m);
  });
}

test("a trusted proxy that sends half a header, or ends within it, is not waited for", async (t) => {
  const { flow } = await site(t);
  const slow = await flow.connect();
  slow.write(V1.subarray(0, 20));
  const ended = await flow.connect();
  ended.write(V1.subarray(0, 20));
  ended.end();
  await ended.closed();
  await until(() => slow.ended, 10_000);
});

test("a second PROXY header is no request", async (t) => {
  const { flow, reached } = await site(t);
  const client = await flow.connect();
  client.write(Buffer.concat([V1, V1, requestBytes(flow)]));
  assertNoRequest(await client.answer());
  assert.equal(reached(), 0);
});

test("a PROXY header of a peer that is not trusted is no request, and says nothing", async (t) => {
  const listen = { trustedProxies: ["192.0.2.1"] };
  const { flow, reached } = await site(t, { listen });
  for (const header of [V1, headerV2()]) {
    const client = await flow.connect();
    client.write(Buffer.concat([header, requestBytes(flow)]));
    assertNoRequest(await client.answer());
    client.destroy();
  }
  assert.equal(await outcome(flow, Buffer.alloc(0)), "AccessDenied");
  assert.equal(reached(), 0);
  const records = await flow.gateway.records(3);
  assert.ok(records.every((record) => record["sourceAddress"] === "127.0.0.1"));
});

test("a PROXY header is no request without listen.proxyProtocol", async (t) => {
  const { flow, reached } = await site(t, { listen: { proxyProtocol: false } });
  const client = await flow.connect();
  client.write(Buffer.concat([V1, requestBytes(flow)]));
  assertNoRequest(await client.answer());
  assert.equal(reached(), 0);
});

test("X-Forwarded-For counts where the PROXY header names a trusted proxy", async (t) => {
  const { flow } = await site(t);
  const told: Header = ["x-forwarded-for", ALLOWED];
  assert.equal(await outcome(flow, V1_OF("10.0.0.2"), [told]), "OK");
  assert.equal(await outcome(flow, V1_OF("203.0.113.66"), [told]), "AccessDenied");
  const records = await flow.gateway.records(2);
  assert.deepEqual(
    records.map((record) => record["sourceAddress"]),
    [ALLOWED, "203.0.113.66"],
  );
});

const NOBODY = [
  ["version 1, unknown,", Buffer.from("PROXY UNKNOWN\r\n")],
  ["version 1, unknown, with an address", Buffer.from(`PROXY UNKNOWN ${ALLOWED} ::1 1 2\r\n`)],
  ["version 2, local,", headerV2({ command: 0x20 })],
  ["version 2, unspecified,", headerV2({ family: 0, addresses: Buffer.alloc(0) })],
] as const;
for (const [name, header] of NOBODY) {
  test(`a client's own words after a PROXY header of ${name} let nobody in`, async (t) => {
    // The proxy's own address is in the list: it must not step in either.
    const allow = [...NETWORKS.allow, "127.0.0.1"];
    const { flow, reached } = await site(t, { policy: { networks: { allow } } });
    const told = ["x-forwarded-for", "forwarded"].map((field): Header => {
      return [field, field === "forwarded" ? `for=${ALLOWED}` : ALLOWED];
    });
    for (const more of [[], ...told.map((one) => [one]), told]) {
      assert.equal(await outcome(flow, header, more), "AccessDenied");
    }
    assert.equal(reached(), 0);
  });
}

test("a client whom its proxy does not name is served if there is no list of networks", async (t) => {
  const { flow, reached } = await site(t, { policy: {} });
  assert.equal(await outcome(flow, Buffer.from("PROXY UNKNOWN\r\n")), "OK");
  assert.equal(reached(), 1);
});

for (const pieces of [undefined, 1, 7]) {
  test(`a PROXY header comes before TLS, ${pieces ?? "all"} bytes at a time`, async (t) => {
    const tls = { cert: "tls.crt", key: "tls.key" };
    const files = { "tls.crt": DOMAIN.cert, "tls.key": DOMAIN.key };
    const { flow } = await site(t, { listen: { tls }, files });
    const secure = await connectSecurely({
      address: flow.gateway.address,
      before: headerV2(),
      servername: "s3.example.org",
      ca: AUTHORITY,
      ...(pieces === undefined ? {} : { pieces }),
    });
    t.after(() => secure.destroy());
    const bytes = requestBytes(flow, [["connection", "close"]]);
    assert.match(await answerOn(secure, bytes), /^HTTP\/1\.1 200 /);
    const [record] = await flow.gateway.records(1);
    assert.equal(record?.["sourceAddress"], ALLOWED);
  });
}

test("a gateway closes although a proxy has yet to send its header", async (t) => {
  const { flow } = await site(t);
  const client = await RawClient.connect(flow.gateway.address);
  t.after(() => client.destroy());
  client.write(V1.subarray(0, 9));
  await soon();
  await flow.gateway.close();
  await client.closed();
  // It was not waited for until its time was up.
  assert.deepEqual(flow.gateway.warnings, []);
});
