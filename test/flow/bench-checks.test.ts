/** The bench must fail loudly if a system answers wrongly: a figure of such a system means nothing. */

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, test } from "node:test";
import type { CellName, SystemName } from "../bench/support/cells.ts";
import { checkCell } from "../bench/support/check.ts";
import { endAll } from "../bench/support/child.ts";
import { Connection } from "../bench/support/connection.ts";
import { startStore, type System } from "../bench/support/systems.ts";
import {
  SMALL_GET_BYTES,
  checkRequestOf,
  forgedRequest,
  patternOf,
} from "../bench/support/workload.ts";
import { portOf } from "../support/ports.ts";

const store = await startStore();
const servers: http.Server[] = [];
after(async () => {
  for (const server of servers) server.close().closeAllConnections();
  await endAll();
});

/** A system of that name in front of nothing, or with `change` in front of the store. */
async function system(name: SystemName, listener: http.RequestListener): Promise<System> {
  const server = http.createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return { name, plain: { port: portOf(server.address()), pids: [] } };
}

/** Passes requests to the store with what `change` makes of each piece of an upload. */
function passing(change: (piece: Buffer) => Buffer): http.RequestListener {
  return (request, response) => {
    const { method, url, headers } = request;
    const to = { port: store.plain.port, host: "127.0.0.1", method, path: url, headers };
    const upstream = http.request(to, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.on("data", (piece: Buffer) => upstream.write(change(piece)));
    request.on("end", () => upstream.end());
  };
}

const same = (piece: Buffer): Buffer => piece;

test("checkCell() accepts the store itself, and a proxy that changes nothing", async () => {
  for (const cell of ["get-small", "put-small", "get-large", "put-large-trailer"] as const) {
    await checkCell(cell, store);
    await checkCell(cell, await system("HAProxy", passing(same)));
  }
});

const zeros = Buffer.alloc(SMALL_GET_BYTES);
const wrong: readonly (readonly [string, CellName, SystemName, http.RequestListener, RegExp])[] = [
  [
    "a download with other bytes",
    "get-small",
    "HAProxy",
    (_request, response) => void response.writeHead(200, { "content-length": 1024 }).end(zeros),
    /1 KiB GET, HAProxy, a good request: expected the 1024 bytes of the store, got 1024 others/,
  ],
  [
    "a download that is too short",
    "get-small",
    "nginx",
    (_request, response) => void response.writeHead(200, { "content-length": 1 }).end("s"),
    /expected the 1024 bytes of the store, got 1 others/,
  ],
  [
    "an error",
    "get-small",
    "versitygw",
    (_request, response) => void response.writeHead(500, { "content-length": 4 }).end("Oops"),
    /expected 200, got\nHTTP\/1.1 500[\s\S]*Oops/,
  ],
  [
    "an upload that arrives with other bytes",
    "put-small",
    "HAProxy",
    passing((piece) => Buffer.alloc(piece.length)),
    /expected 200, got\nHTTP\/1.1 400[\s\S]*The store received 4096 bytes/,
  ],
  [
    "a gateway that takes a forged signature",
    "get-small",
    "s3proxy",
    passing(same),
    /s3proxy, a forged signature: expected 403, got\nHTTP\/1.1 200/,
  ],
  [
    "a gateway that leaves the framing of aws-chunked in the upload",
    "put-large-trailer",
    "s3warden",
    passing(same),
    /the store received the framing of aws-chunked/,
  ],
];
for (const [name, cell, systemName, listener, message] of wrong) {
  test(`checkCell() throws at ${name}`, async () => {
    await assert.rejects(checkCell(cell, await system(systemName, listener)), { message });
  });
}

test("a connection of the generator rejects what is no 200 of the right length", async () => {
  const short = await system("nginx", (_request, response) => {
    response.writeHead(200, { "content-length": 3 }).end("s3w");
  });
  const refusing = await system("nginx", (_request, response) => {
    response.writeHead(403, { "content-length": SMALL_GET_BYTES }).end(patternOf(SMALL_GET_BYTES));
  });
  for (const { plain } of [short, refusing]) {
    const connection = await Connection.open({ port: plain.port, tls: false }, { readBytes: 4096 });
    await assert.rejects(connection.load(checkRequestOf("get-small")), /Unexpected answer/);
    connection.close();
  }
});

test("a forged request differs from the good one in the last digit of its signature alone", () => {
  const [good, forged] = [checkRequestOf("get-small"), forgedRequest()].map(({ start }) =>
    start.toString("latin1"),
  );
  const signature = /Signature=([0-9a-f]{64})/;
  assert.equal(forged?.replace(signature, ""), good?.replace(signature, ""));
  assert.equal(forged?.length, good?.length);
  assert.notEqual(signature.exec(forged ?? "")?.[1], signature.exec(good ?? "")?.[1]);
});
