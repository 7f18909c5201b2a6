import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startRecordingStore } from "../stores/recording.ts";
import { startDashboard } from "../support/dashboard.ts";
import { rawValue, until } from "../support/flow.ts";
import { codeOf, headerOf, rawExchange, type RawAnswer } from "../support/raw-client.ts";
import { startHttpStore, startRawStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

const text = ({ status, body }: RawAnswer): string => `${status} ${body.toString()}`.trim();

test("a request on a route reaches its target as sent, and S3 works beside it", async (t) => {
  const target = await startRecordingStore({
    onRequest: () => ({ kind: "reply", status: 201, headers: { "x-own": "kept" }, body: "page" }),
  });
  t.after(() => target.stop());
  const { gateway, store, request, exchange } = await startDashboard(t, target.endpoint);
  const path = "/dashboard/a//b/%41%2Fc|{x}?q=a%20b&q=+&t=SECRET?";
  const answer = await rawExchange(
    gateway.address,
    request(
      "GET",
      path,
      "Authorization: Basic YTpi",
      "Cookie: a=b",
      "Cookie: c=d",
      "X-Odd: caf\xe9",
      "X-Many: 1",
      "X-Many: 2",
    ),
  );
  assert.equal(text(answer), "201 page");
  assert.equal(headerOf(answer, "x-own"), "kept");
  const [came] = target.requests;
  assert.equal(came?.url, path);
  const rawHeaders = came?.rawHeaders ?? [];
  assert.equal(rawValue(rawHeaders, "host"), gateway.address);
  assert.equal(rawValue(rawHeaders, "authorization"), "Basic YTpi");
  assert.equal(rawValue(rawHeaders, "cookie"), "a=b; c=d");
  assert.equal(rawValue(rawHeaders, "x-odd"), "caf\xe9");
  assert.equal(rawHeaders.filter((name) => name === "x-many").length, 2);
  assert.equal(store.heads.length, 0);

  assert.equal((await exchange("GET", "/bucket/key")).status, 200);
  assert.deepEqual([store.requests.length, target.requests.length], [1, 1]);
  const records = await gateway.records(2);
  assert.equal(records.length, 2);
  const [passed] = records;
  assert.deepEqual(
    ["operation", "path", "outcome", "status", "endpoint", "bytesOut", "bucket"].map((name) => [
      name,
      passed?.[name],
    ]),
    [
      ["operation", "Passthrough"],
      ["path", "/dashboard/a//b/%41%2Fc|{x}"],
      ["outcome", "forwarded"],
      ["status", 201],
      ["endpoint", target.endpoint],
      ["bytesOut", 4],
      ["bucket", undefined],
    ],
  );
  assert.doesNotMatch(JSON.stringify(records), /SECRET/);
  const metrics = await (await fetch(`http://${gateway.adminAddress}/metrics`)).text();
  assert.match(
    metrics,
    /s3warden_requests_total\{operation="Passthrough",outcome="forwarded",code="201"\} 1\n/,
  );
});

test("a field passes whatever its name is", async (t) => {
  const target = await startRecordingStore();
  t.after(() => target.stop());
  const { gateway, request } = await startDashboard(t, target.endpoint);
  // Names that every object of JavaScript knows.
  const lines = ["__proto__: a", "__proto__: b", "constructor: c", "x-last: d"];
  const answer = await rawExchange(gateway.address, request("GET", "/dashboard/", ...lines));
  assert.equal(answer.status, 200);
  const came = (target.requests[0]?.rawHeaders ?? []).join(" ");
  assert.match(came, / __proto__ a __proto__ b constructor c x-last d /);
});

test("a route that strips its path asks for the rest after it, as sent", async (t) => {
  const target = await startRecordingStore();
  t.after(() => target.stop());
  const flow = await startDashboard(t, target.endpoint, { stripPath: true });
  const paths = ["/", "/a%2Fb?q=%2F", "//a/", "/?q", "/dashboard/"];
  for (const path of paths) {
    const bytes = flow.request("GET", `/dashboard${path}`);
    assert.equal((await rawExchange(flow.gateway.address, bytes)).status, 200);
  }
  assert.deepEqual(
    target.requests.map(({ url }) => url),
    paths,
  );
  const [record] = await flow.gateway.records(1);
  assert.equal(record?.["path"], "/dashboard/");
});

test("the target hears from the gateway who the client is, and nothing of the client's connection", async (t) => {
  const target = await startRecordingStore();
  t.after(() => target.stop());
  const { gateway, request } = await startDashboard(t, target.endpoint);
  await rawExchange(
    gateway.address,
    request(
      "GET",
      "/dashboard/",
      "X-Forwarded-For: 192.0.2.1",
      "X-Forwarded-Host: evil.example",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Prefix: /x",
      "Forwarded: for=192.0.2.1",
      "X-Real-IP: 192.0.2.1",
      "X-Original-URL: /admin",
      "Connection: X-Private, X-Forwarded-For, Host",
      "X-Private: 1",
      "Keep-Alive: timeout=5",
      "TE: trailers",
      "Upgrade: h2c",
      "Proxy-Authorization: Basic YTpi",
    ),
  );
  const { rawHeaders = [] } = target.requests[0] ?? {};
  const fields = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1]]] : []));
  assert.deepEqual(fields, [
    ["host", gateway.address],
    ["x-forwarded-for", "127.0.0.1"],
    ["x-forwarded-proto", "http"],
    ["x-forwarded-host", gateway.address],
    ["Connection", "keep-alive"],
  ]);
});

test("nothing of the target's connection reaches the client, and repeated fields all do", async (t) => {
  const target = await startHttpStore((_request, response) => {
    response.writeHead(200, [
      ["Connection", "close, X-Private"],
      ["X-Private", "1"],
      ["Keep-Alive", "timeout=99"],
      ["Proxy-Authenticate", "Basic"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
      ["Content-Length", "2"],
    ]);
    response.end("ok");
  });
  t.after(() => target.stop());
  const { connect, request } = await startDashboard(t, target.endpoint);
  const client = await connect();
  for (let i = 0; i < 2; i++) {
    client.write(request("GET", "/dashboard/"));
    const answer = await client.answer();
    assert.equal(text(answer), "200 ok");
    assert.deepEqual(
      answer.headers.filter(([name]) => name === "set-cookie"),
      [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
    );
    assert.equal(headerOf(answer, "x-private"), undefined);
    assert.equal(headerOf(answer, "proxy-authenticate"), undefined);
    assert.equal(headerOf(answer, "connection"), "keep-alive");
  }
});

test("the name of a route without its last slash leads to it", async (t) => {
  const target = await startRecordingStore();
  t.after(() => target.stop());
  const { gateway, request } = await startDashboard(t, target.endpoint);
  const answer = await rawExchange(gateway.address, request("GET", "/dashboard?a=//evil.example"));
  assert.equal(answer.status, 308);
  assert.equal(headerOf(answer, "location"), "/dashboard/?a=//evil.example");
  assert.equal(target.heads.length, 0);
  const [record] = await gateway.records(1);
  assert.deepEqual([record?.["operation"], record?.["outcome"]], ["Passthrough", "answered"]);
});

for (const [what, route, options, rule] of [
  ["route", { networks: { allow: ["192.0.2.0/24"] } }, {}, "passthrough[0].networks: denied"],
  [
    "gateway",
    { networks: { allow: ["127.0.0.0/8"] } },
    { policy: { networks: { deny: ["127.0.0.0/8"] } } },
    "policy.networks: denied",
  ],
  // There is no signature that report mode could have found good.
  [
    "gateway, also in report mode",
    {},
    { policy: { mode: "report", networks: { deny: ["127.0.0.0/8"] } } },
    "policy.networks: denied",
  ],
] as const) {
  test(`a client outside the networks of the ${what} is refused`, async (t) => {
    const target = await startRecordingStore();
    t.after(() => target.stop());
    const { gateway, request } = await startDashboard(t, target.endpoint, route, options);
    for (const [index, path] of ["/dashboard/", "/dashboard", "/dashboard/../x"].entries()) {
      const answer = await rawExchange(gateway.address, request("GET", path));
      assert.equal(text(answer), "403 Your IP address is not allowed on this path");
      assert.equal(headerOf(answer, "content-type"), "text/plain; charset=utf-8");
      const record = (await gateway.records(index + 1)).at(-1);
      assert.deepEqual(
        [record?.["operation"], record?.["gate"], record?.["rule"], record?.["errorCode"]],
        ["Passthrough", "networks", rule, "AccessDenied"],
      );
    }
    assert.equal(target.connections(), 0);
  });
}

test("large bodies pass both ways byte for byte, with a length and in chunks", async (t) => {
  const target = await startHttpStore((request, response) => {
    response.writeHead(200, { "x-coding": request.headers["transfer-encoding"] ?? "length" });
    request.pipe(response);
  });
  t.after(() => target.stop());
  const { gateway } = await startDashboard(t, target.endpoint);
  const body = randomBytes(24 * 2 ** 20);
  const sum = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
  const url = `http://${gateway.address}/dashboard/echo`;
  const inPieces = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (let at = 0; at < body.length; at += 100_000) {
        controller.enqueue(body.subarray(at, at + 100_000));
      }
      controller.close();
    },
  });
  for (const [sent, coding] of [
    [body, "length"],
    [inPieces, "chunked"],
  ] as const) {
    const answer = await fetch(url, { method: "POST", body: sent, duplex: "half" });
    assert.equal(answer.headers.get("x-coding"), coding);
    assert.equal(sum(Buffer.from(await answer.arrayBuffer())), sum(body));
  }
  for (const { bytesIn, bytesOut } of await gateway.records(2)) {
    assert.deepEqual([bytesIn, bytesOut], [body.length, body.length]);
  }
});

for (const method of ["DELETE", "OPTIONS", "GET", "POST"]) {
  test(`a ${method} with a chunked body is one request at the target`, async (t) => {
    const target = await startRecordingStore();
    t.after(() => target.stop());
    const { gateway, request } = await startDashboard(t, target.endpoint);
    const inner = "GET /stolen HTTP/1.1\r\nHost: x\r\n\r\n";
    const body = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
    for (let i = 1; i <= 2; i++) {
      const head = request(method, "/dashboard/", "Transfer-Encoding: chunked");
      assert.equal((await rawExchange(gateway.address, head + body)).status, 200);
      await target.seen(i);
    }
    assert.deepEqual(
      target.requests.map(({ url, body }) => [url, body.toString()]),
      [
        ["/dashboard/", inner],
        ["/dashboard/", inner],
      ],
    );
  });
}

test("an event stream passes event by event", async (t) => {
  let say = (_event: string): void => {};
  const target = await startHttpStore((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    say = (event) => void response.write(`data: ${event}\n\n`);
  });
  t.after(() => target.stop());
  const { connect, request } = await startDashboard(t, target.endpoint);
  const client = await connect();
  client.write(request("GET", "/dashboard/events"));
  await until(() => client.pending.includes("text/event-stream"));
  for (const event of ["one", "two"]) {
    say(event);
    await until(() => client.pending.includes(`data: ${event}`));
  }
});

test("a client that waits for 100 Continue gets it, and the target is not asked", async (t) => {
  const target = await startRecordingStore();
  t.after(() => target.stop());
  const { connect, request } = await startDashboard(t, target.endpoint);
  const client = await connect();
  client.write(request("POST", "/dashboard/", "Content-Length: 4", "Expect: 100-continue"));
  assert.equal((await client.answer()).status, 100);
  client.write("data");
  assert.equal((await client.answer()).status, 200);
  assert.equal(target.requests[0]?.body.toString(), "data");
  assert.equal(rawValue(target.requests[0]?.rawHeaders ?? [], "expect"), undefined);
});

test("HTTP/1.0 and HEAD are served", async (t) => {
  const target = await startRecordingStore({
    onRequest: () => ({ kind: "reply", status: 200, body: "page" }),
  });
  t.after(() => target.stop());
  const { gateway, request, connect } = await startDashboard(t, target.endpoint);
  const old = request("GET", "/dashboard/").replace("HTTP/1.1", "HTTP/1.0");
  assert.equal(text(await rawExchange(gateway.address, old)), "200 page");
  const client = await connect();
  client.write(request("HEAD", "/dashboard/"));
  assert.equal(text(await client.answer("HEAD")), "200");
  client.write(request("GET", "/dashboard/"));
  assert.equal(text(await client.answer()), "200 page");
});

test("connections to the target are used again, and no more are opened than allowed", async (t) => {
  const waiting: (() => void)[] = [];
  const target = await startHttpStore((request, response) => {
    if (request.url === "/dashboard/slow") waiting.push(() => response.end("late"));
    else response.end("page");
  });
  t.after(() => target.stop());
  const { gateway, request } = await startDashboard(t, target.endpoint, { connections: 2 });
  const get = (path: string): Promise<RawAnswer> =>
    rawExchange(gateway.address, request("GET", path));
  for (let i = 0; i < 3; i++) assert.equal(text(await get("/dashboard/")), "200 page");
  assert.equal(target.connections(), 1);
  const slow = [get("/dashboard/slow"), get("/dashboard/slow")];
  await until(() => waiting.length === 2);
  const busy = await get("/dashboard/");
  assert.equal(text(busy), "503 Too many concurrent requests to this path. Please try again");
  for (const answer of waiting) answer();
  for (const answer of slow) assert.equal(text(await answer), "200 late");
  assert.equal(text(await get("/dashboard/")), "200 page");
  assert.equal(target.connections(), 2);
});

for (const [what, respond, expected] of [
  ["says nothing in time", "", "504 The application behind this path did not respond in time"],
  ["sends garbage", "garbage\r\n\r\n", "502 The application behind this path could not be reached"],
  [
    "sends a status that is none",
    "HTTP/1.1 042 No\r\nContent-Length: 0\r\n\r\n",
    "502 The application behind this path could not be reached",
  ],
  [
    "changes the protocol unasked",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "502 The application behind this path could not be reached",
  ],
] as const) {
  test(`a target that ${what} is reported in plain text`, async (t) => {
    const target = await startRawStore((socket, received) => {
      if (received.includes("\r\n\r\n")) socket.write(respond);
    });
    t.after(() => target.stop());
    const { gateway, request } = await startDashboard(t, target.endpoint, { timeout: "1s" });
    const answer = await rawExchange(gateway.address, request("GET", "/dashboard/"));
    assert.equal(text(answer), expected);
    const records = await gateway.records(1);
    assert.equal(records.length, 1);
    assert.equal(records[0]?.["outcome"], "failed");
    assert.deepEqual(gateway.errors, []);
  });
}

test("a missing target is reported in plain text, and S3 does not notice", async (t) => {
  const { gateway, request, exchange } = await startDashboard(t, "http://127.0.0.1:9");
  const answer = await rawExchange(gateway.address, request("GET", "/dashboard/"));
  assert.equal(text(answer), "502 The application behind this path could not be reached");
  assert.equal((await exchange("GET", "/bucket/key")).status, 200);
  const metrics = await (await fetch(`http://${gateway.adminAddress}/metrics`)).text();
  assert.match(metrics, /upstream_errors_total\{kind="passthrough"\} 1\n/);
});

test("an answer that its target breaks off is broken off for the client", async (t) => {
  const target = await startHttpStore((_request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half");
    setTimeout(() => response.destroy(), 20);
  });
  t.after(() => target.stop());
  const { gateway, request } = await startDashboard(t, target.endpoint);
  const answer = await rawExchange(gateway.address, request("GET", "/dashboard/"));
  assert.deepEqual([answer.whole, answer.body.toString()], [false, "half"]);
  const [record] = await gateway.records(1);
  assert.deepEqual([record?.["outcome"], record?.["status"]], ["failed", 200]);
});

for (const [what, lines, sent] of [
  ["before the answer", [], ""],
  ["within an upload", ["Content-Length: 1000000"], "some"],
] as const) {
  test(`a client that leaves ${what} ends the target's work`, async (t) => {
    let came = false;
    let left = false;
    const target = await startHttpStore((request, response) => {
      came = true;
      request.on("error", () => {});
      request.resume();
      response.once("close", () => (left = true));
    });
    t.after(() => target.stop());
    const { gateway, request, connect } = await startDashboard(t, target.endpoint);
    const client = await connect();
    client.write(request("POST", "/dashboard/", ...lines) + sent);
    await until(() => came);
    // Not only its own side, after which it could still read an answer.
    client.break();
    await until(() => left);
    const records = await gateway.records(1);
    assert.deepEqual([records.length, records[0]?.["outcome"]], [1, "aborted"]);
  });
}

test("a target that answers before the upload's end is heard, and both connections end", async (t) => {
  let left = false;
  const target = await startHttpStore((request, response) => {
    request.on("error", () => {});
    request.socket.once("close", () => (left = true));
    response.writeHead(413, { "content-length": "3" }).end("big");
  });
  t.after(() => target.stop());
  const { request, connect } = await startDashboard(t, target.endpoint);
  const client = await connect();
  client.write(request("POST", "/dashboard/", "Content-Length: 100000000"));
  const answer = await client.answer();
  assert.equal(text(answer), "413 big");
  assert.equal(headerOf(answer, "connection"), "close");
  await client.closed();
  client.destroy();
  await until(() => left);
});

test("a client that does not read makes the target wait", async (t) => {
  let written = 0;
  const target = await startHttpStore((_request, response) => {
    const more = (): void => {
      while (written < 2 ** 30) {
        written += 2 ** 16;
        if (!response.write(Buffer.alloc(2 ** 16))) return void response.once("drain", more);
      }
    };
    more();
  });
  t.after(() => target.stop());
  const { gateway, request } = await startDashboard(t, target.endpoint);
  const url = `http://${gateway.address}/dashboard/`;
  assert.ok(request("GET", url).length > 0);
  const answer = await fetch(url);
  await pause(300);
  const before = written;
  await pause(100);
  assert.equal(written, before);
  assert.ok(written < 64 * 2 ** 20, `${written} bytes`);
  await answer.body?.cancel();
});

test("no request of S3 passes a route, even if a store answers there", async (t) => {
  const disguised = await startRecordingStore();
  t.after(() => disguised.stop());
  const flow = await startDashboard(t, disguised.endpoint);
  const { gateway, signed } = flow;
  const presigned =
    "/dashboard/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Signature=b";
  const requests = [
    bytesOf(signed("GET", "/dashboard/key")),
    bytesOf(signed("PUT", "/dashboard/key", { body: "data" })),
    bytesOf(signed("GET", "/dashboard")),
    bytesOf(signed("GET", "/dashboard/../bucket/key")),
    Buffer.from(flow.request("GET", presigned)),
    Buffer.from(flow.request("GET", presigned.replaceAll("X-Amz", "x-aMZ"))),
    Buffer.from(flow.request("GET", "/dashboard/key?AWSAccessKeyId=a&Signature=b&Expires=1")),
    Buffer.from(flow.request("GET", "/dashboard/key", "Authorization: AWS a:b")),
    Buffer.from(
      flow.request("GET", "/dashboard/", "Authorization: Basic YTpi", "Authorization: AWS a:b"),
    ),
  ];
  for (const bytes of requests) {
    const answer = await rawExchange(gateway.address, bytes);
    assert.deepEqual(
      [answer.status, codeOf(answer)],
      [400, "InvalidBucketName"],
      bytes.toString("latin1"),
    );
  }
  assert.deepEqual([disguised.heads.length, flow.store.heads.length], [0, 0]);
});
