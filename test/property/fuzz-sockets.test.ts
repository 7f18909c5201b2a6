/**
 * Thousands of mutated requests as raw bytes on sockets of the real gateway. The rule: the process
 * lives, an answer is never a fault of the server but 501 (which says of a part of S3 that it is not
 * served here), and nothing reaches the store but what was signed.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeOf, RawClient } from "../support/raw-client.ts";
import { openInProcess, type InProcess } from "../support/in-process.ts";
import { between, oneOf, randomFrom, SEEDS, tellSeed } from "../support/seeds.ts";
import { bytesOf, type Outgoing } from "../support/signed.ts";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import { MUTATORS, mutated } from "./fuzz/mutations.ts";
import { basesAt, OWNER } from "./fuzz/wire.ts";

/** For each seed; half of them signed with a secret that nobody has. */
const RUNS = 5_000;
const CLIENTS = 16;
const NAMES = Object.keys(MUTATORS);

let store: RecordingStore;
let gateway: InProcess;

before(async () => {
  tellSeed();
  store = await startRecordingStore();
  gateway = await openInProcess({
    upstream: store.endpoint,
    store: { store: "aws" },
    policy: { signatures: ["v4", "v2"] },
    listen: { domains: ["s3.example.org"] },
    accounts: [
      {
        name: "lab",
        upstream: { accessKey: "AKIAUPSTREAM", secretKey: "theSecretOfTheStore" },
        keys: [OWNER],
      },
    ],
  });
});

after(async () => {
  await gateway.close();
  await store.stop();
});

type Random = () => number;

/** Of the request, changed where its meaning lies, and then of its bytes, anywhere. */
function mutatedBytes(random: Random, request: Outgoing): Buffer {
  const mutations = Array.from({ length: between(random, 0, 2) }, () => ({
    what: NAMES[between(random, 0, NAMES.length - 1)] ?? "",
    a: between(random, 0, 10_000),
    b: between(random, 0, 10_000),
  }));
  let bytes = bytesOf(mutated(request, mutations));
  for (let i = between(random, mutations.length === 0 ? 1 : 0, 2); i > 0; i--) {
    bytes = changed(random, bytes);
  }
  return bytes;
}

const PIECES = [
  "\r\n",
  "\n",
  "\r\n\r\n",
  "\0",
  " ",
  "\t",
  ":",
  "\r\nhost: a",
  "HTTP/1.1",
  "a".repeat(20_000),
];

function changed(random: Random, bytes: Buffer): Buffer {
  const at = between(random, 0, Math.max(bytes.length - 1, 0));
  const piece = Buffer.from(PIECES[between(random, 0, PIECES.length - 1)] ?? "");
  const [by, count] = oneOf<readonly [Buffer, number]>(random, [
    [Buffer.from([between(random, 0, 255)]), 1],
    [piece, 0],
    [Buffer.alloc(0), between(random, 1, 40)],
    [Buffer.alloc(0), bytes.length],
    [bytes.subarray(at, at + 60), 0],
  ]);
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + count)]);
}

/** How long an answer is waited for before the bytes are known to be no whole request. */
const WHOLE_MS = 50;

/** Status and code; "none" where the connection ended without an answer. */
async function tell(bytes: Buffer): Promise<string> {
  const method = bytes.toString("latin1", 0, 5) === "HEAD " ? "HEAD" : "GET";
  const client = await RawClient.connect(gateway.address);
  client.write(bytes);
  const ending = setTimeout(() => client.end(), WHOLE_MS);
  try {
    const answer = await client.finalAnswer(method);
    return `${answer.status} ${codeOf(answer)}`.trim();
  } catch (error) {
    if (error instanceof Error && error.message.includes("without an answer")) return "none";
    throw new Error(JSON.stringify(bytes.toString("latin1")), { cause: error });
  } finally {
    clearTimeout(ending);
    client.destroy();
  }
}

/** Written anew for each request that is sent on. */
const OURS = new Set(["x-amz-date", "x-amz-content-sha256"]);

/** What the store was asked: method, target and what else has a meaning in S3. */
function asked(): readonly string[] {
  return store.heads.map(({ method, url, rawHeaders }) => {
    const fields: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]?.toLowerCase() ?? "";
      // A signature speaks of a value with each run of blanks as one space ("Trim", SigV4's canonical
      // request; tabs too, as SDKs read it).
      const value = rawHeaders[i + 1]?.replaceAll(/[ \t]+/g, " ");
      if (name.startsWith("x-amz-") && !OURS.has(name)) fields.push(`${name}: ${value}`);
    }
    return [method, url, ...fields.sort()].join(" ");
  });
}

for (const [what, key] of [
  ["of whoever has a key", OWNER],
  ["of whoever has none", { ...OWNER, secretKey: "guessed" }],
] as const) {
  test(`mutated bytes ${what} bring nothing down and nothing unproved through`, async (t) => {
    const bases = basesAt({ host: gateway.address, key, nowMs: Date.now() }).map(
      ([, base]) => base,
    );
    store.forget();
    for (const base of bases) await tell(bytesOf(base));
    const wanted = new Set(asked());
    assert.equal(wanted.size > 0, key === OWNER);
    for (const seed of SEEDS) {
      const random = randomFrom(seed);
      const answers = new Map<string, number>();
      let left = RUNS / 2;
      const clients = Array.from({ length: CLIENTS }, async () => {
        while (left-- > 0) {
          const base = bases[between(random, 0, bases.length - 1)];
          if (base === undefined) throw new Error("There is nothing to mutate");
          const bytes = mutatedBytes(random, base);
          const told = await tell(bytes);
          answers.set(told, (answers.get(told) ?? 0) + 1);
          assert.ok(
            !told.startsWith("5") || told.startsWith("501 "),
            `${told}: ${bytes.toString("latin1")}`,
          );
        }
      });
      await Promise.all(clients);
      t.diagnostic(`seed ${seed}: ${JSON.stringify(Object.fromEntries(answers))}`);
    }
    assert.deepEqual(
      asked().filter((one) => !wanted.has(one)),
      [],
    );
  });
}

test("after all of them a good request is served, and none was a bug", async () => {
  const [good] = basesAt({ host: gateway.address, key: OWNER, nowMs: Date.now() });
  assert.ok(good !== undefined);
  assert.equal(await tell(bytesOf(good[1])), "200");
  assert.deepEqual(gateway.errors, []);
});
