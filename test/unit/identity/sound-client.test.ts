import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { test } from "node:test";
import { soundPool } from "../../../src/identity/sound-client.ts";
import { portOf } from "../../support/ports.ts";

test("a pool serves on after requests that undici refuses, also those that waited for a connection", async (t) => {
  const server = createServer((_, response) => response.end("fine")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const pool = soundPool(`http://127.0.0.1:${portOf(server.address())}`, { connections: 1 });
  t.after(async () => {
    await pool.destroy();
    server.close();
  });
  const ask = async (headers: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await pool.request({ method: "GET", path: "/", headers });
    return answer.body.text();
  };
  const asked = await Promise.allSettled(
    Array.from({ length: 40 }, (_, i) => ask(i % 2 === 0 ? { "a b": "1" } : { a: "1" })),
  );
  const told = asked.map((one) => (one.status === "fulfilled" ? one.value : String(one.reason)));
  assert.deepEqual([...new Set(told)], ["InvalidArgumentError: invalid header key", "fine"]);
  assert.equal(told.filter((text) => text === "fine").length, 20);
});
