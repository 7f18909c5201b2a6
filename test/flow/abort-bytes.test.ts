/**
 * An upload of 100 bytes whose client goes away behind each byte of its head, and of its body in
 * every framing: nothing is whole at the store but what was sent whole, each upload whose head came
 * has one record, and nothing is held afterwards. More clients upload at a time than there are
 * connections to the store.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { metricOf, OWNER, UPSTREAM, until } from "../support/flow.ts";
import { streamed, type Framing } from "../support/framing.ts";
import { openInProcess, type InProcess } from "../support/in-process.ts";
import { codeOf, RawClient, rawExchange } from "../support/raw-client.ts";
import {
  bytesOf,
  plus,
  signV4,
  timestampOf,
  type Header,
  type Outgoing,
} from "../support/signed.ts";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";

const TEXT = "0123456789".repeat(10);
const STORE_CONNECTIONS = 8;
/** Clients that are there at a time. */
const AT_ONCE = 100;

let store: RecordingStore;
let gateway: InProcess;

before(async () => {
  store = await startRecordingStore();
  gateway = await openInProcess({
    upstream: store.endpoint,
    store: { connections: STORE_CONNECTIONS },
    accounts: [{ name: "lab", upstream: UPSTREAM, keys: [OWNER] }],
    limits: { headerTimeout: "5m", idleTimeout: "5m" },
  });
});

after(async () => {
  await gateway.close();
  await store.stop();
});

const scope = (): { timestamp: string } => ({ timestamp: timestampOf(Date.now()) });
function bare(target: string, ...headers: readonly Header[]): Outgoing {
  const all: Header[] = [["host", gateway.address], ...headers];
  return { method: "PUT", target, headers: all, body: Buffer.alloc(0) };
}
const framed = (request: Outgoing, kind: Framing["kind"]): Outgoing =>
  streamed(request, OWNER, scope(), { kind, chunks: [TEXT] });

/** The upload of TEXT to a target, in every way that a body can come. */
const UPLOADS: Readonly<Record<string, (target: string) => Outgoing>> = {
  "signed with its digest": (target) =>
    signV4(
      { ...bare(target, ["content-length", `${TEXT.length}`]), body: Buffer.from(TEXT) },
      OWNER,
      scope(),
    ),
  "with an unsigned payload": (target) => {
    const request = signV4(
      bare(target, ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]),
      OWNER,
      scope(),
    );
    return { ...plus(request, ["content-length", `${TEXT.length}`]), body: Buffer.from(TEXT) };
  },
  "in signed chunks": (target) => framed(bare(target), "signed"),
  "in signed chunks with a trailer": (target) => framed(bare(target), "signed-trailer"),
  "in unsigned chunks with a trailer": (target) => framed(bare(target), "unsigned-trailer"),
  "in HTTP chunks": (target) => {
    const request = framed(bare(target, ["transfer-encoding", "chunked"]), "unsigned-trailer");
    const chunk = `${request.body.length.toString(16)}\r\n${request.body.toString()}\r\n0\r\n\r\n`;
    return { ...request, body: Buffer.from(chunk) };
  },
};

/** How a client can go: by a FIN and listening on, by a FIN and closed, by a RST. */
const LEAVES = ["end", "destroy", "break"] as const;

/** A client that sends no more than `cut` bytes of its upload. */
type Attempt = {
  readonly target: string;
  readonly bytes: Buffer;
  readonly headLength: number;
  readonly cut: number;
  readonly client: RawClient;
  /** Status and code of the answer, if the client waits for it. */
  answer?: string;
};

for (const [index, [what, upload]] of Object.entries(UPLOADS).entries()) {
  for (const leave of LEAVES) {
    test(`an upload ${what} that its client leaves by ${leave} at any byte is not half done`, async () => {
      store.forget();
      const bucket = `/bucket-${index}`;
      const length = bytesOf(upload(`${bucket}/${leave}-0000`)).length;
      const headLength = length - upload(bucket).body.length;
      const attempts: Attempt[] = [];
      // The heads of all of them are read in the same way.
      for (let from = index === 0 ? 0 : headLength; from <= length; from += AT_ONCE) {
        const count = Math.min(AT_ONCE, length + 1 - from);
        const some = await Promise.all(
          Array.from({ length: count }, (_, i) => begin(upload, `${bucket}/${leave}`, from + i)),
        );
        await leaveAll(some, leave);
        attempts.push(...some);
      }
      await until(async () => (await metricOf({ gateway }, "connections")) === 0, 20_000);
      assert.equal(await metricOf({ gateway }, "requests_in_flight"), 0);
      await assertTold(attempts, leave);
      assertStoreSaw(attempts);
    });
  }
}

async function begin(
  upload: (target: string) => Outgoing,
  name: string,
  cut: number,
): Promise<Attempt> {
  const target = `${name}-${String(cut).padStart(4, "0")}`;
  const request = upload(target);
  const bytes = bytesOf(request);
  const client = await RawClient.connect(gateway.address);
  client.write(bytes.subarray(0, cut));
  return { target, bytes, headLength: bytes.length - request.body.length, cut, client };
}

async function leaveAll(
  attempts: readonly Attempt[],
  leave: (typeof LEAVES)[number],
): Promise<void> {
  const { length: begun } = attempts.filter(
    ({ bytes, headLength, cut }) => cut >= headLength && cut < bytes.length,
  );
  // A RST throws away what was not read: all heads are.
  await until(
    async () => ((await metricOf({ gateway }, "requests_in_flight")) ?? 0) >= begun,
    20_000,
  );
  await Promise.all(
    attempts.map(async (attempt) => {
      const { client } = attempt;
      client[leave]();
      if (leave !== "end") return;
      attempt.answer = await client.finalAnswer().then(
        (answer) => `${answer.status} ${codeOf(answer)}`.trim(),
        () => "none",
      );
      client.destroy();
    }),
  );
}

/** That each has one record, which says what its client was told. */
async function assertTold(
  attempts: readonly Attempt[],
  leave: (typeof LEAVES)[number],
): Promise<void> {
  const begun = attempts.filter(({ headLength, cut }) => cut >= headLength);
  const told = new Map<string, string[]>();
  await until(async () => {
    told.clear();
    for (const record of await gateway.records(1)) {
      const { bucket, key, outcome, status, errorCode } = record;
      const target = `/${String(bucket)}/${String(key)}`;
      const text = `${String(outcome)} ${String(status)}${typeof errorCode === "string" ? ` ${errorCode}` : ""}`;
      told.set(target, [...(told.get(target) ?? []), text]);
    }
    return begun.every(({ target }) => told.has(target));
  });
  for (const { target, bytes, headLength, cut, answer } of attempts) {
    const name = `${target}, ${cut - headLength} bytes of its body`;
    const records = told.get(target) ?? [];
    told.delete(target);
    if (cut < headLength) {
      assert.deepEqual(records, [], name);
      // What has begun like a request is refused as one.
      assert.match(answer ?? "none", /^(?:none|400 InvalidRequest)$/, name);
      continue;
    }
    assert.equal(records.length, 1, `${name}: ${records.join(", ")}`);
    const [record = ""] = records;
    if (cut === bytes.length) {
      // Who has sent all and ends its side before it is answered has gone.
      assert.match(record, /^(?:aborted|forwarded)/, name);
      assert.match(answer ?? "none", /^(?:none|200)$/, name);
    } else if (leave === "end") {
      assert.deepEqual(
        [answer, record],
        ["400 IncompleteBody", "refused 400 IncompleteBody"],
        name,
      );
    } else {
      const expected = leave === "break" ? /^aborted/ : /^(?:aborted|refused 400 IncompleteBody)/;
      assert.match(record, expected, name);
    }
  }
}

function assertStoreSaw(attempts: readonly Attempt[]): void {
  const sent = attempts.filter(({ bytes, cut }) => cut === bytes.length);
  const targets = new Set(sent.map(({ target }) => target));
  const whole = store.requests.filter(({ ended }) => ended === "complete");
  assert.deepEqual(
    whole.map(({ url }) => url).filter((url) => !targets.has(url)),
    [],
    "whole, but not sent so",
  );
  for (const { url, body } of whole) assert.equal(body.toString(), TEXT, url);
}

test("afterwards every connection to the store is free, and none of them was a bug", async () => {
  store.forget();
  const uploads = Array.from({ length: 2 * STORE_CONNECTIONS }, async (_, i) => {
    const upload = Object.values(UPLOADS)[i % Object.keys(UPLOADS).length];
    assert.ok(upload !== undefined);
    const answer = await rawExchange(gateway.address, bytesOf(upload(`/bucket/good-${i}`)));
    assert.equal(answer.status, 200);
  });
  await Promise.all(uploads);
  assert.equal(store.requests.length, uploads.length);
  assert.deepEqual(gateway.errors, []);
});
