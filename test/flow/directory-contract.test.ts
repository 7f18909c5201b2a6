/** A directory made from docs/openapi/identities.yaml alone: each of its examples is what it says. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import { readContract } from "../support/directory-contract.ts";
import { rawValue, startFlow, type Flow } from "../support/flow.ts";
import { codeOf } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import type { KeyPair } from "../support/signed.ts";

const { examples, isKey, statuses } = readContract();
const LAB = { name: "lab", upstream: { accessKey: "LABSTORE", secretKey: "of-the-lab" } };

/** Serves the examples as the document describes it, and refuses what the document does not allow. */
async function startContractServer(t: TestContext): Promise<string> {
  const byKey = new Map([...examples.values()].map((one) => [String(one["accessKey"]), one]));
  const server = await startHttpStore((request, response) => {
    const segment = /^\/s3\/([^/?]+)$/.exec(request.url ?? "")?.[1];
    const isAsDescribed = request.method === "GET" && segment !== undefined;
    assert(isAsDescribed, `${request.method} ${request.url}`);
    if (request.headers.authorization !== "Bearer of-the-gateway") {
      response.writeHead(401).end();
      return;
    }
    const key = byKey.get(decodeURIComponent(segment));
    response.writeHead(key === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(key === undefined ? "" : JSON.stringify(key));
  });
  t.after(() => server.stop());
  return `${server.endpoint}/s3`;
}

async function begin(t: TestContext): Promise<{ flow: Flow; store: RecordingStore }> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const url = await startContractServer(t);
  const directories = [{ url, token: "of-the-gateway", accounts: ["lab", "*"] }];
  return { flow: await startFlow(t, store.endpoint, { accounts: [LAB], directories }), store };
}

function pairOf(name: string): KeyPair {
  const example = examples.get(name);
  return { accessKey: String(example?.["accessKey"]), secretKey: String(example?.["secretKey"]) };
}

/** What becomes of a GET and of a PUT by an example's key, and whose key signs for the store. */
const MEANING: Readonly<
  Record<string, { readonly get: string; readonly put: string; readonly signer?: string }>
> = {
  account: { get: "OK", put: "OK", signer: "STOREKEYOFALICE" },
  own: { get: "OK", put: "OK", signer: "AKIAEXAMPLECAROL0001" },
  reader: { get: "OK", put: "AccessDenied", signer: "LABSTORE" },
  policies: { get: "OK", put: "AccessDenied", signer: "LABSTORE" },
  disabled: { get: "AccessDenied", put: "AccessDenied" },
};

test("the examples of the contract are valid by its schemas, and each is tested", () => {
  for (const [name, example] of examples) {
    assert(isKey(example), `${name}: ${JSON.stringify(isKey.errors)}`);
  }
  assert.deepEqual([...examples.keys()].toSorted(), Object.keys(MEANING).toSorted());
});

for (const [name, meaning] of Object.entries(MEANING)) {
  test(`the example "${name}" of the contract is understood as it says`, async (t) => {
    const { flow, store } = await begin(t);
    const key = pairOf(name);
    for (const [method, expected] of [
      ["GET", meaning.get],
      ["PUT", meaning.put],
    ] as const) {
      const body = method === "PUT" ? { body: "text" } : {};
      const answer = await flow.exchange(method, "/physics/key", { key, ...body });
      assert.equal(answer.status === 200 ? "OK" : codeOf(answer), expected, method);
    }
    const authorization = rawValue(store.requests[0]?.rawHeaders ?? [], "authorization") ?? "";
    assert.equal(/Credential=([^/]+)\//.exec(authorization)?.[1], meaning.signer);
    const [record] = await flow.gateway.records(2);
    const { account, subuser } = examples.get(name) ?? {};
    assert.deepEqual([record?.["account"], record?.["subuser"]], [account, subuser]);
  });
}

/** What a client reads where a directory answers with each status of the contract. */
const STATUSES: Readonly<Record<string, string>> = {
  "401": "SlowDown",
  "403": "SlowDown",
  "404": "InvalidAccessKeyId",
  default: "SlowDown",
};

test("every status of the contract is understood as it says", async (t) => {
  assert.deepEqual(
    statuses.filter((status) => status !== "200").toSorted(),
    Object.keys(STATUSES).toSorted(),
  );
  for (const [status, code] of Object.entries(STATUSES)) {
    const server = await startHttpStore((_, response) =>
      response.writeHead(status === "default" ? 418 : Number(status)).end(),
    );
    t.after(() => server.stop());
    const directories = [{ url: server.endpoint }];
    const flow = await startFlow(t, "http://127.0.0.1:9", { accounts: [LAB], directories });
    const answer = await flow.exchange("GET", "/physics/key", { key: pairOf("own") });
    assert.equal(codeOf(answer), code, status);
  }
});
