/**
 * More clients as they are: the SDKs for Go and Java, rclone and PyIceberg. They get temporary keys by a
 * token in a file, get others when those end, and use them on a real Ceph.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DATA_PYTHON, installed } from "../clients/days/installed.ts";
import { CEPH, startCeph } from "./ceph.ts";
import { endSessionsAtOnce } from "./ended-sessions.ts";
import { TEXT, tokenClient } from "./token-client.ts";
import { auditRecords } from "../support/audit.ts";
import { until } from "../support/flow.ts";
import { startGateway } from "../support/gateway.ts";
import { startOidcProvider } from "../support/oidc-provider.ts";
import { runProgram } from "../support/program.ts";
import { skipUnless } from "../support/requirement.ts";
import { STS } from "../support/sessions.ts";
import { makeKey } from "../support/tokens.ts";

const GO = installed("the Go SDK's day with a token", "bin/aws-go-token-day");
const JAVA = installed("the Java SDK's day with a token", "java/classes/TokenDay.class");
const RCLONE = installed("current rclone", "venv-data/bin/rclone");
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const TABLE = fileURLToPath(new URL("token-table.py", import.meta.url));

const WHO = "arn:aws:sts::alice:assumed-role/job/tonight";

test(
  "the SDKs for Go and Java, rclone and PyIceberg get and renew keys by a token, on Ceph",
  { skip: skipUnless([CEPH, GO.need, JAVA.need, RCLONE.need, DATA_PYTHON.need]) },
  async (t) => {
    const ceph = await startCeph();
    t.after(() => ceph.stop());
    const provider = await startOidcProvider(t, [makeKey("2026-11", "RS256", "rsa")], "s3");
    const trust = { issuer: "idp", subject: "nightly-job" };
    const gateway = await startGateway({
      upstream: ceph.endpoint,
      accounts: [
        {
          name: "alice",
          upstream: ceph.users("alice"),
          roles: [{ name: "job", tier: "FULL", trust, maxSession: "15m" }],
        },
      ],
      issuers: [{ name: "idp", url: provider.url, audiences: ["s3"] }],
      sts: STS,
    });
    t.after(() => gateway.stop());
    const place = {
      endpoint: gateway.endpoint,
      role: "arn:aws:iam::alice:role/job",
      session: "tonight",
    };
    const client = tokenClient(await provider.token(), place);
    const renewing = tokenClient(await provider.token(), {
      ...place,
      sts: await endSessionsAtOnce(t, gateway.endpoint),
    });
    const sessions = (): number =>
      auditRecords(gateway.auditFile).filter(
        ({ operation, outcome }) =>
          operation === "AssumeRoleWithWebIdentity" && outcome === "answered",
      ).length;
    /** Does `work`, which must begin so many sessions at least. */
    const begins = async (least: number, work: () => Promise<void>): Promise<void> => {
      const before = sessions();
      await work();
      // A record is written when its answer is delivered, which the client may know before.
      await until(() => sessions() >= before + least, 30_000);
    };

    for (const { name, run } of [
      { name: "Go", run: [GO.path] },
      { name: "Java", run: ["java", "-cp", join(JAVA.path, "..", "..", "*"), "TokenDay"] },
    ]) {
      const [command = "", ...args] = run;
      const day = async (of: typeof client, bucket: string): Promise<void> => {
        const said: unknown = JSON.parse(await of.run(command, [...args, bucket]));
        assert.deepEqual(said, { text: TEXT, keys: ["fox"], linked: TEXT, who: WHO });
      };
      const bucket = `by-${name.toLowerCase()}`;
      await t.test(`the SDK for ${name}`, () => begins(1, () => day(client, bucket)));
      await t.test(`the SDK for ${name}, whose sessions end`, () =>
        begins(6, () => day(renewing, `${bucket}-again`)),
      );
    }
    const rclone = (of: typeof client, ...args: readonly string[]): Promise<string> => {
      const remote = `:s3,provider=Other,env_auth=true,endpoint="${gateway.endpoint}":by-rclone`;
      return of.run(
        RCLONE.path,
        args.map((arg) => arg.replace("REMOTE", remote)),
      );
    };
    await t.test("rclone", () =>
      begins(1, async () => {
        await rclone(client, "copyto", TABLE, "REMOTE/table");
        assert.match(await rclone(client, "lsf", "REMOTE"), /table/);
      }),
    );
    await t.test("rclone, whose sessions end", () =>
      begins(3, async () => {
        assert.match(await rclone(renewing, "cat", "REMOTE/table"), /Uses an Iceberg table/);
        await rclone(renewing, "purge", "REMOTE");
      }),
    );
    await t.test(
      "what knows no place of STS, by s3warden login as credential_process",
      async () => {
        const login = ["login", "--role", "alice:job", "--token-file", client.tokenFile];
        const words = [process.execPath, MAIN, ...login, "--endpoint", gateway.endpoint];
        const file = join(client.folder, "config");
        const lines = [
          "[profile lab]",
          `credential_process = ${words.join(" ")}`,
          "region = us-east-1",
        ];
        writeFileSync(file, `${lines.join("\n")}\n`);
        const env = {
          HOME: client.folder,
          AWS_CONFIG_FILE: file,
          AWS_PROFILE: "lab",
          AWS_SDK_LOAD_CONFIG: "1",
        };
        for (const program of [RCLONE.path, "/usr/bin/rclone"]) {
          await begins(program === RCLONE.path ? 1 : 0, async () => {
            const remote = `:s3,provider=Other,env_auth=true,endpoint="${gateway.endpoint}":by-login`;
            for (const args of [
              ["copyto", TABLE, `${remote}/table`],
              ["purge", remote],
            ]) {
              const { status, errors } = await runProgram(program, args, { env });
              assert.equal(status, 0, `${program}: ${errors}`);
            }
          });
        }
      },
    );
    await t.test("PyIceberg over s3fs, which renews what ends within a quarter of an hour", () =>
      begins(2, async () => {
        await rclone(client, "mkdir", "REMOTE");
        const said: unknown = JSON.parse(
          await client.run(DATA_PYTHON.path, [TABLE, "by-rclone", client.folder]),
        );
        assert.deepEqual(said, { rows: 1000, left: false });
      }),
    );
  },
);
