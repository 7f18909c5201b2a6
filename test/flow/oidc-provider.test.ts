import assert from "node:assert/strict";
import { test } from "node:test";
import { formOf, call, sessionIn, startSts, textIn } from "../support/sts.ts";
import { startOidcProvider } from "../support/oidc-provider.ts";
import { makeKey } from "../support/tokens.ts";

const ROLE = "arn:aws:iam::lab:role/job";
const ROLES = [{ name: "job", tier: "READ", trust: { issuer: "idp", subject: "nightly-*" } }];

test("a job with a token of a real OpenID Connect provider gets a session", async (t) => {
  const provider = await startOidcProvider(t, [makeKey("2026-11", "RS256", "rsa")], "s3");
  const issuers = [{ name: "idp", url: provider.url, audiences: ["s3"] }];
  const flow = await startSts(t, ROLES, { issuers });
  const token = await provider.token();
  const body = formOf("AssumeRoleWithWebIdentity", {
    RoleArn: ROLE,
    RoleSessionName: "run-17",
    WebIdentityToken: token,
  });
  const answer = await call(flow, body);
  assert.equal(answer.status, 200, answer.body.toString());
  const session = sessionIn(textIn(answer, "SessionToken"));
  assert.deepEqual(session?.federated, { issuer: "idp", subject: "nightly-job" });
});

test("its token for another audience opens nothing", async (t) => {
  const provider = await startOidcProvider(t, [makeKey("2026-11", "RS256", "rsa")], "mail");
  const issuers = [{ name: "idp", url: provider.url, audiences: ["s3"] }];
  const flow = await startSts(t, ROLES, { issuers });
  const token = await provider.token();
  const answer = await call(
    flow,
    formOf("AssumeRoleWithWebIdentity", {
      RoleArn: ROLE,
      RoleSessionName: "run-17",
      WebIdentityToken: token,
    }),
  );
  assert.equal(textIn(answer, "Code"), "InvalidIdentityToken");
  assert.match(textIn(answer, "Message"), /audience/);
});
