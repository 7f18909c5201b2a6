import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { after, describe, test } from "node:test";
import { openStateBucket, stateBucketReader } from "../../../src/state/bucket.ts";
import { recordFile } from "../../../src/state/record-name.ts";
import { RECORD_BYTES_MAX, type StoredRecord } from "../../../src/state/record.ts";
import type { StateStore } from "../../../src/state/state-store.ts";
import { freePorts } from "../../support/ports.ts";
import { race } from "./counting.ts";
import { failure, startFakeStore, type FakeStore, type Honours } from "./fake-store.ts";

const RECORD: StoredRecord = { owner: "alice", policy: "{ }", at: 1, by: "alice" };
const WRITTEN = { ok: true, value: "written" };
const CONFLICT = { ok: true, value: "conflict" };
const NOTHING = { ok: true, value: undefined };

const toClose: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of toClose.toReversed()) await close();
});

async function fakeStore(honours: Honours, delayMs?: number): Promise<FakeStore> {
  const fake = await startFakeStore(honours, delayMs);
  toClose.push(fake.stop);
  return fake;
}

async function open(
  ...endpoints: readonly string[]
): Promise<Awaited<ReturnType<typeof openStateBucket>>> {
  const store = await openStateBucket({
    endpoints,
    authority: "store.example",
    region: "us-east-1",
    addressing: "path",
    credential: { accessKeyId: "AK", secret: "SK" },
    bucket: "gateway-state",
    tls: { ca: undefined, serverName: undefined, clientCertificate: undefined },
  });
  if (store.ok) toClose.push(store.value.close);
  return store;
}

async function opened(...endpoints: readonly string[]): Promise<StateStore> {
  const store = await open(...endpoints);
  assert(store.ok, store.ok ? "" : store.error);
  return store.value;
}

async function revisionOf(store: StateStore, name: string): Promise<string> {
  const stored = await store.read(name);
  assert(stored.ok && stored.value !== undefined);
  return stored.value.revision;
}

for (const honours of ["quoted", "bare", "none"] as const) {
  describe(`a store that honours conditions: ${honours}`, () => {
    test("a record is written, read, replaced, removed and written again", async () => {
      const fake = await fakeStore(honours);
      const [store, other] = [await opened(fake.endpoint), await opened(fake.endpoint)];
      assert.deepEqual(await store.read("t:photos"), NOTHING);
      assert.deepEqual(await store.write("t:photos", RECORD, undefined), WRITTEN);
      assert.deepEqual([...fake.objects.keys()], ["/gateway-state/buckets/t~3Aphotos.json"]);
      const first = await revisionOf(other, "t:photos");
      assert.deepEqual(await other.write("t:photos", { ...RECORD, at: 2 }, undefined), CONFLICT);
      assert.deepEqual(await other.write("t:photos", { ...RECORD, at: 2 }, first), WRITTEN);
      assert.deepEqual(await store.write("t:photos", RECORD, first), CONFLICT);
      assert.deepEqual(await store.remove("t:photos", first), CONFLICT);
      const second = await revisionOf(store, "t:photos");
      assert.deepEqual(await store.remove("t:photos", second), WRITTEN);
      assert.deepEqual(await other.read("t:photos"), NOTHING);
      assert.deepEqual(await other.remove("t:photos", second), CONFLICT);
      assert.deepEqual(await other.write("t:photos", RECORD, second), CONFLICT);
      assert.deepEqual(await other.write("t:photos", RECORD, undefined), WRITTEN);
    });

    test("no change is lost where two gateways make many at once", async () => {
      const fake = await fakeStore(honours, 4);
      const stores = [await opened(fake.endpoint), await opened(fake.endpoint)];
      const count = honours === "none" ? 2 : 20;
      await race(stores, "photos", 2, count);
      await race(stores, "photos", count);
      const stored = await stores[0]?.read("photos");
      const counted = stored?.ok === true ? Number(stored.value?.record.by) : 0;
      // Without conditions a change can count twice: told as a conflict, but built upon by others.
      assert(honours === "none" ? counted >= 6 * count : counted === 6 * count, `${counted}`);
    });
  });
}

const sick: readonly (readonly [what: string, fail: (response: ServerResponse) => void])[] = [
  ["500", (response) => response.writeHead(500).end("<Error><Code>InternalError</Code></Error>")],
  ["403", (response) => response.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>")],
  ["404 of the bucket", (response) => answer(response, failure(404, "NoSuchBucket"))],
  ["404 without a word", (response) => response.writeHead(404).end()],
  ["garbage", (response) => response.writeHead(200, { etag: '"e"' }).end("garbage")],
  ["nothing", (response) => response.writeHead(200, { etag: '"e"' }).end()],
  ["no ETag", (response) => response.writeHead(200).end('{"version":1}')],
  ["no HTTP", (response) => response.socket?.end("garbage\r\n\r\n")],
  ["a cut connection", (response) => response.socket?.destroy()],
  [
    "half of a body",
    (response) => {
      response.writeHead(200, { etag: '"e"', "content-length": "100" }).write("{");
      setTimeout(() => response.socket?.destroy(), 20);
    },
  ],
  [
    "far too much",
    (response) => response.writeHead(200, { etag: '"e"' }).end(" ".repeat(RECORD_BYTES_MAX + 1)),
  ],
  ["silence", answerLate],
  [
    "a body that drips",
    (response) => {
      response.writeHead(200, { etag: '"e"' });
      const drip = setInterval(() => response.write(" "), 200);
      response.once("close", () => clearInterval(drip));
      answerLate(response);
    },
  ],
];

/** Answers properly, but long after the time of an answer: nobody waits for it. */
function answerLate(response: ServerResponse): void {
  const late = setTimeout(() => {
    if (!response.headersSent) response.writeHead(200, { etag: '"e"' });
    response.end('{"version":1,"owner":"alice","policy":"{ }","at":1,"by":"alice"}\n');
  }, 8_000);
  response.once("close", () => clearTimeout(late));
}

function answer(response: ServerResponse, { status, body }: ReturnType<typeof failure>): void {
  response.writeHead(status).end(body);
}

for (const [what, fail] of sick) {
  test(`a store that answers ${what} is an error, and never passes for nothing`, async () => {
    const fake = await fakeStore("quoted");
    const store = await opened(fake.endpoint);
    await store.write("photos", RECORD, undefined);
    const revision = await revisionOf(store, "photos");
    fake.fail = (_request: IncomingMessage, response) => {
      fail(response);
      return true;
    };
    const stored = await store.read("photos");
    assert(!stored.ok, JSON.stringify(stored));
    const written = await store.write("photos", { ...RECORD, at: 2 }, revision);
    assert(!written.ok || written.value === "conflict", JSON.stringify(written));
    fake.fail = () => false;
    assert.equal(await revisionOf(store, "photos"), revision);
  });
}

test("an answer without an end is not read to the end of its time", async () => {
  const fake = await fakeStore("quoted");
  const store = await opened(fake.endpoint);
  fake.fail = (_request, response) => {
    response.writeHead(200, { etag: '"e"' });
    // Nothing follows: who goes on reading meets the end of its time, which is another error.
    response.write(" ".repeat(RECORD_BYTES_MAX + 1));
    return true;
  };
  const stored = await store.read("photos");
  assert.match(stored.ok ? "" : stored.error, /max.*size/i);
});

/** Lets reads through and does `fail` to the next write of a record. */
function failNextWrite(fake: FakeStore, fail: (response: ServerResponse) => boolean): void {
  fake.fail = (request, response) => {
    if (request.method !== "PUT") return false;
    fake.fail = () => false;
    return fail(response);
  };
}

test("a write answered 500 is judged by what is there afterwards", async () => {
  const fake = await fakeStore("bare");
  const store = await opened(fake.endpoint);
  await store.write("photos", RECORD, undefined);
  const revision = await revisionOf(store, "photos");
  const refuse = (response: ServerResponse): boolean => {
    answer(response, failure(500, "UnknownError"));
    return true;
  };
  failNextWrite(fake, refuse);
  const failed = await store.write("photos", { ...RECORD, at: 2 }, revision);
  assert.match(failed.ok ? "" : failed.error, /500 UnknownError/);
  // Another gateway wrote the very same bytes meanwhile.
  failNextWrite(fake, (response) => {
    const body = Buffer.from('{"version":1,"owner":"alice","policy":"{ }","at":2,"by":"alice"}\n');
    fake.objects.set("/gateway-state/buckets/photos.json", { body, writer: "another" });
    return refuse(response);
  });
  assert.deepEqual(await store.write("photos", { ...RECORD, at: 2 }, revision), CONFLICT);
});

test("the next endpoint is asked if one refuses the connection", async () => {
  const fake = await fakeStore("quoted");
  const [dead] = await freePorts(1);
  const store = await opened(`http://127.0.0.1:${dead}`, fake.endpoint);
  assert.deepEqual(await store.write("photos", RECORD, undefined), WRITTEN);
  await revisionOf(store, "photos");
});

test("a write that may have arrived is not sent again elsewhere", async () => {
  const [first, second] = [await fakeStore("quoted"), await fakeStore("quoted")];
  const store = await opened(first.endpoint, second.endpoint);
  failNextWrite(first, (response) => {
    response.socket?.destroy();
    return true;
  });
  assert(!(await store.write("photos", RECORD, undefined)).ok);
  assert.equal(second.objects.size, 0);
});

const unusable: readonly (readonly [what: string, status: number, code: string, error: RegExp])[] =
  [
    ["belongs to somebody else", 409, "BucketAlreadyExists", /belongs to somebody else/],
    ["wants another credential", 403, "SignatureDoesNotMatch", /403 SignatureDoesNotMatch/],
    ["does not know the key", 403, "InvalidAccessKeyId", /403 InvalidAccessKeyId/],
    ["cannot be made", 400, "InvalidBucketName", /400 InvalidBucketName/],
    ["may not be written", 403, "AccessDenied", /403 AccessDenied/],
    ["is out of order", 503, "SlowDown", /503/],
  ];
for (const [what, status, code, error] of unusable) {
  test(`a bucket that ${what} is not opened`, async () => {
    const fake = await fakeStore("quoted");
    fake.fail = (_request, response) => {
      answer(response, failure(status, code));
      return true;
    };
    const store = await open(fake.endpoint);
    assert.match(store.ok ? "opened" : store.error, error);
    assert.match(store.ok ? "" : store.error, /^Cannot keep state in the bucket "gateway-state"/);
  });
}

test("the probe leaves nothing", async () => {
  const fake = await fakeStore("quoted");
  await opened(fake.endpoint);
  assert.equal(fake.objects.size, 0);
});

describe("the list of all records", () => {
  const read = (endpoint: string) =>
    stateBucketReader({
      endpoints: [endpoint],
      authority: "store.example",
      region: "us-east-1",
      addressing: "path",
      credential: { accessKeyId: "AK", secret: "SK" },
      bucket: "gateway-state",
      tls: { ca: undefined, serverName: undefined, clientCertificate: undefined },
    });
  const answers: readonly (readonly [string, string, RegExp])[] = [
    ["no list", "<Other/>", /the store's list cannot be understood/],
    ["no XML", "{}", /the store's list cannot be understood/],
    [
      "a list that goes on without saying where",
      "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
      /the store's list does not go on/,
    ],
    [
      "a list that goes on at the same place",
      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>",
      /the store's list does not go on/,
    ],
    [
      "a record whose name is too long to be told",
      `<ListBucketResult><Contents><Key>buckets/${recordFile("T".repeat(60))}</Key></Contents></ListBucketResult>`,
      /does not tell the whole name/,
    ],
  ];
  for (const [what, body, said] of answers) {
    test(`${what} is an error, and not nothing`, async () => {
      const fake = await fakeStore("quoted");
      fake.fail = (_request, response) => {
        response.end(body);
        return true;
      };
      const reader = read(fake.endpoint);
      toClose.push(reader.close);
      const names = await reader.list();
      assert.match(names.ok ? "nothing" : names.error, said);
    });
  }
});
