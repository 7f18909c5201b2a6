import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { READER, rawValue, startFlow, until, type Flow } from "../support/flow.ts";
import { headerOf } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf, sha256 } from "../support/signed.ts";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";

async function before(
  t: TestContext,
  status: number,
  body: string,
  options: Parameters<typeof startFlow>[2] = {},
): Promise<{ readonly flow: Flow; readonly store: RecordingStore }> {
  const headers = { "content-type": "application/xml" };
  const store = await startRecordingStore({
    onRequest: () => ({ kind: "reply", status, headers, body }),
  });
  t.after(() => store.stop());
  return { flow: await startFlow(t, store.endpoint, options), store };
}

for (const [what, message] of [
  ["empty", "<Message></Message>"],
  ["self-closing", "<Message/>"],
  ["absent", ""],
] as const) {
  test(`an ${what} <Message> of the store is filled`, async (t) => {
    const { flow } = await before(
      t,
      404,
      `<Error><Code>NoSuchKey</Code>${message}<HostId>h</HostId></Error>`,
    );
    const answer = await flow.exchange("GET", "/bucket/key");
    assert.equal(answer.status, 404);
    const text = "<Message>The specified key does not exist</Message>";
    assert.equal(
      answer.body.toString(),
      `<Error><Code>NoSuchKey</Code>${text}<HostId>h</HostId></Error>`,
    );
    assert.equal(headerOf(answer, "content-length"), String(answer.body.length));
  });
}

test("a <Message> that is there stays", async (t) => {
  const xml = "<Error><Code>NoSuchKey</Code><Message>own words</Message></Error>";
  const { flow } = await before(t, 404, xml);
  assert.equal((await flow.exchange("GET", "/bucket/key")).body.toString(), xml);
});

test("an error document too long to look into passes as it is", async (t) => {
  const xml = `<Error><Code>NoSuchKey</Code><Message></Message><X>${"x".repeat(100_000)}</X></Error>`;
  const { flow } = await before(t, 404, xml);
  assert.equal((await flow.exchange("GET", "/bucket/key")).body.toString(), xml);
});

test("an object that is XML passes as it is", async (t) => {
  const xml = "<Error><Code>NoSuchKey</Code><Message></Message></Error>";
  const { flow } = await before(t, 200, xml);
  assert.equal((await flow.exchange("GET", "/bucket/key")).body.toString(), xml);
});

test("CompleteMultipartUpload names the gateway, not the store", async (t) => {
  const xml =
    "<CompleteMultipartUploadResult><Location>http://store.internal:7480/bucket/a%20key</Location>" +
    '<Bucket>bucket</Bucket><ETag>"e-1"</ETag></CompleteMultipartUploadResult>';
  const { flow } = await before(t, 200, xml);
  const answer = await flow.exchange("POST", "/bucket/a%20key?uploadId=u", {
    body: "<CompleteMultipartUpload/>",
  });
  assert.equal(answer.body.toString(), xml.replace("store.internal:7480", flow.gateway.address));
  assert.equal(headerOf(answer, "content-length"), String(answer.body.length));
});

test("GetBucketLocation answers the provider's one region, and errors as the store has them", async (t) => {
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">default</LocationConstraint>';
  const policy = { provider: "qumulo", bucketPolicies: "gateway" };
  const { flow } = await before(t, 200, xml, { policy });
  const answer = await flow.exchange("GET", "/bucket?location");
  assert.equal(answer.body.toString(), xml.replace("default", "local"));
  assert.equal(headerOf(answer, "content-length"), String(answer.body.length));
  const aws = await before(t, 200, xml);
  assert.equal((await aws.flow.exchange("GET", "/bucket?location")).body.toString(), xml);
});

test("CompleteMultipartUpload shows each sign of life of the store, before it is done", async (t) => {
  const xml =
    "<CompleteMultipartUploadResult><Location>http://store/b/k</Location></CompleteMultipartUploadResult>";
  const steps = [
    '<?xml version="1.0"',
    ' encoding="UTF-8"?>\n',
    " ",
    "\r\n ",
    xml.slice(0, 40),
    xml.slice(40),
  ];
  let next = (): void => {};
  const store = await startHttpStore((request, response) => {
    request.resume();
    let at = 0;
    response.writeHead(200, { "content-type": "application/xml" });
    next = () => {
      const step = steps[at++];
      if (step === undefined) response.end();
      else response.write(step);
    };
    next();
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  const body = "<CompleteMultipartUpload/>";
  client.write(bytesOf(flow.signed("POST", "/bucket/key?uploadId=u", { body })));
  const seen = (): number => client.pending.length;
  await pause(50);
  assert.equal(seen(), 0, "half a declaration may become anything");
  for (let step = 1; step <= 3; step++) {
    const before = seen();
    next();
    await until(() => seen() > before);
  }
  const before = seen();
  next();
  await pause(50);
  assert.equal(seen(), before, "what is rewritten is held");
  next();
  next();
  const answer = await client.answer("POST");
  const told = xml.replace("http://store/b/k", `http://${flow.gateway.address}/bucket/key`);
  assert.equal(answer.body.toString(), steps.slice(0, 4).join("") + told);
  assert.equal(answer.whole, true);
});

test("CompleteMultipartUpload that breaks off after a sign of life is broken", async (t) => {
  const store = await startHttpStore((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/xml" });
    response.write(" ");
    setTimeout(() => response.destroy(), 50);
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const body = "<CompleteMultipartUpload/>";
  const answer = await flow.exchange("POST", "/bucket/key?uploadId=u", { body });
  assert.deepEqual([answer.status, answer.whole], [200, false]);
});

test("CompleteMultipartUpload that fails after its 200 passes as the error it is", async (t) => {
  const xml = "<Error><Code>InternalError</Code><Message>oh</Message></Error>";
  const { flow } = await before(t, 200, xml);
  const answer = await flow.exchange("POST", "/bucket/key?uploadId=u", {
    body: "<CompleteMultipartUpload/>",
  });
  assert.equal(answer.body.toString(), xml);
});

const TWO =
  "<Delete><Object><Key>a</Key></Object><Object><Key>b&amp;c</Key><VersionId>v</VersionId></Object></Delete>";
const TWO_VERSIONS = TWO.replace("<Key>a</Key>", "<Key>a</Key><VersionId>v</VersionId>");
const BLOCKED = { policy: { blockedActions: ["s3:DeleteObjectVersion"] } };

test("DeleteObjects forwards what is allowed and answers for what is not", async (t) => {
  const xml = "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>";
  const { flow, store } = await before(t, 200, xml, BLOCKED);
  const answer = await flow.exchange("POST", "/bucket?delete=", { body: TWO });
  assert.match(
    store.requests[0]?.body.toString() ?? "",
    /<Object><Key>a<\/Key><\/Object><\/Delete>$/,
  );
  const text = answer.body.toString();
  assert.ok(
    text.startsWith("<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b&amp;c</Key>"),
    text,
  );
  assert.match(
    text,
    /<VersionId>v<\/VersionId><Code>AccessDenied<\/Code><Message>.+<\/Message><\/Error><\/DeleteResult>$/,
  );
  assert.equal(headerOf(answer, "content-length"), String(answer.body.length));
});

test("DeleteObjects without any allowed key does not reach the store", async (t) => {
  const { flow, store } = await before(t, 200, "", BLOCKED);
  const answer = await flow.exchange("POST", "/bucket?delete=", { body: TWO_VERSIONS });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString().match(/<Code>AccessDenied<\/Code>/g)?.length, 2);
  assert.deepEqual(store.heads, []);
  const [record] = await flow.gateway.records(1);
  assert.equal(record?.["outcome"], "answered");
});

test("DeleteObjects of who may delete nothing is refused before its document is read", async (t) => {
  const { flow, store } = await before(t, 200, "", BLOCKED);
  const answer = await flow.exchange("POST", "/bucket?delete=", { body: TWO, key: READER });
  assert.equal(answer.status, 403);
  assert.deepEqual(store.heads, []);
  const [record] = await flow.gateway.records(1);
  assert.equal(record?.["outcome"], "refused");
});

test("the document that DeleteObjects forwards is signed as it is", async (t) => {
  const { flow, store } = await before(t, 200, "<DeleteResult/>", BLOCKED);
  await flow.exchange("POST", "/bucket?delete=", { body: TWO });
  const [request] = store.requests;
  const digest = sha256(request?.body ?? "");
  assert.equal(rawValue(request?.rawHeaders ?? [], "x-amz-content-sha256"), digest);
  assert.equal(rawValue(request?.rawHeaders ?? [], "content-length"), String(request?.body.length));
});
