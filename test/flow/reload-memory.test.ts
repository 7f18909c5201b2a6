/** What a configuration opened goes when another has taken its place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { queryObjects } from "node:v8";
import { Live } from "../../src/gateway/live.ts";
import { CephSource } from "../../src/identity/ceph-source.ts";
import { KeySource } from "../../src/identity/key-source.ts";
import { StoreUsers } from "../../src/identity/store-users.ts";
import { IssuerKeys } from "../../src/sts/issuer-keys.ts";
import { startFlow, until } from "../support/flow.ts";
import { startHttpStore } from "../support/scripted-store.ts";

const RELOADS = 4;

/** What a configuration with one Ceph, one directory and one issuer opens: a Ceph is a source, too. */
const OPENED = [
  [Live, 1],
  [CephSource, 1],
  [KeySource, 2],
  [StoreUsers, 1],
  [IssuerKeys, 1],
] as const;

test("nothing of the configurations before stays in memory after reloads", async (t) => {
  const { endpoint, stop } = await startHttpStore((_, response) => void response.end("ok"));
  t.after(stop);
  const ceph = { endpoint, accessKey: "GATEWAY", secretKey: "theGatewaysSecret" };
  const directory = { url: `${endpoint}/keys`, token: "the-token", accounts: ["team-*"] };
  const issuer = { name: "keycloak", url: "https://127.0.0.1:9/realm", audiences: ["s3"] };
  const flow = await startFlow(t, endpoint, {
    ceph: [ceph],
    directories: [directory],
    issuers: [issuer],
  });
  for (let i = 0; i < RELOADS; i++) {
    assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
    await flow.gateway.reload();
  }
  // Each look is a collection of all memory. What is closed in the background goes a little later.
  for (const [kind, count] of OPENED) {
    await until(() => queryObjects(kind, { format: "count" }) === count, 20_000);
  }
});
