/** A flood of bad tokens is refused at a pace. Nobody but its senders waits. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { ISSUER_KEYS, ISSUER_URL, KEYS, tokensAt } from "../support/bad-tokens.ts";
import { metricOf, READER, until, type Flow } from "../support/flow.ts";
import type { RawClient } from "../support/raw-client.ts";
import { call, formOf, send, signedCall, startSts, textIn } from "../support/sts.ts";
import { tokenOf } from "../support/tokens.ts";

const ROLES = [
  { name: "web", tier: "READ", trust: { issuer: "keycloak", subject: "user-*" } },
  { name: "others", tier: "READ", trust: { issuer: "keycloak", subject: "nobody" } },
];
const ISSUERS = [{ name: "keycloak", url: ISSUER_URL, jwks: "keys.json", audiences: ["s3"] }];
const FILES = { "keys.json": JSON.stringify({ keys: ISSUER_KEYS }) };

const start = (t: TestContext): Promise<Flow> =>
  startSts(t, ROLES, { issuers: ISSUERS, files: FILES });

const callWith = (token: string, role = "web"): string =>
  formOf("AssumeRoleWithWebIdentity", {
    RoleArn: `arn:aws:iam::lab:role/${role}`,
    RoleSessionName: "ada",
    WebIdentityToken: token,
  });

const goodToken = (): string => tokenOf(KEYS.es256, tokensAt(Math.floor(Date.now() / 1000)).claims);

/** Opens connections, each of which sends `ahead` calls at once. */
async function flood(
  flow: Flow,
  connections: number,
  ahead: number,
): Promise<readonly RawClient[]> {
  const body = callWith("bad.bad.bad");
  const head = `POST / HTTP/1.1\r\nhost: ${flow.gateway.address}\r\ncontent-length: ${body.length}\r\n\r\n`;
  const clients = await Promise.all(Array.from({ length: connections }, () => flow.connect()));
  for (const client of clients) client.write((head + body).repeat(ahead));
  return clients;
}

const waiting = async (flow: Flow): Promise<number> =>
  (await metricOf(flow, "sts_refusals_waiting")) ?? Number.NaN;

test("good tokens and keys are answered while strangers wait for their refusals", async (t) => {
  const flow = await start(t);
  const clients = await flood(flow, 400, 4);
  await until(async () => (await waiting(flow)) > 100);
  let refused = 0;
  const strangers = [callWith("bad.bad.bad"), callWith(goodToken(), "others")].map(async (body) => {
    const answer = await call(flow, body);
    refused++;
    return textIn(answer, "Code");
  });
  const good = await call(flow, callWith(goodToken()));
  assert.equal(good.status, 200, good.body.toString());
  const untrusted = formOf("AssumeRole", {
    RoleArn: "arn:aws:iam::lab:role/others",
    RoleSessionName: "ada",
  });
  const known = await send(flow, signedCall(flow.gateway.address, untrusted, READER));
  assert.equal(textIn(known, "Code"), "AccessDenied");
  assert.equal(refused, 0);
  assert.deepEqual(await Promise.all(strangers), ["InvalidIdentityToken", "AccessDenied"]);
  for (const client of clients) client.destroy();
  await until(async () => (await waiting(flow)) === 0);
});

test("calls that are sent ahead on a connection wait for the refusal of the one before", async (t) => {
  const flow = await start(t);
  const [connections, ahead] = [20, 30];
  const clients = await flood(flow, connections, ahead);
  const answered = Promise.all(
    clients.map(async (client) => {
      for (let i = 0; i < ahead; i++) await client.answer();
    }),
  );
  let over = false;
  void answered.finally(() => (over = true));
  let most = 0;
  await until(async () => {
    most = Math.max(most, await waiting(flow));
    return over;
  });
  await answered;
  assert.ok(most > 0 && most <= connections, `${most} waited at a time`);
});

test("refusals that wait do not hold up the end of the gateway", async (t) => {
  // At their pace they would take 12 s.
  const limits = { drainTimeout: "9s" };
  const flow = await startSts(t, ROLES, { issuers: ISSUERS, files: FILES, limits });
  const [connections, ahead] = [100, 32];
  const clients = await flood(flow, connections, ahead);
  const answered = async (calls: number): Promise<void> => {
    const answers = clients.map(async (client) => {
      for (let i = 0; i < calls; i++) assert.equal((await client.answer()).status, 400);
    });
    await Promise.all(answers);
  };
  // By then the gateway has read all calls.
  await answered(1);
  await Promise.all([answered(ahead - 1), flow.gateway.close()]);
});
