import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { SaxesParser } from "saxes";
import {
  OWNER,
  startFlow,
  READER,
  UPSTREAM,
  type Flow,
  type RequestOptions,
} from "../support/flow.ts";
import { HOSTILE_XML } from "../support/hostile-xml.ts";
import { codeOf } from "../support/raw-client.ts";
import { bytesOf, type Header } from "../support/signed.ts";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";

const MIB = 1024 * 1024;
const WITHHELD = 256 * 1024;
const AT_ONCE = 4;
/** A step and what is left at the end; and the first step of each, for which none waits. */
const STEP_CHARACTERS_MAX = (2 + AT_ONCE) * 16 * 1024;

async function before(
  t: TestContext,
  options: Parameters<typeof startFlow>[2] = {},
): Promise<{ readonly store: RecordingStore; readonly flow: Flow }> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const limits = { xmlBytes: "3MiB" };
  return { store, flow: await startFlow(t, store.endpoint, { limits, ...options }) };
}

/** A request whose body comes without its digest, so that less than all of it can be sent. */
function unsigned(flow: Flow, method: string, target: string, length: number): Buffer {
  const headers: readonly Header[] = [["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]];
  return bytesOf(
    flow.signed(method, target, { headers, unsigned: [["content-length", `${length}`]] }),
  );
}

const TARGETS = [
  ["POST", "/bucket?delete=", "Delete"],
  ["PUT", "/bucket?tagging=", "Tagging"],
  ["PUT", "/bucket?lifecycle=", "LifecycleConfiguration"],
] as const;

for (const [method, target, root] of TARGETS) {
  test(`a <${root}> of 2 MiB is refused before it has come`, async (t) => {
    const { store, flow } = await before(t);
    for (const { name, of } of HOSTILE_XML) {
      await t.test(`of ${name}`, async () => {
        const body = Buffer.from(of(root, 2 * MIB));
        const client = await flow.connect();
        client.write(unsigned(flow, method, target, body.length));
        client.write(body.subarray(0, body.length - WITHHELD));
        const answer = await client.answer();
        client.destroy();
        assert.deepEqual([answer.status, codeOf(answer)], [400, "MalformedXML"]);
        assert.deepEqual(store.heads, []);
      });
    }
  });
}

const KEY = "k".repeat(1024);
/** 1,000 keys, each the longest that S3 has; half of each is written so that it costs most. */
const MANY_KEYS = `<Delete>${Array.from({ length: 1000 }, (_, i) => {
  const number = String(i).padStart(4, "0");
  return `<Object><Key>${number}${"&#x6B;".repeat(200)}${KEY.slice(204)}</Key></Object>`;
}).join("")}</Delete>`;

test("1,000 keys of 1,024 bytes are deleted, each by its name", async (t) => {
  const { store, flow } = await before(t);
  const answer = await flow.exchange("POST", "/bucket?delete=", { body: MANY_KEYS });
  assert.equal(answer.status, 200);
  const sent = store.requests[0]?.body.toString() ?? "";
  const keys = Array.from(sent.matchAll(/<Key>([^<]*)<\/Key>/g), ([, key]) => key);
  const wanted = Array.from(
    { length: 1000 },
    (_, i) => String(i).padStart(4, "0") + KEY.slice(0, 1020),
  );
  assert.deepEqual(keys, wanted);
});

/** What comes last of a document that costs as much as one can before it is refused. */
const SLOW = [
  ["a DeleteObjects of 1,000 keys", "POST", "/bucket?delete=", MANY_KEYS.slice(0, -1)],
  [
    "50,000 elements",
    "PUT",
    "/bucket?lifecycle=",
    `<LifecycleConfiguration>${`<Rule>${"<Transition/>".repeat(48)}</Rule>`.repeat(1000)}`,
  ],
  [
    "80,000 comments",
    "PUT",
    "/bucket?lifecycle=",
    `<LifecycleConfiguration>${"<!--comment-->".repeat(80_000)}`,
  ],
] as const;

for (const [what, method, target, body] of SLOW) {
  test(`others are answered between the steps of ${what}`, async (t) => {
    const { flow } = await before(t);
    const events: string[] = [];
    const other = await flow.connect();
    const others = async (): Promise<void> => {
      while (!events.includes("refused")) {
        other.write(bytesOf(flow.signed("GET", "/bucket/key", { key: READER })));
        assert.equal((await other.answer()).status, 200);
        events.push("other");
      }
    };
    const hostile = async (): Promise<void> => {
      const client = await flow.connect();
      client.write(unsigned(flow, method, target, body.length));
      client.write(body, () => events.push("sent"));
      const answer = await client.answer();
      events.push("refused");
      assert.deepEqual([answer.status, codeOf(answer)], [400, "MalformedXML"]);
    };
    await Promise.all([others(), hostile()]);
    const between = events.slice(events.indexOf("sent"), events.indexOf("refused"));
    const answered = between.filter((event) => event === "other").length;
    assert.ok(answered >= 3, `${answered} others were answered: ${events.join(" ")}`);
  });
}

/** How much parsers were given in each turn of the event loop, while `work` is done. */
async function charactersByTurn(
  t: TestContext,
  work: () => Promise<unknown>,
): Promise<readonly number[]> {
  const { mock } = t.mock.method(SaxesParser.prototype, "write");
  const turns: number[] = [];
  let counted = 0;
  const count = (): void => {
    const calls = mock.calls.slice(counted);
    counted += calls.length;
    turns.push(
      sum(calls.map(({ arguments: [text] }) => (typeof text === "string" ? text.length : 0))),
    );
  };
  const turned = (): void => {
    count();
    turning = setImmediate(turned);
  };
  let turning = setImmediate(turned);
  await work();
  clearImmediate(turning);
  count();
  return turns;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

test("no turn of the event loop reads more than a step, of however many documents", async (t) => {
  const { flow } = await before(t);
  const turns = await charactersByTurn(t, async () => {
    const answers = Array.from({ length: AT_ONCE }, () =>
      flow.exchange("POST", "/bucket?delete=", { body: MANY_KEYS }),
    );
    for (const answer of answers) assert.equal((await answer).status, 200);
  });
  assert.equal(sum(turns), AT_ONCE * MANY_KEYS.length);
  assert.ok(Math.max(...turns) <= STEP_CHARACTERS_MAX, `${Math.max(...turns)} in one turn`);
});

const TAGGING = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
const OWNED = "<Owner><ID>o</ID></Owner>";
const ACL = `<AccessControlPolicy>${OWNED}<AccessControlList/></AccessControlPolicy>`;
const PLACE = "<S3BucketDestination><Bucket>arn:aws:s3:::other</Bucket></S3BucketDestination>";
const RULE = "<Rule><Destination><Bucket>arn:aws:s3:::other</Bucket></Destination></Rule>";

/** One document of each kind that is read, in every letter as it is sent. */
const DOCUMENTS = [
  ["PUT /new", "<CreateBucketConfiguration/>"],
  ["POST /bucket?delete=", "<Delete><Object><Key>k</Key></Object></Delete>"],
  ["PUT /bucket?acl=", ACL],
  [
    "PUT /bucket?analytics=&id=1",
    "<AnalyticsConfiguration><Id>1</Id><StorageClassAnalysis/></AnalyticsConfiguration>",
  ],
  [
    "PUT /bucket?inventory=&id=1",
    `<InventoryConfiguration><Destination>${PLACE}</Destination></InventoryConfiguration>`,
  ],
  [
    "PUT /bucket?lifecycle=",
    "<LifecycleConfiguration><Rule><ID>1</ID></Rule></LifecycleConfiguration>",
  ],
  ["PUT /bucket?logging=", "<BucketLoggingStatus/>"],
  ["PUT /bucket?notification=", "<NotificationConfiguration/>"],
  ["PUT /bucket?replication=", `<ReplicationConfiguration>${RULE}</ReplicationConfiguration>`],
  ["PUT /bucket?tagging=", TAGGING],
  [
    "PUT /bucket?versioning=",
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
  ],
  ["PUT /bucket/key?acl=", ACL],
  ["PUT /bucket/key?legal-hold=", "<LegalHold><Status>ON</Status></LegalHold>"],
  ["PUT /bucket?object-lock=", "<ObjectLockConfiguration/>"],
  ["PUT /bucket/key?retention=", "<Retention><Mode>GOVERNANCE</Mode></Retention>"],
  ["PUT /bucket/key?tagging=", TAGGING],
  ["POST /bucket/key?restore=", "<RestoreRequest><Days>1</Days></RestoreRequest>"],
] as const;

/** The version guard needs no document to refuse these. */
const REFUSED_BY_HEAD: ReadonlySet<string> = new Set([
  "PUT /bucket?object-lock=",
  "PUT /bucket?replication=",
]);

/** Everything of a document is asked for: its tags, its lock, its grants, what it may destroy. */
const ASKING = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "s3:*", Resource: "*" },
    {
      Effect: "Deny",
      Action: "s3:*",
      Resource: "*",
      Condition: { StringEquals: { "s3:RequestObjectTag/k": "secret" } },
    },
  ],
};

for (const [line, xml] of DOCUMENTS) {
  test(`the document of ${line} is read exactly once`, async (t) => {
    const { flow } = await before(t, {
      store: { store: "aws" },
      policy: { versionGuard: !REFUSED_BY_HEAD.has(line) },
      files: { "asking.json": JSON.stringify(ASKING) },
      accounts: [
        {
          name: "lab",
          upstream: UPSTREAM,
          keys: [OWNER],
          policies: ["asking.json"],
          subusers: [{ name: "reader", policies: ["asking.json"], keys: [READER] }],
        },
      ],
    });
    const [method = "", target = ""] = line.split(" ");
    const options: RequestOptions = { body: xml, key: READER };
    const turns = await charactersByTurn(t, () => flow.exchange(method, target, options));
    assert.equal(sum(turns), xml.length);
    const [record] = await flow.gateway.records(1);
    assert.notEqual(record?.["errorCode"], "MalformedXML");
  });
}

test("a bucket policy above 64 KiB is refused by its length, before it is asked for", async (t) => {
  const { flow } = await before(t);
  const client = await flow.connect();
  const expecting: readonly Header[] = [
    ["content-length", `${64 * 1024 + 1}`],
    ["expect", "100-continue"],
  ];
  const headers: readonly Header[] = [["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]];
  client.write(bytesOf(flow.signed("PUT", "/bucket?policy=", { headers, unsigned: expecting })));
  const answer = await client.answer();
  assert.deepEqual([answer.status, codeOf(answer)], [400, "MalformedPolicy"]);
});

test("a document that is refused before it was proved is refused for what it says", async (t) => {
  const { flow } = await before(t);
  const body = `<Delete>${"<x/>".repeat(100_000)}</Delete>`;
  const wrong: readonly Header[] = [["content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="]];
  const large = await flow.exchange("POST", "/bucket?delete=", { body, headers: wrong });
  assert.equal(codeOf(large), "MalformedXML");
});

test("a document is not believed before it is proved", async (t) => {
  const { store, flow } = await before(t);
  const wrong: readonly Header[] = [["content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="]];
  const answer = await flow.exchange("POST", "/bucket?delete=", {
    body: MANY_KEYS,
    headers: wrong,
  });
  assert.equal(codeOf(answer), "BadDigest");
  assert.deepEqual(store.heads, []);
});
