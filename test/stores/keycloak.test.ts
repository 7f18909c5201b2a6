/**
 * Tests that people of a real Keycloak get temporary keys by its tokens, by their groups, and use
 * them on a real Ceph: while its keys change, while it is down, and after it is up again.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { CEPH, startCeph } from "./ceph.ts";
import { KEYCLOAK, startKeycloak } from "./keycloak.ts";
import { makeRealm } from "./keycloak-realm.ts";
import {
  BOTO3_DAY,
  CURRENT_PYTHON,
  JAVASCRIPT_DAY,
  PYTHON,
  TEXT,
  tokenClient,
} from "./token-client.ts";
import { auditRecords } from "../support/audit.ts";
import { until } from "../support/flow.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { skipUnless } from "../support/requirement.ts";
import { STS } from "../support/sessions.ts";

const ROLE = "arn:aws:iam::alice:role/data";
const WHO = "arn:aws:sts::alice:assumed-role/data/ada";

/** A program that writes to the person's own home and to another's. */
const HOMES = `
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="homes")
s3.put_object(Bucket="homes", Key="home/ada/k", Body=b"hers")
try:
    s3.put_object(Bucket="homes", Key="home/bob/k", Body=b"his")
except s3.exceptions.ClientError as refused:
    print(refused.response["Error"]["Code"])
`;

test(
  "people of a real Keycloak become a role by their groups, on Ceph",
  { skip: skipUnless([CEPH, KEYCLOAK, CURRENT_PYTHON]) },
  async (t) => {
    const keycloak = await startKeycloak();
    t.after(() => keycloak.stop());
    const realm = await makeRealm(keycloak, { ada: ["data-team", "staff"], bob: ["staff"] });
    const gateway = await gatewayFor(t, realm.url);
    const earlier = await realm.tokenOf("ada");
    const place = { endpoint: gateway.endpoint, role: ROLE, session: "ada" };
    const ada = tokenClient(earlier, place);
    const day = async (bucket: string): Promise<void> => {
      const said: unknown = JSON.parse(await ada.run(PYTHON, [BOTO3_DAY, `day-${bucket}`]));
      assert.deepEqual(said, { text: TEXT, keys: ["fox"], linked: TEXT, who: WHO });
    };

    await t.test("boto3 by a group of the person's", () => day("of-her-group"));
    await t.test("the SDK for JavaScript likewise", async () => {
      const said: unknown = JSON.parse(
        await ada.run(process.execPath, [JAVASCRIPT_DAY, "day-by-javascript"]),
      );
      assert.deepEqual(said, { text: TEXT, keys: ["fox"], who: WHO });
    });
    await t.test("the session's tag is the claim of the token", async () => {
      assert.equal((await ada.run(PYTHON, ["-c", HOMES])).trim(), "AccessDenied");
    });
    await t.test("a person without the group gets no session", async () => {
      const bob = tokenClient(await realm.tokenOf("bob"), place);
      assert.match(await bob.fail(PYTHON, [BOTO3_DAY, "of-nobody"]), /\(AccessDenied\)/);
      await until(() =>
        auditRecords(gateway.auditFile).some(
          ({ operation, errorCode }) =>
            operation === "AssumeRoleWithWebIdentity" && errorCode === "AccessDenied",
        ),
      );
    });
    await t.test(
      "a key that Keycloak has had only since the first token opens a session",
      async () => {
        await realm.rotate();
        ada.give(await realm.tokenOf("ada"));
        await day("by-the-newer-key");
      },
    );
    await t.test("a key that Keycloak no longer has opens nothing", async () => {
      const late = tokenClient(earlier, place);
      assert.match(await late.fail(PYTHON, [BOTO3_DAY, "too-late"]), /\(InvalidIdentityToken\)/);
    });
    await t.test("while Keycloak is down, its known keys open a session", async () => {
      await keycloak.stop();
      await day("meanwhile");
    });
    await t.test("a session opens when Keycloak is up again", async () => {
      await keycloak.start();
      ada.give(await realm.tokenOf("ada"));
      await day("afterwards");
    });
  },
);

/** Starts a gateway in front of a Ceph, with a role for the group `data-team`. */
async function gatewayFor(t: TestContext, issuer: string): Promise<Gateway> {
  const ceph = await startCeph();
  t.after(() => ceph.stop());
  const statement = {
    Effect: "Allow",
    Principal: { Federated: "keycloak" },
    Action: ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
    Condition: { "ForAnyValue:StringEquals": { "keycloak:groups": "data-team" } },
  };
  // Tier FULL allows the rest.
  const homesOnly = {
    Version: "2012-10-17",
    Statement: {
      Effect: "Deny",
      Action: "s3:PutObject",
      NotResource: ["arn:aws:s3:::day-*", "arn:aws:s3:::homes/home/${aws:PrincipalTag/person}/*"],
    },
  };
  const gateway = await startGateway({
    upstream: ceph.endpoint,
    accounts: [
      {
        name: "alice",
        upstream: ceph.users("alice"),
        roles: [
          {
            name: "data",
            tier: "FULL",
            policies: [homesOnly],
            trust: { Version: "2012-10-17", Statement: [statement] },
            maxSession: "15m",
          },
        ],
      },
    ],
    issuers: [
      {
        name: "keycloak",
        url: issuer,
        audiences: ["s3"],
        claims: { groups: "groups" },
        tags: { person: "preferred_username" },
      },
    ],
    sts: STS,
  });
  t.after(() => gateway.stop());
  return gateway;
}
