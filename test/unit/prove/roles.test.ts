import assert from "node:assert/strict";
import { test } from "node:test";
import { compileSnapshot } from "../../../src/config/compile.ts";
import type { Config } from "../../../src/config/config.ts";
import { readClaims } from "../../../src/prove/claim-reader.ts";
import { knownIn } from "../../../src/prove/known-names.ts";
import { prove } from "../../../src/prove/prove.ts";
import { sceneOf } from "../../../src/prove/scene.ts";
import { whoCan } from "../../../src/prove/who-can.ts";
import { GATEWAY, goodConfig } from "../../support/config.ts";

const upstream = (name: string): object => ({ accessKey: `STORE${name}`, secretKey: "secret" });
const trust = { issuer: "idp", subject: "*" };
const ACCOUNTS = [
  {
    name: "lab",
    upstream: upstream("LAB"),
    keys: [{ accessKey: "AKIDLAB0000000000000", secretKey: "secret" }],
    roles: [{ name: "visitor", tier: "READ", trust }],
  },
  { name: "other", upstream: upstream("OTHER"), roles: [{ name: "guest", tier: "FULL", trust }] },
];

/** `statements` are the policy of lab's bucket. */
function configWith(statements: readonly object[]): Config {
  const buckets = [
    { name: "secret", account: "lab", ...(statements.length > 0 && { policy: "secret.json" }) },
  ];
  return goodConfig({
    "gateway.yaml": `${GATEWAY}policy: { bucketPolicies: gateway }
issuers: [{ name: idp, url: "https://idp.example.org/", audiences: [s3] }]
sts: { keys: [{ id: a, secret: ${Buffer.alloc(32, 7).toString("base64url")} }] }
`,
    "accounts.yaml": JSON.stringify({ accounts: ACCOUNTS, buckets }),
    "secret.json": JSON.stringify({ Version: "2012-10-17", Statement: statements }),
  });
}

/** What becomes of the claim, where `statements` are the policy of lab's bucket. */
function answerTo(claim: string, statements: readonly object[] = []): string {
  const config = configWith(statements);
  const claims = readClaims(claim, "claims.txt", knownIn(config));
  if (!claims.ok) throw new Error(JSON.stringify(claims.error));
  const [read] = claims.value;
  if (read === undefined) throw new Error("A claim was written");
  const proof = prove(sceneOf(compileSnapshot(config, 1), undefined, Date.now()), read);
  return proof.kind === "not decided" ? `not decided: ${proof.why.join()}` : proof.kind;
}

const SECRET = "arn:aws:s3:::secret/*";

test("sessions of a role can what its tier has, in buckets of its account", () => {
  const claim = `nobody but lab may s3:GetObject on ${SECRET}`;
  assert.equal(answerTo(claim), "not decided: sessions of the role visitor of lab");
  assert.equal(answerTo(`nobody but lab may s3:PutObject on ${SECRET}`), "holds");
  assert.equal(answerTo("tier READ may nothing that changes anything"), "holds");
});

test("sessions of a role of another account are let in by the bucket's policy alone", () => {
  const claim = `nobody but lab:* may s3:GetObject on ${SECRET}`;
  assert.equal(answerTo(claim), "holds");
  for (const name of ["role/guest", "root"]) {
    const open = {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::other:${name}` },
      Action: "s3:GetObject",
      Resource: SECRET,
    };
    assert.equal(answerTo(claim, [open]), "not decided: sessions of the role guest of other");
  }
});

test("a policy that names one session may let that one in", () => {
  const open = {
    Effect: "Allow",
    Principal: { AWS: "arn:aws:sts::other:assumed-role/guest/somebody" },
    Action: "s3:GetObject",
    Resource: SECRET,
  };
  const claim = `nobody but lab:* may s3:GetObject on ${SECRET}`;
  assert.equal(answerTo(claim, [open]), "not decided: sessions of the role guest of other");
});

test("a session of the same user has another key id, which a policy may let pass", () => {
  const not = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:PutObject",
    Resource: SECRET,
    Condition: { StringEquals: { "gw:KeyId": "AKIDLAB0000000000000" } },
  };
  const claim = `lab may not s3:PutObject on ${SECRET}`;
  assert.match(answerTo(claim, [not]), /^not decided: .*gw:KeyId/u);
  const { Condition: _, ...always } = not;
  assert.equal(answerTo(claim, [always]), "holds");
});

test("who-can does not decide about sessions of roles", async () => {
  const snapshot = compileSnapshot(configWith([]), 1);
  const question = { action: "s3:GetObject", resource: SECRET };
  const answer = await whoCan(snapshot, question, Date.now(), undefined);
  if (!answer.ok) throw new Error(answer.error);
  assert.deepEqual(
    answer.value.notDecided.map(({ who }) => who),
    ["sessions of roles"],
  );
});
