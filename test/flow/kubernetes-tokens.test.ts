/** docs/kubernetes.md as it stands: its values and its pod's token open the role, and no other does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { blocks, pageOf } from "../unit/docs/page.ts";
import { call, formOf, sessionIn, startSts, textIn } from "../support/sts.ts";
import { makeKey, publicJwk, tokenOf } from "../support/tokens.ts";

const [VALUES = "", , JOB = ""] = blocks(pageOf("kubernetes.md"), "yaml");
const section = z.record(z.string(), z.unknown());
const { gateway, accounts } = z
  .object({
    gateway: z.object({ issuers: z.array(section) }),
    accounts: z.array(z.looseObject({ roles: z.array(section) })),
  })
  .parse(parse(VALUES));

const URL = "https://kubernetes.default.svc.cluster.local";
const KEY = makeKey("", "RS256", "rsa");

test("the token of the pod of docs/kubernetes.md opens its role, and no other pod's does", async (t) => {
  const [audience] = /(?<=audience: )\w+/.exec(JOB) ?? [];
  const [role = ""] = /arn:aws:iam:[\w:/]+/.exec(JOB) ?? [];
  const flow = await startSts(t, accounts[0]?.roles ?? [], {
    issuers: gateway.issuers,
    files: { "cluster-keys.json": JSON.stringify({ keys: [publicJwk(KEY)] }) },
  });
  const now = Math.floor(Date.now() / 1000);
  /** As the API server writes them ("ServiceAccount token volume projection", Kubernetes). */
  const claims = (namespace: string, name: string) => ({
    aud: [audience],
    exp: now + 3607,
    iat: now,
    iss: URL,
    jti: "0a1b2c3d-0000-4000-8000-000000000000",
    "kubernetes.io": {
      namespace,
      node: { name: "node-1", uid: "1" },
      pod: { name: "nightly-1", uid: "2" },
      serviceaccount: { name, uid: "3" },
    },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${name}`,
  });
  const told = async (WebIdentityToken: string): Promise<string> => {
    const asked = { RoleArn: role, RoleSessionName: "nightly", WebIdentityToken };
    const answer = await call(flow, formOf("AssumeRoleWithWebIdentity", asked));
    const { federated } = sessionIn(textIn(answer, "SessionToken")) ?? {};
    return federated?.subject ?? textIn(answer, "Code");
  };
  const own = claims("reporting", "nightly");
  assert.equal(await told(tokenOf(KEY, own, { typ: undefined })), own.sub);
  assert.equal(await told(tokenOf(KEY, claims("reporting", "other"))), "AccessDenied");
  assert.equal(await told(tokenOf(KEY, claims("other", "nightly"))), "AccessDenied");
  const apiServers = { ...own, aud: [URL] };
  assert.equal(await told(tokenOf(KEY, apiServers)), "InvalidIdentityToken");
});
