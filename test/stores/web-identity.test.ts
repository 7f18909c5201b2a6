/**
 * Tests that unchanged clients get temporary keys by a token in a file, from a real OpenID Connect
 * provider. They use the keys on a real Ceph. Nobody gives them a key.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CEPH, startCeph } from "./ceph.ts";
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
import { startGateway } from "../support/gateway.ts";
import { startOidcProvider } from "../support/oidc-provider.ts";
import { skipUnless } from "../support/requirement.ts";
import { STS } from "../support/sessions.ts";
import { makeKey } from "../support/tokens.ts";

test(
  "boto3, the AWS CLI and the SDK for JavaScript get and renew keys by a token, on Ceph",
  { skip: skipUnless([CEPH, CURRENT_PYTHON]) },
  async (t) => {
    const ceph = await startCeph();
    t.after(() => ceph.stop());
    const provider = await startOidcProvider(t, [makeKey("2026-11", "RS256", "rsa")], "s3");
    const lab = {
      name: "alice",
      upstream: ceph.users("alice"),
      roles: [
        // The shortest duration: boto3 renews a session that ends within a quarter of an hour.
        {
          name: "job",
          tier: "FULL",
          trust: { issuer: "idp", subject: "nightly-job" },
          maxSession: "15m",
        },
      ],
    };
    const gateway = await startGateway({
      upstream: ceph.endpoint,
      accounts: [lab],
      issuers: [{ name: "idp", url: provider.url, audiences: ["s3"] }],
      sts: STS,
    });
    t.after(() => gateway.stop());
    const { folder, run } = tokenClient(await provider.token(), {
      endpoint: gateway.endpoint,
      role: "arn:aws:iam::alice:role/job",
      session: "tonight",
    });
    const who = "arn:aws:sts::alice:assumed-role/job/tonight";
    const assumed = (): number =>
      auditRecords(gateway.auditFile).filter(
        ({ operation, outcome }) =>
          operation === "AssumeRoleWithWebIdentity" && outcome === "answered",
      ).length;

    await t.test("boto3", async () => {
      const said: unknown = JSON.parse(await run(PYTHON, [BOTO3_DAY, "by-boto3"]));
      assert.deepEqual(said, { text: TEXT, keys: ["fox"], linked: TEXT, who });
      // A record is written when its answer is delivered, which the client may know before.
      await until(() => assumed() > 1, 30_000);
    });
    await t.test("the SDK for JavaScript", async () => {
      const said: unknown = JSON.parse(
        await run(process.execPath, [JAVASCRIPT_DAY, "by-javascript"]),
      );
      assert.deepEqual(said, { text: TEXT, keys: ["fox"], who });
    });
    await t.test("the AWS CLI", async () => {
      const aws = (...args: string[]): Promise<string> => run(PYTHON, ["-m", "awscli", ...args]);
      const file = join(folder, "fox");
      writeFileSync(file, TEXT);
      await aws("s3", "mb", "s3://by-awscli");
      await aws("s3", "cp", file, "s3://by-awscli/fox");
      assert.match(await aws("s3", "ls", "s3://by-awscli"), /fox/);
      assert.equal(await aws("s3", "cp", "s3://by-awscli/fox", "-"), TEXT);
      await aws("s3", "rb", "--force", "s3://by-awscli");
      assert.match(await aws("sts", "get-caller-identity"), new RegExp(who));
    });
    await t.test("the audit log has the role and the session of each request", async () => {
      const deleted = () =>
        auditRecords(gateway.auditFile).filter(({ operation }) => operation === "DeleteBucket");
      await until(() => deleted().length === 3, 30_000);
      const deletes = deleted();
      assert.deepEqual(
        deletes.map(({ role, session, account }) => ({ role, session, account })),
        deletes.map(() => ({ role: "job", session: "tonight", account: "alice" })),
      );
    });
  },
);
