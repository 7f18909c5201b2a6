/** Bucket policies that would break a claim that is marked `enforced`, put over a socket. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { startRecordingStore } from "../stores/recording.ts";
import { metricOf } from "../support/asked.ts";
import { auditRecords, type AuditRecord } from "../support/audit.ts";
import { OWNER, READER, until, UPSTREAM } from "../support/flow.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { codeOf, rawExchange, type RawAnswer } from "../support/raw-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { bytesOf, signV4, timestampOf } from "../support/signed.ts";

/** A gateway that keeps `bucket` for its owner, and judges its policies by `claims`. */
async function before(t: TestContext, claims: string, workers = 1): Promise<Gateway> {
  // That the bucket is not there yet is what lets the gateway remember its maker.
  const store = await startRecordingStore({
    onRequest: ({ method }) => ({ kind: "reply", status: method === "HEAD" ? 404 : 200 }),
  });
  t.after(() => store.stop());
  const gateway = await startGateway({
    upstream: store.endpoint,
    workers,
    policy: { bucketPolicies: "gateway", anonymous: "policy" },
    state: { directory: join(scratchFolder("state"), "records") },
    files: { "claims.txt": claims },
    reload: { claims: "claims.txt" },
    accounts: [
      { name: "lab", upstream: UPSTREAM, keys: [OWNER] },
      { name: "other", upstream: { accessKey: "AKOTHERSTORE", secretKey: "x" }, keys: [READER] },
    ],
  });
  t.after(() => gateway.stop());
  assert.equal((await send(gateway, "PUT", "/bucket")).status, 200);
  return gateway;
}

/** Sends a request that the owner signed. */
function send(gateway: Gateway, method: string, target: string, text = ""): Promise<RawAnswer> {
  const address = gateway.endpoint.replace("http://", "");
  const body = Buffer.from(text);
  const length = ["content-length", `${body.length}`] as const;
  const headers = [["host", address] as const, ...(method === "PUT" ? [length] : [])];
  const scope = { timestamp: timestampOf(Date.now()) };
  const request = signV4({ method, target, headers, body }, OWNER, scope);
  return rawExchange(address, bytesOf(request), { method });
}

type Said = { readonly Effect?: string; readonly Principal: unknown; readonly Condition?: unknown };

function policy(...statements: readonly Said[]): string {
  const common = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" };
  const Statement = statements.map((said) => ({ ...common, ...said }));
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

/** The line about the refused policy, which is written when its answer is delivered. */
async function refusalIn(file: string): Promise<AuditRecord | undefined> {
  const found = (): AuditRecord | undefined =>
    auditRecords(file).find(({ errorCode }) => errorCode === "AccessDenied");
  await until(() => found() !== undefined);
  return found();
}

const PUBLIC = policy({ Principal: "*" });
const FOR_OTHER = policy({ Principal: { AWS: "arn:aws:iam::other:root" } });
const put = (gateway: Gateway, body: string) => send(gateway, "PUT", "/bucket?policy", body);
const shown = async (gateway: Gateway): Promise<string> =>
  (await send(gateway, "GET", "/bucket?policy")).body.toString();

for (const workers of [1, 2]) {
  describe(`"enforced nothing is public", with ${workers} processes`, () => {
    test("refuses a public policy with the claim, and keeps the one before", async (t) => {
      const gateway = await before(t, "enforced nothing is public\n", workers);
      assert.equal((await put(gateway, FOR_OTHER)).status, 204);
      const answer = await put(gateway, PUBLIC);
      assert.equal(answer.status, 403);
      assert.equal(codeOf(answer), "AccessDenied");
      assert.match(answer.body.toString(), /would break a claim .*: nothing is public</);
      assert.doesNotMatch(answer.body.toString(), /anonymous|GET/);
      assert.equal(await shown(gateway), FOR_OTHER);
      const refused = await refusalIn(gateway.auditFile);
      assert.match(
        String(refused?.["rule"]),
        /claims\.txt:1: anonymous could GET \/bucket\/\S* from /,
      );
      const page = await (await fetch(`${gateway.adminEndpoint}/`)).text();
      const [, denials = ""] = /<h2 id="denials-title">([\s\S]*?)<\/section>/.exec(page) ?? [];
      assert.match(
        denials,
        /PutBucketPolicy[\s\S]*enforced-claim<\/span>\s*<span class="line">nothing is public<[\s\S]*claims\.txt:1: anonymous could GET/,
      );
      assert.doesNotMatch(denials, /#explain/);
    });
  });
}

test("a claim that is not enforced refuses no policy", async (t) => {
  const gateway = await before(t, "nothing is public\n");
  assert.equal((await put(gateway, PUBLIC)).status, 204);
});

test("a claim about another bucket refuses no policy of this one", async (t) => {
  const gateway = await before(t, "enforced nothing on arn:aws:s3:::bucket2/* is public\n");
  assert.equal((await put(gateway, PUBLIC)).status, 204);
});

test("a policy whose claims are not decided is refused, and the answer says so", async (t) => {
  const gateway = await before(t, "enforced nothing is public\n");
  const tagged = { StringEquals: { "s3:ExistingObjectTag/open": "yes" } };
  const answer = await put(gateway, policy({ Principal: "*", Condition: tagged }));
  assert.equal(codeOf(answer), "AccessDenied");
  assert.match(answer.body.toString(), /It is not decided whether .*: nothing is public</);
});

test("a policy is judged by the claims of the configuration in force", async (t) => {
  const gateway = await before(t, "enforced nothing is public\n");
  assert.equal((await put(gateway, PUBLIC)).status, 403);
  writeFileSync(join(gateway.folder, "claims.txt"), "nothing is public\n");
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await metricOf(gateway, "config_generation")) === 2);
  assert.equal((await put(gateway, PUBLIC)).status, 204);
});
