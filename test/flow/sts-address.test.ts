import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { AUTHORITY, STORE } from "../support/certificates.ts";
import { OWNER, READER, startFlow } from "../support/flow.ts";
import { startGateway } from "../support/gateway.ts";
import { openInProcess } from "../support/in-process.ts";
import { freePorts, portOf } from "../support/ports.ts";
import { RawClient, rawExchange, type RawAnswer } from "../support/raw-client.ts";
import { bytesOf, signV4 } from "../support/signed.ts";
import { STS } from "../support/sessions.ts";
import { accountsWith, formOf, signedCall, startSts, textIn } from "../support/sts.ts";
import { answerOn, connectSecurely } from "../support/tls-client.ts";

const ON_OWN_PORT = { ...STS, address: "127.0.0.1:0" };

function whoAmI(address: string): Buffer {
  return bytesOf(signedCall(address, formOf("GetCallerIdentity"), READER));
}

async function askWho(address: string): Promise<string> {
  const answer = await rawExchange(address, whoAmI(address), { method: "POST" });
  return textIn(answer, "Arn");
}

test("STS has a port of its own, and stays on the S3 port", async (t) => {
  const { gateway } = await startSts(t, [], { sts: ON_OWN_PORT });
  for (const address of [gateway.stsAddress, gateway.address]) {
    assert.equal(await askWho(address ?? ""), "arn:aws:iam::lab:user/reader");
  }
  const [first] = await gateway.records(2);
  assert.equal(first?.["operation"], "GetCallerIdentity");
});

test("its port serves only STS, even to a caller who may do everything on the other", async (t) => {
  const passthrough = [{ path: "/dashboard/", target: "http://127.0.0.1:10" }];
  const { gateway, signed } = await startSts(t, [], { sts: ON_OWN_PORT, passthrough });
  const { stsAddress = "" } = gateway;
  const requests = [
    signed("GET", "/"),
    signed("GET", "/data/key"),
    signed("PUT", "/data/key", { body: "text" }),
    signed("DELETE", "/data/key"),
    signed("POST", "/data?delete", { body: "<Delete/>" }),
    signed("GET", "/dashboard/"),
    signed("OPTIONS", "/data"),
    signed("GET", "/data", { headers: [["upgrade", "websocket"]] }),
  ];
  for (const request of requests) {
    const answer = await rawExchange(stsAddress, bytesOf(request), { method: request.method });
    const body = answer.body.toString("utf8");
    assert.match(body, /<ErrorResponse xmlns=/, `${request.method} ${request.target}: ${body}`);
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`);
  }
  const records = await gateway.records(requests.length);
  assert.deepEqual(
    records.map(({ outcome }) => outcome),
    requests.map(() => "refused"),
  );
});

test("a request for S3 that is signed for the STS port is refused like any other", async (t) => {
  const { gateway, scope } = await startSts(t, [], { sts: ON_OWN_PORT });
  const { stsAddress = "" } = gateway;
  const request = { method: "GET", target: "/data/key", body: Buffer.alloc(0) };
  const signed = signV4({ ...request, headers: [["host", stsAddress]] }, OWNER, scope);
  const answer = await rawExchange(stsAddress, bytesOf(signed), { method: "GET" });
  assert.equal(textIn(answer, "Code"), "InvalidAction");
});

test("bytes that are no request are answered there, too", async (t) => {
  const { gateway } = await startSts(t, [], { sts: ON_OWN_PORT });
  const answer = await rawExchange(gateway.stsAddress ?? "", Buffer.from("GET /\r\n\r\n"), {
    method: "GET",
  });
  assert.equal(answer.status, 400);
  assert.match(answer.body.toString(), /^<ErrorResponse/);
});

test("the bytes behind CONNECT are for another host, and not read as a request to STS", async (t) => {
  const { gateway } = await startSts(t, [], { sts: ON_OWN_PORT });
  const address = gateway.stsAddress ?? "";
  const client = await RawClient.connect(address);
  t.after(() => client.destroy());
  const tunnel = `CONNECT ${address} HTTP/1.1\r\nhost: ${address}\r\n\r\n`;
  client.write(Buffer.concat([Buffer.from(tunnel), whoAmI(address)]));
  const answer = await client.answer();
  assert.equal(answer.status, 400);
  assert.match(answer.body.toString(), /^<ErrorResponse/);
  await client.closed();
  assert.equal((await gateway.records(1)).length, 1);
});

test("connections to both ports count together", async (t) => {
  const { gateway } = await startSts(t, [], { sts: ON_OWN_PORT, limits: { connections: 2 } });
  const connect = async (address: string | undefined): Promise<RawClient> => {
    const client = await RawClient.connect(address ?? "");
    t.after(() => client.destroy());
    return client;
  };
  const asked = async (client: RawClient): Promise<RawAnswer> => {
    client.write(whoAmI(gateway.address));
    return client.answer("POST");
  };
  assert.equal((await asked(await connect(gateway.address))).status, 200);
  assert.equal((await asked(await connect(gateway.stsAddress))).status, 200);
  assert.equal((await asked(await connect(gateway.stsAddress))).status, 503);
});

test("it speaks TLS with the certificates of the S3 port", async (t) => {
  const { gateway } = await startSts(t, [], {
    sts: ON_OWN_PORT,
    listen: { tls: { cert: "store.crt", key: "store.key" } },
    files: { "store.crt": STORE.cert, "store.key": STORE.key },
  });
  const { stsAddress = "" } = gateway;
  const secure = await connectSecurely({
    address: stsAddress,
    ca: AUTHORITY,
    servername: "store.example.org",
  });
  t.after(() => secure.destroy());
  const request = signedCall(stsAddress, formOf("GetCallerIdentity"), READER);
  const last = { ...request, headers: [...request.headers, ["connection", "close"] as const] };
  assert.match(await answerOn(secure, bytesOf(last)), /user\/reader/);
});

test("only a restart can change its address", async (t) => {
  const { gateway } = await startSts(t, [], { sts: ON_OWN_PORT });
  const refused = { message: "Cannot change sts.address without a restart" };
  await assert.rejects(gateway.reload({ sts: STS }), refused);
  await gateway.reload({ sts: { ...ON_OWN_PORT, domains: ["sts.example.org"] } });
  assert.equal(await askWho(gateway.stsAddress ?? ""), "arn:aws:iam::lab:user/reader");
  const plain = await startFlow(t, "http://127.0.0.1:9", { sts: STS });
  await assert.rejects(plain.gateway.reload({ sts: ON_OWN_PORT }), refused);
});

test("the gateway does not start if the port is taken, and releases the S3 port", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const [port = 0] = await freePorts(1);
  const sts = { ...STS, address: `127.0.0.1:${portOf(taken.address())}` };
  const listen = { address: `127.0.0.1:${port}` };
  const options = { upstream: "http://127.0.0.1:9", accounts: accountsWith([]), listen };
  await assert.rejects(openInProcess({ ...options, sts }), { code: "EADDRINUSE" });
  const gateway = await openInProcess(options);
  await gateway.close();
});

test("workers share both ports", async (t) => {
  const [port = 0] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const gateway = await startGateway({
    upstream: "http://127.0.0.1:9",
    accounts: accountsWith([]),
    sts: { ...STS, address },
    workers: 2,
  });
  t.after(() => gateway.stop());
  for (let i = 0; i < 10; i++) assert.equal(await askWho(address), "arn:aws:iam::lab:user/reader");
  assert.match(gateway.said(), new RegExp(`"sts":"${address}"`));
  assert.equal(await gateway.stop(), 0);
});
