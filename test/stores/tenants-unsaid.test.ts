/**
 * Tests accounts of the configuration whose tenant in Ceph differs from their names, on a real
 * Ceph: no name evades a bucket's policy, and nobody gets another user's credential.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { codeOf, rawExchange } from "../support/raw-client.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { bytesOf, signV4, timestampOf, type Header, type KeyPair } from "../support/signed.ts";
import { CEPH, startCeph, type Ceph } from "./ceph.ts";

const TENANT = "465000001";
const SECRET = "secret-of-the-gateways-own";
const OWN: KeyPair = { accessKey: "AKOFTHEACCOUNTITSELF", secretKey: SECRET };
/** The key of a Ceph user without a tenant. Its name is the name of a tenant. */
const NAMESAKE: KeyPair = { accessKey: "AKNAMESAKE0000000000", secretKey: SECRET };

const DENY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Deny",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::vault/secret/*",
    },
  ],
});

describe("accounts without a configured tenant", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  let tenant: KeyPair;

  before(async () => {
    ceph = await startCeph();
    tenant = ceph.users(`${TENANT}$${TENANT}`);
    const { accessKey, secretKey } = NAMESAKE;
    const keys = [`--access-key=${accessKey}`, `--secret-key=${secretKey}`];
    await ceph.admin("user", "create", `--uid=${TENANT}`, "--display-name=x", ...keys);
  });
  after(() => ceph.stop());

  const gatewayOf = (accounts: readonly object[], asksCeph: boolean): Promise<Gateway> =>
    startGateway({
      upstream: ceph.endpoint,
      store: { store: "ceph" },
      policy: { bucketPolicies: "gateway" },
      state: { directory: scratchFolder("state") },
      ceph: asksCeph ? [{ endpoint: ceph.endpoint, ...ceph.users("gwadmin") }] : [],
      accounts: accounts.map((account) => ({ ...account })),
    });

  const send = async (
    { endpoint }: Gateway,
    key: KeyPair,
    line: string,
    body = "",
  ): Promise<string> => {
    const [method = "", target = ""] = line.split(" ");
    const { host } = new URL(endpoint);
    const headers: Header[] = [
      ["host", host],
      ["content-length", String(body.length)],
    ];
    const unsigned = { method, target, headers, body: Buffer.from(body) };
    const signed = signV4(unsigned, key, { timestamp: timestampOf(Date.now()) });
    const answer = await rawExchange(host, bytesOf(signed), { method });
    return answer.status < 300 ? answer.body.toString() : `${answer.status} ${codeOf(answer)}`;
  };

  test("an account that signs with its own keys does not slip past a policy by its tenant", async () => {
    const gateway = await gatewayOf([{ name: "team", keys: [tenant] }], false);
    try {
      assert.equal(await send(gateway, tenant, "PUT /vault"), "");
      assert.equal(await send(gateway, tenant, "PUT /vault/secret/x", "the secret"), "");
      assert.equal(await send(gateway, tenant, "PUT /vault?policy", DENY), "");
      assert.equal(await send(gateway, tenant, "GET /vault/secret/x"), "403 AccessDenied");
      const full = `${TENANT}%3Avault`;
      assert.equal(await send(gateway, tenant, `GET /${full}/secret/x`), "400 InvalidBucketName");
    } finally {
      await gateway.stop();
    }
  });

  test("a user named as a tenant does not get the credential of that tenant", async () => {
    const account = { name: TENANT, tenant: TENANT, upstream: tenant, keys: [OWN] };
    const gateway = await gatewayOf([account], true);
    try {
      await send(gateway, OWN, "PUT /theirs");
      assert.equal(await send(gateway, OWN, "PUT /theirs/x", "the tenant's"), "");
      assert.equal(await send(gateway, tenant, "GET /theirs/x"), "the tenant's");
      assert.equal(await send(gateway, NAMESAKE, "GET /theirs/x"), "403 InvalidAccessKeyId");
    } finally {
      await gateway.stop();
    }
  });

  test("keys in the file and keys in Ceph do not give one bucket two names", async () => {
    const account = { name: TENANT, upstream: tenant, keys: [OWN] };
    const gateway = await gatewayOf([account], true);
    try {
      await send(gateway, OWN, "PUT /vault2");
      assert.equal(await send(gateway, OWN, "PUT /vault2/secret/x", "the secret"), "");
      assert.equal(
        await send(gateway, OWN, "PUT /vault2?policy", DENY.replaceAll("vault", "vault2")),
        "",
      );
      assert.equal(await send(gateway, OWN, "GET /vault2/secret/x"), "403 AccessDenied");
      assert.match(await send(gateway, tenant, "GET /vault2/secret/x"), /^403 /);
    } finally {
      await gateway.stop();
    }
  });
});
