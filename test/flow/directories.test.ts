import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import { AUTHORITY, CLIENT, LOOPBACK, STRANGER_CLIENT } from "../support/certificates.ts";
import { metricOf, OWNER, rawValue, startFlow, until, type Flow } from "../support/flow.ts";
import { portOf } from "../support/ports.ts";
import { codeOf, type RawAnswer } from "../support/raw-client.ts";
import { clientOf } from "../support/s3-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import {
  keyWith,
  startScriptedDirectory,
  type ScriptedDirectory,
} from "../support/scripted-directory.ts";
import { STS } from "../support/sessions.ts";
import { formOf, send, signedCall, textIn } from "../support/sts.ts";
import type { KeyPair } from "../support/signed.ts";

const ALICE: KeyPair = { accessKey: "AKIAALICE", secretKey: "theSecretOfAlice" };
const BOB: KeyPair = { accessKey: "AKIABOB", secretKey: "theSecretOfBob" };
const STORE_KEY: KeyPair = { accessKey: "AKIASTORE", secretKey: "theSecretAtTheStore" };

type World = {
  readonly flow: Flow;
  readonly directory: ScriptedDirectory;
  readonly store: RecordingStore;
};

/** A gateway whose accounts file has OWNER of the account lab, and a directory that knows ALICE. */
async function begin(
  t: TestContext,
  source: object = {},
  options: Parameters<typeof startFlow>[2] = {},
): Promise<World> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const directory = await startScriptedDirectory(source);
  t.after(() => directory.stop());
  directory.replies.set(ALICE.accessKey, keyWith(ALICE, { account: "alice", upstream: STORE_KEY }));
  const flow = await startFlow(t, store.endpoint, { directories: [directory.source], ...options });
  return { flow, directory, store };
}

const get = (flow: Flow, key: KeyPair): Promise<RawAnswer> =>
  flow.exchange("GET", "/bucket/key", { key });

/** How the store was told who asks, in the last request. */
function signer({ requests }: RecordingStore): string {
  const authorization = rawValue(requests.at(-1)?.rawHeaders ?? [], "authorization") ?? "";
  return /Credential=([^/]+)\//.exec(authorization)?.[1] ?? "";
}

test("a key is looked up once, and its request is signed with the upstream of the answer", async (t) => {
  const { flow, directory, store } = await begin(t);
  for (let i = 0; i < 3; i++) assert.equal((await get(flow, ALICE)).status, 200);
  assert.deepEqual(directory.asked, [ALICE.accessKey]);
  assert.equal(signer(store), STORE_KEY.accessKey);
  const [record] = await flow.gateway.records(1);
  assert.equal(record?.["account"], "alice");
  assert.equal(await metricOf(flow, 'identity_lookups_total{source="http",result="found"}'), 1);
  assert.equal(await metricOf(flow, 'cache_hits_total{cache="identities"}'), 2);
});

test("without an upstream the client's own key signs for the store, too", async (t) => {
  const { flow, directory, store } = await begin(t);
  directory.replies.set(BOB.accessKey, keyWith(BOB, { account: "bob" }));
  assert.equal((await get(flow, BOB)).status, 200);
  assert.equal(signer(store), BOB.accessKey);
});

test("a key of a subuser has its tier, and signs with the account's upstream of the file", async (t) => {
  const { flow, directory, store } = await begin(t, { accounts: ["lab"] });
  directory.replies.set(
    BOB.accessKey,
    keyWith(BOB, { account: "lab", subuser: "bob", tier: "READ" }),
  );
  assert.equal((await get(flow, BOB)).status, 200);
  assert.equal(signer(store), "AKIAUPSTREAM");
  const put = await flow.exchange("PUT", "/bucket/key", { key: BOB, body: "x" });
  assert.equal(codeOf(put), "AccessDenied");
  const [, record] = await flow.gateway.records(2);
  assert.deepEqual([record?.["gate"], record?.["subuser"]], ["tier", "bob"]);
});

test("policies of the answer decide: an Allow, and a Deny beside it", async (t) => {
  const { flow, directory } = await begin(t, { accounts: ["lab"] });
  const statement = (Effect: string, key: string): object => ({
    Effect,
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::bucket/${key}`,
  });
  const Statement = [statement("Allow", "*"), statement("Deny", "secret")];
  const policies = [{ Version: "2012-10-17", Statement }];
  directory.replies.set(BOB.accessKey, keyWith(BOB, { account: "lab", subuser: "bob", policies }));
  assert.equal((await get(flow, BOB)).status, 200);
  assert.equal(codeOf(await flow.exchange("GET", "/bucket/secret", { key: BOB })), "AccessDenied");
  assert.equal(codeOf(await flow.exchange("GET", "/other/key", { key: BOB })), "AccessDenied");
});

const STATES: readonly (readonly [name: string, more: object, message: string])[] = [
  ["disabled", { disabled: true }, "This access key is disabled"],
  ["expired", { expires: "2020-01-01T00:00:00Z" }, "This access key has expired"],
  ["not valid yet", { notBefore: "2999-01-01T00:00:00Z" }, "This access key is not valid yet"],
  ["for another network", { networks: { allow: ["198.51.100.0/24"] } }, "source address"],
  ["denied for this network", { networks: { deny: ["127.0.0.0/8"] } }, "source address"],
];
for (const [name, more, message] of STATES) {
  test(`a key that the directory says is ${name} is refused`, async (t) => {
    const { flow, directory, store } = await begin(t);
    directory.replies.set(BOB.accessKey, keyWith(BOB, { account: "bob", ...more }));
    const answer = await get(flow, BOB);
    assert.deepEqual([answer.status, codeOf(answer)], [403, "AccessDenied"]);
    assert(answer.body.toString("utf8").includes(message), answer.body.toString("utf8"));
    assert.equal(store.requests.length, 0);
  });
}

test("a key that expires while it is remembered is refused from then on", async (t) => {
  const { flow, directory } = await begin(t);
  const expires = new Date(Date.now() + 1_500).toISOString();
  directory.replies.set(BOB.accessKey, keyWith(BOB, { account: "bob", expires }));
  assert.equal((await get(flow, BOB)).status, 200);
  await until(async () => codeOf(await get(flow, BOB)) === "AccessDenied");
  assert.deepEqual(directory.asked, [BOB.accessKey]);
});

test("a rotated secret is in force after the cache, and the old one is not", async (t) => {
  const { flow, directory } = await begin(t, { cache: "1s" });
  assert.equal((await get(flow, ALICE)).status, 200);
  const rotated = { ...ALICE, secretKey: "theNextSecret" };
  directory.replies.set(ALICE.accessKey, keyWith(rotated, { account: "alice" }));
  await until(async () => (await get(flow, rotated)).status === 200);
  assert.equal(codeOf(await get(flow, ALICE)), "SignatureDoesNotMatch");
  directory.replies.delete(ALICE.accessKey);
  await until(async () => codeOf(await get(flow, rotated)) === "InvalidAccessKeyId");
});

test("an upstream that is rotated at the store and the directory fails no request", async (t) => {
  const { flow, directory, store } = await begin(t);
  assert.equal((await get(flow, ALICE)).status, 200);
  const next = { accessKey: "AKIASTORENEXT", secretKey: "theNextAtTheStore" };
  const body = "<Error><Code>InvalidAccessKeyId</Code></Error>";
  store.play({
    onRequest: ({ rawHeaders }) =>
      (rawValue(rawHeaders, "authorization") ?? "").includes(`Credential=${next.accessKey}/`)
        ? { kind: "reply", status: 200 }
        : { kind: "reply", status: 403, headers: { "content-type": "application/xml" }, body },
  });
  directory.replies.set(ALICE.accessKey, keyWith(ALICE, { account: "alice", upstream: next }));
  const answer = await get(flow, ALICE);
  assert.equal(answer.status, 200);
  assert.equal(signer(store), next.accessKey);
});

const SPEAKS: readonly (readonly [name: string, source: object, more: object, ok: boolean])[] = [
  ["an account of a file that is not listed", {}, { account: "lab" }, false],
  [
    "an account of a file that only a pattern fits",
    { accounts: ["l*"] },
    { account: "lab" },
    false,
  ],
  ["an account of a file that is listed", { accounts: ["lab"] }, { account: "lab" }, true],
  ["an account that is not listed", { accounts: ["lab"] }, { account: "bob" }, false],
  ["an account that a pattern fits", { accounts: ["team-*"] }, { account: "team-7" }, true],
  ["any account of no file", {}, { account: "bob" }, true],
  [
    "an upstream for an account of a file",
    { accounts: ["lab"] },
    { account: "lab", upstream: STORE_KEY },
    false,
  ],
  [
    "a tenant for an account of a file",
    { accounts: ["lab"] },
    { account: "lab", tenant: "t" },
    false,
  ],
  [
    "the upstream of another account of a file",
    {},
    { account: "bob", upstream: { accessKey: "AKIAUPSTREAM", secretKey: "x" } },
    false,
  ],
  ["a tier of no provider", {}, { account: "bob", subuser: "b", tier: "EVERYTHING" }, false],
  ["a tier without a subuser", {}, { account: "bob", tier: "READ" }, false],
  ["a policy that is no policy", {}, { account: "bob", policies: [{ Version: "1" }] }, false],
];
for (const [name, source, more, ok] of SPEAKS) {
  test(`an answer with ${name} is ${ok ? "believed" : "refused as no answer"}`, async (t) => {
    const { flow, directory, store } = await begin(t, source);
    directory.replies.set(BOB.accessKey, keyWith(BOB, more));
    const answer = await get(flow, BOB);
    if (ok) return assert.equal(answer.status, 200);
    assert.deepEqual([answer.status, codeOf(answer)], [503, "SlowDown"]);
    assert.equal(store.requests.length, 0);
    assert.match(flow.gateway.errors[0] ?? "", /"why":"/);
    assert.doesNotMatch(flow.gateway.errors.join("\n"), /theSecret/);
  });
}

test("two accounts of the directory with one upstream: the second is refused", async (t) => {
  const { flow, directory } = await begin(t);
  directory.replies.set(BOB.accessKey, keyWith(BOB, { account: "bob", upstream: STORE_KEY }));
  assert.equal((await get(flow, ALICE)).status, 200);
  assert.equal(codeOf(await get(flow, BOB)), "SlowDown");
  assert.match(
    flow.gateway.errors.join("\n"),
    /The upstream of the account \\"bob\\" is also that of \\"alice\\"/,
  );
});

test("a key that signs for itself is the upstream of no other account, in either order", async (t) => {
  const { flow, directory } = await begin(t);
  const eve: KeyPair = { accessKey: "AKIAEVE", secretKey: "theSecretOfEve" };
  directory.replies.set(BOB.accessKey, keyWith(BOB, { account: "bob" }));
  directory.replies.set(eve.accessKey, keyWith(eve, { account: "eve", upstream: BOB }));
  assert.equal((await get(flow, BOB)).status, 200);
  assert.equal(codeOf(await get(flow, eve)), "SlowDown");
  await fetch(`http://${flow.gateway.adminAddress}/identities/drop`, { method: "POST" });
  assert.equal((await get(flow, eve)).status, 200);
  assert.equal(codeOf(await get(flow, BOB)), "SlowDown");
});

test("the upstream of an accounts file is no key of the directory's that signs for itself", async (t) => {
  const { flow, directory, store } = await begin(t);
  const known: KeyPair = { accessKey: "AKIAUPSTREAM", secretKey: "theSecretOfTheFile" };
  directory.replies.set(known.accessKey, keyWith(known, { account: "bob" }));
  assert.equal(codeOf(await get(flow, known)), "SlowDown");
  assert.equal(store.requests.length, 0);
});

test("a directory that only names another's upstream keeps no account of that one out", async (t) => {
  const liar = await startScriptedDirectory({ accounts: ["team-*"] });
  t.after(() => liar.stop());
  const lie = { account: "team-b", upstream: { ...STORE_KEY, secretKey: "guessed" } };
  liar.replies.set(BOB.accessKey, keyWith(BOB, lie));
  const { flow, directory } = await begin(t);
  await flow.gateway.reload({ directories: [liar.source, directory.source] });
  assert.equal((await get(flow, BOB)).status, 200);
  assert.equal((await get(flow, ALICE)).status, 200);
});

test("a key that signs for itself may be given to another account", async (t) => {
  const { flow, directory } = await begin(t, { cache: "1s" });
  directory.replies.set(BOB.accessKey, keyWith(BOB, { account: "bob" }));
  assert.equal((await get(flow, BOB)).status, 200);
  directory.replies.set(BOB.accessKey, keyWith(BOB, { account: "robert" }));
  await until(async () => {
    await get(flow, BOB);
    return (await flow.gateway.records(1)).at(-1)?.["account"] === "robert";
  });
});

test("a file's networks and tier hold for keys of its account, and never the answer's tier", async (t) => {
  const nobody = { allow: ["198.51.100.7"] };
  const lab = {
    name: "lab",
    upstream: STORE_KEY,
    keys: [OWNER],
    subusers: [
      { name: "reader", tier: "READ" },
      { name: "far", networks: nobody, tier: "FULL" },
    ],
  };
  const { flow, directory } = await begin(t, { accounts: ["lab"] }, { accounts: [lab] });
  const far = { accessKey: "AKIAFAR", secretKey: "theSecretFarAway" };
  directory.replies.set(
    BOB.accessKey,
    keyWith(BOB, { account: "lab", subuser: "reader", tier: "FULL" }),
  );
  directory.replies.set(far.accessKey, keyWith(far, { account: "lab", subuser: "far" }));
  assert.equal((await get(flow, BOB)).status, 200);
  assert.equal(codeOf(await flow.exchange("DELETE", "/bucket/key", { key: BOB })), "AccessDenied");
  assert.equal(codeOf(await get(flow, far)), "AccessDenied");
});

test("tags of the answer are aws:PrincipalTag of policies", async (t) => {
  const { flow, directory } = await begin(t, { accounts: ["lab"] });
  const Statement = [
    {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::${aws:PrincipalTag/team}/*",
    },
  ];
  const policies = [{ Version: "2012-10-17", Statement }];
  const more = { account: "lab", subuser: "bob", policies, tags: { team: "bucket" } };
  directory.replies.set(BOB.accessKey, keyWith(BOB, more));
  assert.equal((await get(flow, BOB)).status, 200);
  assert.equal(codeOf(await flow.exchange("GET", "/other/key", { key: BOB })), "AccessDenied");
});

test("a policy of the answer sees the tags that an upload's header sets", async (t) => {
  const { flow, directory } = await begin(t, { accounts: ["lab"] });
  const Statement = [
    { Effect: "Allow", Action: ["s3:PutObject", "s3:PutObjectTagging"], Resource: "*" },
    {
      Effect: "Deny",
      Action: "s3:PutObject",
      Resource: "*",
      Condition: { StringEquals: { "s3:RequestObjectTag/secret": "yes" } },
    },
  ];
  const policies = [{ Version: "2012-10-17", Statement }];
  directory.replies.set(BOB.accessKey, keyWith(BOB, { account: "lab", subuser: "bob", policies }));
  const put = (tag: string): Promise<RawAnswer> =>
    flow.exchange("PUT", "/bucket/key", {
      key: BOB,
      body: "x",
      headers: [["x-amz-tagging", `secret=${tag}`]],
    });
  assert.equal((await put("no")).status, 200);
  assert.equal(codeOf(await put("yes")), "AccessDenied");
});

test("an access key goes as one segment of the path, and a dot is nobody's without a question", async (t) => {
  const { flow, directory } = await begin(t);
  const odd: KeyPair = { accessKey: "a?b#c%2Fd..;e", secretKey: "theSecretOfTheOdd" };
  const segment = "a%3Fb%23c%252Fd..%3Be";
  directory.replies.set(segment, keyWith(odd, { account: "odd" }));
  assert.equal((await get(flow, odd)).status, 200);
  for (const accessKey of [".", ".."]) {
    assert.equal(codeOf(await get(flow, { ...odd, accessKey })), "InvalidAccessKeyId");
  }
  assert.deepEqual(directory.asked, [segment]);
});

test("the directory is asked with the token, and with the one that a file has by then", async (t) => {
  const { flow, directory } = await begin(t, { token: "of-the-gateway" });
  assert.equal((await get(flow, ALICE)).status, 200);
  assert.equal(directory.authorization(), "Bearer of-the-gateway");
  const tokenFile = join(scratchFolder("token"), "token");
  writeFileSync(tokenFile, "first\n");
  const { url } = directory.source;
  await flow.gateway.reload({ directories: [{ url, tokenFile }] });
  assert.equal((await get(flow, ALICE)).status, 200);
  assert.equal(directory.authorization(), "Bearer first");
  writeFileSync(tokenFile, "second\n");
  assert.equal(codeOf(await get(flow, BOB)), "InvalidAccessKeyId");
  assert.equal(directory.authorization(), "Bearer second");
});

test("a directory over TLS is asked with the client's certificate, and must prove its own", async (t) => {
  const server = createServer(
    { ...LOOPBACK, ca: AUTHORITY, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const known = request.url === `/${ALICE.accessKey}`;
      response.writeHead(known ? 200 : 404).end(JSON.stringify({ ...ALICE, account: "alice" }));
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => void (server.closeAllConnections(), server.close()));
  const url = `https://127.0.0.1:${portOf(server.address())}`;
  const files = {
    "ca.crt": LOOPBACK.cert,
    "gw.crt": CLIENT.cert,
    "gw.key": CLIENT.key,
    "other.crt": STRANGER_CLIENT.cert,
    "other.key": STRANGER_CLIENT.key,
  };
  const own = { cert: "gw.crt", key: "gw.key" };
  const other = { cert: "other.crt", key: "other.key" };
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const good = { url, caFile: "ca.crt", clientCertificate: own };
  const flow = await startFlow(t, store.endpoint, { files, directories: [good] });
  assert.equal((await get(flow, ALICE)).status, 200);
  const bad = [
    { url, clientCertificate: own },
    { url, caFile: "ca.crt", clientCertificate: other },
  ];
  for (const directory of bad) {
    await flow.gateway.reload({ directories: [directory] });
    assert.equal(codeOf(await get(flow, ALICE)), "SlowDown");
  }
});

test("a key of the directory begins a session, which ends with the key's secret", async (t) => {
  const { flow, directory, store } = await begin(t, { cache: "1s" }, { sts: STS });
  const call = signedCall(flow.gateway.address, formOf("GetSessionToken"), ALICE);
  const answer = await send(flow, call);
  assert.equal(answer.status, 200, answer.body.toString("utf8"));
  const credentials = {
    accessKeyId: textIn(answer, "AccessKeyId"),
    secretAccessKey: textIn(answer, "SecretAccessKey"),
    sessionToken: textIn(answer, "SessionToken"),
  };
  const client = clientOf(`http://${flow.gateway.address}`, ALICE, { credentials });
  t.after(() => client.destroy());
  const read = (): Promise<unknown> =>
    client.send(new s3.HeadObjectCommand({ Bucket: "bucket", Key: "key" }));
  await read();
  assert.equal(signer(store), STORE_KEY.accessKey);
  directory.replies.set(
    ALICE.accessKey,
    keyWith({ ...ALICE, secretKey: "another" }, { account: "alice" }),
  );
  await until(() =>
    read().then(
      () => false,
      () => true,
    ),
  );
});

test("the AWS SDK writes and reads with a key of the directory", async (t) => {
  const { flow, store } = await begin(t);
  store.play({ onRequest: ({ method }) => ({ kind: "reply", status: 200, body: method }) });
  const client = clientOf(`http://${flow.gateway.address}`, ALICE);
  t.after(() => client.destroy());
  await client.send(new s3.PutObjectCommand({ Bucket: "bucket", Key: "key", Body: "text" }));
  assert.equal(store.requests[0]?.body.toString("utf8"), "text");
  const got = await client.send(new s3.GetObjectCommand({ Bucket: "bucket", Key: "key" }));
  assert.equal(await got.Body?.transformToString(), "GET");
});
