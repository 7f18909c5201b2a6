/**
 * Tests thousands of mutated requests as raw bytes on sockets of the real gateway. The process must
 * live. An answer is never a fault of the server, except 501 (a part of S3 that is not served
 * here). Nothing reaches the store unless it was signed.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeOf, RawClient } from "../support/raw-client.ts";
import { openInProcess, type InProcess } from "../support/in-process.ts";
import { between, randomFrom, SEEDS, tellSeed } from "../support/seeds.ts";
import { bytesOf } from "../support/signed.ts";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import { mutatedBytes } from "./fuzz/bytes.ts";
import { basesAt, OWNER } from "./fuzz/wire.ts";

/** The number of runs for each seed; half of them are signed with a secret that nobody has. */
const RUNS = 5_000;
const CLIENTS = 16;

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

/** The time to wait for an answer before the bytes count as an incomplete request. */
const WHOLE_MS = 50;

/** Returns status and code; "none" if the connection ended without an answer. */
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

/** Headers that are written anew for each request that is sent on. */
const OURS = new Set(["x-amz-date", "x-amz-content-sha256"]);

/** Returns the requests at the store: method, target and everything else with a meaning in S3. */
function asked(): readonly string[] {
  return store.heads.map(({ method, url, rawHeaders }) => {
    const fields: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]?.toLowerCase() ?? "";
      // A signature covers a value with each run of blanks as one space ("Trim", SigV4's canonical
      // request; tabs too, as SDKs read it).
      const value = rawHeaders[i + 1]?.replaceAll(/[ \t]+/g, " ");
      if (name.startsWith("x-amz-") && !OURS.has(name)) fields.push(`${name}: ${value}`);
    }
    return [method, url, ...fields.sort()].join(" ");
  });
}

// The order matters. A request that was proved may reach the store after its client has gone. On a
// busy machine the next test has begun by then.
for (const [what, key] of [
  ["with a wrong secret", { ...OWNER, secretKey: "guessed" }],
  ["with a valid key", OWNER],
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
