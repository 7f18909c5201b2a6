/**
 * Tests spellings of a bucket's name on a real Ceph with tenants. None evades the bucket's record,
 * its policy or the rules of identity policies for it.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { codeOf, rawExchange } from "../support/raw-client.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { bytesOf, signV4, timestampOf, type Header, type KeyPair } from "../support/signed.ts";
import { CEPH, startCeph, type Ceph } from "./ceph.ts";

const SECRET = "secret-of-the-gateways-own";
const own = (accessKey: string): KeyPair => ({ accessKey, secretKey: SECRET });
/** A subuser of alice's with every right of READWRITE. */
const WRITER = own("AKALICESWRITER000000");

const allow = (bucket: string, ...more: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [...more].concat(owners(bucket)) });
const owners = (bucket: string): object[] => [
  {
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::alice:root" },
    Action: "s3:GetBucketLocation",
    Resource: `arn:aws:s3:::${bucket}`,
  },
];

describe("names of buckets in a Ceph with tenants", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  let gateway: Gateway;
  let alice: KeyPair;
  let tenant: KeyPair;

  before(async () => {
    ceph = await startCeph();
    alice = ceph.users("alice");
    tenant = ceph.users("465000001$465000001");
    gateway = await startGateway({
      upstream: ceph.endpoint,
      store: { store: "ceph" },
      policy: { bucketPolicies: "gateway", anonymous: "policy" },
      state: { directory: scratchFolder("state") },
      ceph: [{ endpoint: ceph.endpoint, ...ceph.users("gwadmin") }],
      accounts: [
        {
          name: "alice",
          tenant: "",
          upstream: alice,
          subusers: [{ name: "writer", tier: "READWRITE", keys: [WRITER] }],
        },
      ],
    });
  });
  after(async () => {
    await gateway.stop();
    await ceph.stop();
  });

  const send = async (
    key: KeyPair,
    line: string,
    body = "",
    headers: readonly Header[] = [],
  ): Promise<string> => {
    const [method = "", target = ""] = line.split(" ");
    const { host } = new URL(gateway.endpoint);
    const unsigned = {
      method,
      target,
      headers: [["host", host], ["content-length", String(body.length)], ...headers] as Header[],
      body: Buffer.from(body),
    };
    const signed = signV4(unsigned, key, { timestamp: timestampOf(Date.now()) });
    const answer = await rawExchange(host, bytesOf(signed), { method });
    return answer.status < 300 ? answer.body.toString() : `${answer.status} ${codeOf(answer)}`;
  };
  const denied = async (key: KeyPair, line: string, body = ""): Promise<void> => {
    assert.equal(await send(key, line, body), "403 AccessDenied", line);
  };

  test("a second spelling makes no second record, and takes away no Deny", async () => {
    await send(alice, "PUT /vault");
    await send(alice, "PUT /vault/secret/x", "the secret");
    const Resource = "arn:aws:s3:::vault/secret/*";
    const deny = {
      Effect: "Deny",
      Principal: { AWS: "arn:aws:iam::alice:user/writer" },
      Action: "s3:*",
      Resource,
    };
    assert.equal(await send(alice, "PUT /vault?policy", allow("vault", deny)), "");
    await denied(WRITER, "GET /vault/secret/x");
    await send(WRITER, "PUT /%3Avault");
    for (const name of ["vault", "%3Avault"]) {
      await denied(WRITER, `GET /${name}/secret/x`);
      await denied(WRITER, `PUT /${name}/secret/x`, "another");
      await denied(WRITER, `DELETE /${name}/secret/x`);
    }
    const copy: Header = ["x-amz-copy-source", "%3Avault/secret/x"];
    assert.equal(await send(WRITER, "PUT /vault/open", "", [copy]), "403 AccessDenied");
    assert.equal(await send(alice, "GET /%3Avault/secret/x"), "the secret");
    assert.equal(await send(alice, "GET /%3Avault?policy"), allow("vault", deny));
  });

  test("a tenant's user makes a bucket of its own, and leaves the other tenant's alone", async () => {
    await send(alice, "PUT /twin");
    await send(alice, "PUT /twin/x", "alice's");
    assert.equal(await send(tenant, "PUT /twin"), "");
    assert.equal(await send(tenant, "PUT /twin/x", "the tenant's"), "");
    assert.equal(await send(alice, "GET /twin/x"), "alice's");
    assert.equal(await send(alice, "PUT /twin?policy", allow("twin")), "");
    assert.equal(await send(tenant, "GET /twin/x"), "the tenant's");
    assert.equal(await send(tenant, "GET /465000001%3Atwin/x"), "the tenant's");
    await denied(tenant, "GET /%3Atwin/x");
    await denied(alice, "GET /465000001%3Atwin/x");
  });

  test("tags of the bucket that is read decide, not those of a bucket with the same name", async () => {
    const statement = {
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::465000001:root" },
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::tagged/*",
      Condition: { StringEquals: { "s3:ExistingObjectTag/public": "yes" } },
    };
    await send(alice, "PUT /tagged");
    await send(alice, "PUT /tagged/secret", "the secret");
    await send(alice, "PUT /tagged/open", "open", [["x-amz-tagging", "public=yes"]]);
    assert.equal(await send(alice, "PUT /tagged?policy", allow("tagged", statement)), "");
    await send(tenant, "PUT /tagged");
    await send(tenant, "PUT /tagged/secret", "decoy", [["x-amz-tagging", "public=yes"]]);
    assert.equal(await send(tenant, "GET /tagged/secret"), "decoy");
    await denied(tenant, "GET /%3Atagged/secret");
    assert.equal(await send(tenant, "GET /%3Atagged/open"), "open");
  });
});
