import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { trafficLimits } from "../../../src/config/limits.ts";
import { limitConnections, networkOf } from "../../../src/gateway/connection-limits.ts";
import { Metrics } from "../../../src/observe/metrics.ts";
import { GATEWAY, goodConfig } from "../../support/config.ts";
import { portOf } from "../../support/ports.ts";
import { RawClient } from "../../support/raw-client.ts";

const SAME = [
  ["192.0.2.1", "::ffff:192.0.2.1"],
  ["192.0.2.1", "::ffff:c000:201"],
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"],
  ["2001:db8:1:2::1", "2001:0DB8:0001:0002::"],
  ["fe80::1%eth0", "fe80::2%eth0"],
] as const;
for (const [one, other] of SAME) {
  test(`${one} and ${other} count as one client`, () => {
    assert.equal(networkOf(one), networkOf(other));
  });
}

const DIFFERENT = [
  ["192.0.2.1", "192.0.2.2"],
  ["2001:db8:1:2::1", "2001:db8:1:3::1"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.2"],
  ["::1", "0.0.0.0"],
] as const;
for (const [one, other] of DIFFERENT) {
  test(`${one} and ${other} count apart`, () => {
    assert.notEqual(networkOf(one), networkOf(other));
  });
}

test("a peer that is exempt may have any number of connections, up to the limit of all", async (t) => {
  const limits = "limits: { connections: 3, connectionsPerAddress: 1 }\n";
  const config = goodConfig({ "gateway.yaml": GATEWAY + limits });
  const asked: string[] = [];
  const isExempt = (address: string): boolean => {
    asked.push(address);
    return address === "127.0.0.1";
  };
  const server = createServer((_request, response) => response.end("ok"));
  limitConnections(
    server,
    {
      live: { current: { limits: { ...trafficLimits(config), isExempt } } },
      observer: { metrics: new Metrics() },
      newRequestId: () => "0123456789ABCDEF",
    },
    true,
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  for (const status of [200, 200, 200, 503]) {
    const client = await RawClient.connect(`127.0.0.1:${portOf(server.address())}`);
    t.after(() => client.destroy());
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.equal((await client.answer()).status, status);
  }
  assert.deepEqual(asked, ["127.0.0.1", "127.0.0.1"]);
});
