/**
 * Tests that a policy judges the same values as a real RGW acts on: RGW says 200 to headers that it
 * ignores, and reads numbers that are invalid. Each request is sent past the gateway first, to see
 * its effect without it.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CEPH, startCeph, type Ceph } from "./ceph.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { rawExchange, type RawAnswer } from "../support/raw-client.ts";
import { skipUnless } from "../support/requirement.ts";
import {
  bytesOf,
  presignV4,
  sha256,
  signV4,
  timestampOf,
  type KeyPair,
} from "../support/signed.ts";

const ARN = "arn:aws:s3:::valued";
const SECRET = "secret-of-the-gateways-own";
const deny = (Action: string, Condition: object): object => ({
  Effect: "Deny",
  Action,
  Resource: [ARN, `${ARN}/*`],
  Condition,
});
/** The denied actions of each user; all others are allowed. */
const USERS = {
  writeonce: [deny("s3:PutObject", { Null: { "s3:if-none-match": "true" } })],
  encrypts: [deny("s3:PutObject", { Null: { "s3:x-amz-server-side-encryption": "true" } })],
  tagger: [deny("s3:PutObject", { Null: { "s3:RequestObjectTag/team": "true" } })],
  tagless: [{ Effect: "Deny", Action: "s3:GetObject*Tagging", Resource: `${ARN}/*` }],
  lister: [deny("s3:ListBucket", { NumericGreaterThan: { "s3:max-keys": "2" } })],
  signer: [deny("s3:*", { StringEquals: { "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD" } })],
} as const;
type User = keyof typeof USERS;

type Sent = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

describe("values on a real Ceph", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  let gateway: Gateway;
  let owner: KeyPair;

  before(async () => {
    ceph = await startCeph();
    owner = ceph.users("alice");
    const all = { Effect: "Allow", Action: "s3:*", Resource: "*" };
    const files = Object.entries(USERS).map(([name, statements]) => [
      `${name}.json`,
      JSON.stringify({ Version: "2012-10-17", Statement: [all, ...statements] }),
    ]);
    gateway = await startGateway({
      upstream: ceph.endpoint,
      store: { store: "ceph" },
      files: Object.fromEntries(files),
      accounts: [
        {
          name: "alice",
          upstream: owner,
          subusers: Object.keys(USERS).map((name) => ({
            name,
            policies: [`${name}.json`],
            keys: [keyOf(name)],
          })),
        },
      ],
    });
    await direct("PUT", "/valued");
    await direct("PUT", "/valued/there", { body: "first" });
    await direct("PUT", "/valued/source", { body: "s", headers: { "x-amz-tagging": "of=source" } });
  });
  after(async () => {
    await gateway.stop();
    await ceph.stop();
  });

  function keyOf(name: string): KeyPair {
    return { accessKey: `AK${name.toUpperCase()}`, secretKey: SECRET };
  }

  async function send(
    endpoint: string,
    key: KeyPair,
    method: string,
    target: string,
    { headers = {}, body = "" }: Sent = {},
  ): Promise<RawAnswer> {
    const { host } = new URL(endpoint);
    const bytes = Buffer.from(body);
    const plain = {
      method,
      target,
      headers: [
        ["host", host],
        ["content-length", String(bytes.length)],
        ["x-amz-content-sha256", sha256(bytes)],
        ...Object.entries(headers),
      ] as const,
      body: bytes,
    };
    const request = signV4(plain, key, { timestamp: timestampOf(Date.now()) });
    return rawExchange(host, bytesOf(request), { method });
  }

  const direct = (method: string, target: string, sent?: Sent): Promise<RawAnswer> =>
    send(ceph.endpoint, owner, method, target, sent);
  const as = (user: User, method: string, target: string, sent?: Sent): Promise<RawAnswer> =>
    send(gateway.endpoint, keyOf(user), method, target, sent);
  const code = ({ status, body }: RawAnswer): string =>
    `${status} ${/<Code>(.*?)<\/Code>/.exec(body.toString())?.[1] ?? ""}`.trim();

  const copy = { "x-amz-copy-source": "/valued/source" };
  const once = { "if-none-match": "*" };

  test("a user who may only write new objects replaces nothing by a copy", async () => {
    assert.equal(
      code(await as("writeonce", "PUT", "/valued/there", { body: "x" })),
      "403 AccessDenied",
    );
    const put = await as("writeonce", "PUT", "/valued/there", { body: "x", headers: once });
    assert.equal(code(put), "412 PreconditionFailed");
    const copied = await as("writeonce", "PUT", "/valued/there", { headers: { ...copy, ...once } });
    assert.equal(code(copied), "501 NotImplemented");
    assert.match(copied.body.toString(), /if-none-match/);
    // RGW takes it for an entity tag that nothing has.
    const odd = { body: "x", headers: { "if-none-match": '"nothing"' } };
    assert.equal(code(await as("writeonce", "PUT", "/valued/there", odd)), "501 NotImplemented");
    assert.equal((await direct("GET", "/valued/there")).body.toString(), "first");
    // The reason.
    const past = await direct("PUT", "/valued/past", { body: "first" });
    assert.equal(past.status, 200);
    const replaced = await direct("PUT", "/valued/past", { headers: { ...copy, ...once } });
    assert.equal(replaced.status, 200);
    assert.equal((await direct("GET", "/valued/past")).body.toString(), "s");
  });

  test("a user who must encrypt does not store unencrypted objects", async () => {
    const headers = { "x-amz-server-side-encryption": "AES256" };
    const put = await as("encrypts", "PUT", "/valued/clear", { body: "x", headers });
    assert.equal(code(put), "501 NotImplemented");
    assert.equal((await direct("PUT", "/valued/past", { body: "x", headers })).status, 200);
    const head = await direct("HEAD", "/valued/past");
    assert(!JSON.stringify(head.headers).includes("server-side-encryption"));
  });

  test("a user who must tag cannot send tags that the store ignores", async () => {
    const headers = { "x-amz-tagging": "team=physics" };
    const put = await as("tagger", "PUT", "/valued/tagged", { body: "x", headers });
    assert.equal(put.status, 200);
    const replaced = { ...copy, ...headers, "x-amz-tagging-directive": "REPLACE" };
    for (const [line, more] of [
      ["PUT /valued/copied", replaced],
      ["POST /valued/parts?uploads", headers],
    ] as const) {
      const [method = "", target = ""] = line.split(" ");
      assert.equal(
        code(await as("tagger", method, target, { headers: more })),
        "501 NotImplemented",
      );
    }
    assert.equal((await direct("PUT", "/valued/past", { headers: replaced })).status, 200);
    const tags = (await direct("GET", "/valued/past?tagging")).body.toString();
    assert.match(tags, /<Key>of<\/Key><Value>source</);
  });

  test("a user who may not read tags copies none along", async () => {
    const headers = { ...copy, "x-amz-tagging-directive": "REPLACE" };
    const copied = await as("tagless", "PUT", "/valued/mine", { headers });
    assert.equal(code(copied), "403 AccessDenied");
    assert.equal((await as("tagless", "GET", "/valued/source")).status, 200);
  });

  for (const [value, shown] of [
    ["1000%20", "1000"],
    ["%201000", "1000"],
    ["%2B1000", "1000"],
    ["", "1000"],
  ] as const) {
    test(`a user who may list two keys does not list more by max-keys=${value}`, async () => {
      const listed = await as("lister", "GET", `/valued?max-keys=${value}`);
      assert.equal(code(listed), "400 InvalidArgument");
      const past = (await direct("GET", `/valued?max-keys=${value}`)).body.toString();
      assert.equal(/<MaxKeys>(\d+)</.exec(past)?.[1], shown);
    });
  }
  test("a user who may list two keys lists them", async () => {
    assert.equal((await as("lister", "GET", "/valued?max-keys=2")).status, 200);
    assert.equal(code(await as("lister", "GET", "/valued?max-keys=3")), "403 AccessDenied");
    assert.equal(code(await as("lister", "GET", "/valued")), "403 AccessDenied");
  });

  test("a user who must sign contents has no presigned URLs", async () => {
    assert.equal((await as("signer", "GET", "/valued/there")).status, 200);
    const { host } = new URL(gateway.endpoint);
    const plain = { method: "GET", target: "/valued/there", headers: [["host", host]] as const };
    const url = presignV4({ ...plain, body: Buffer.alloc(0) }, keyOf("signer"), {
      timestamp: timestampOf(Date.now()),
      expires: "60",
    });
    assert.equal(code(await rawExchange(host, bytesOf(url))), "403 AccessDenied");
  });

  test("a line end in a parameter becomes no header of the answer", async () => {
    const target = "/valued/there?response-content-type=a%0D%0Ax-injected:%20b";
    assert.equal(code(await as("tagless", "GET", target)), "400 InvalidArgument");
  });
});
