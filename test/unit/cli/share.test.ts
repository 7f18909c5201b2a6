import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { runAdopt } from "../../../src/cli/adopt.ts";
import { runExplain } from "../../../src/cli/explain.ts";
import { runShare, runShareList, runUnshare, type ShareOptions } from "../../../src/cli/share.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran, type Ran } from "../../support/terminal.ts";

const KEY = (name: string): object => ({ accessKey: `AKID${name}`, secretKey: "5501234567" });
const ACCOUNTS = {
  accounts: [
    { name: "owner", upstream: KEY("UP"), keys: [KEY("OWNER")] },
    {
      name: "colleague",
      upstream: KEY("UP2"),
      keys: [KEY("COLLEAGUE")],
      subusers: [{ name: "ann", tier: "FULL", keys: [KEY("ANN")] }],
    },
  ],
};

const GATEWAY = {
  upstream: { endpoints: ["http://store"], store: "ceph" },
  identities: [{ accounts: "accounts.yaml" }],
  policy: { provider: "nutanix" },
  state: { directory: "records" },
};

/** A configuration whose owner has the bucket `data`, recorded. */
async function configured(gateway: object = GATEWAY, accounts: object = ACCOUNTS): Promise<string> {
  const folder = scratchFolder("share");
  writeFileSync(join(folder, "accounts.yaml"), JSON.stringify(accounts));
  const config = join(folder, "gateway.yaml");
  writeFileSync(config, JSON.stringify(gateway));
  await ran((terminal) => runAdopt("data", { config, account: "owner" }, terminal));
  return config;
}

const share = (config: string, more: Partial<ShareOptions> = {}, bucket = "data") =>
  ran((terminal) =>
    runShare(bucket, { config, with: "colleague", permissions: "read", ...more }, terminal),
  );
const revoke = (config: string, user = "colleague") =>
  ran((terminal) => runUnshare("data", { config, with: user }, terminal));
const list = (config: string) => ran((terminal) => runShareList("data", { config }, terminal));
const listAll = (config: string) =>
  ran((terminal) => runShareList(undefined, { config }, terminal));

/** What `explain` says of a request as somebody. */
function asked(config: string, as: string, request: string, at?: string): Promise<Ran<number>> {
  const question = { config, as, request, header: [], ...(at === undefined ? {} : { at }) };
  return ran((terminal) => runExplain(question, terminal));
}

describe("s3warden share", () => {
  test("lets another user in as far as its permissions go, and explain says by what", async () => {
    const config = await configured();
    assert.equal((await asked(config, "colleague", "GET /data/a")).code, 1);
    assert.deepEqual(await share(config), {
      code: 0,
      out: 'The bucket "data" is shared with colleague: READ\n',
      err: "",
    });
    const allowed = await asked(config, "colleague", "GET /data/a");
    assert.equal(allowed.code, 0, allowed.out);
    assert.match(allowed.out, /allowed by shares of data:1/);
    assert.equal((await asked(config, "colleague", "PUT /data/a")).code, 1);
  });
  test("takes the place of what the user had", async () => {
    const config = await configured();
    await share(config);
    await share(config, { permissions: "WRITE" });
    assert.equal((await asked(config, "colleague", "GET /data/a")).code, 1);
    assert.equal((await asked(config, "colleague", "PUT /data/a")).code, 0);
    await share(config, { permissions: "full" });
    assert.equal((await asked(config, "colleague", "DELETE /data/a")).code, 0);
  });
  test("with one subuser alone", async () => {
    const config = await configured();
    await share(config, { with: "colleague:ann" });
    assert.equal((await asked(config, "colleague:ann", "GET /data/a")).code, 0);
    assert.equal((await asked(config, "colleague", "GET /data/a")).code, 1);
  });
  test("ends at its time", async () => {
    const config = await configured();
    const until = "2030-01-01T00:00:00Z";
    const { out } = await share(config, { until });
    assert.match(out, /colleague: READ until 2030-01-01T00:00:00\.000Z/);
    const before = await asked(config, "colleague", "GET /data/a", "2029-12-31T23:59:59Z");
    assert.equal(before.code, 0, before.out);
    assert.equal((await asked(config, "colleague", "GET /data/a", until)).code, 1);
  });
  test("list and revoke", async () => {
    const config = await configured();
    assert.equal((await list(config)).out, 'The bucket "data" is shared with nobody\n');
    await share(config);
    await share(config, { with: "colleague:ann", permissions: "full", until: "2030-01-01" });
    assert.equal(
      (await list(config)).out,
      "colleague: READ\ncolleague:ann: FULL until 2030-01-01T00:00:00.000Z\n",
    );
    assert.equal(
      (await revoke(config)).out,
      'The bucket "data" is no longer shared with colleague\n',
    );
    assert.equal((await asked(config, "colleague", "GET /data/a")).code, 1);
    assert.equal((await asked(config, "colleague:ann", "GET /data/a")).code, 0);
    const again = await revoke(config);
    assert.equal(again.code, 1);
    assert.match(again.err, /it is not shared with "colleague"/);
  });
  test("an unknown bucket is no bucket that is shared with nobody", async () => {
    const config = await configured();
    assert.deepEqual(await ran((terminal) => runShareList("nope", { config }, terminal)), {
      code: 1,
      out: "",
      err: 'Cannot list shares of "nope": neither the configuration nor the state knows it. s3warden adopt records a bucket that was there before\n',
    });
  });
  test("lists all buckets that are shared, and nothing else that is kept", async () => {
    const config = await configured();
    assert.equal((await listAll(config)).out, "No bucket is shared\n");
    for (const bucket of ["more.data", "alone"]) {
      await ran((terminal) => runAdopt(bucket, { config, account: "owner" }, terminal));
    }
    await share(config);
    await share(config, { permissions: "full" }, "more.data");
    writeFileSync(join(dirname(config), "records", "data.json.lock"), "");
    writeFileSync(join(dirname(config), "records", "Notes.json"), "");
    assert.deepEqual(await listAll(config), {
      code: 0,
      out: "data  colleague: READ\nmore.data  colleague: FULL\n",
      err: "",
    });
  });
  test("an unreadable record is reported, and not left out", async () => {
    const config = await configured();
    writeFileSync(join(dirname(config), "records", "broken.json"), "{");
    const { code, err } = await listAll(config);
    assert.equal(code, 1);
    assert.match(err, /^Cannot list shares: Cannot read .*broken\.json: It is not JSON/);
  });
  test("ends when another account takes the bucket over", async () => {
    const config = await configured();
    await share(config, { with: "colleague:ann" });
    const taking = { config, account: "colleague", from: "owner" };
    await ran((terminal) => runAdopt("data", taking, terminal));
    assert.equal((await list(config)).out, 'The bucket "data" is shared with nobody\n');
  });

  const refusals: readonly (readonly [string, Partial<ShareOptions>, string, object, RegExp])[] = [
    [
      "an unknown user",
      { with: "colleage" },
      "data",
      GATEWAY,
      /unknown user "colleage"\. .*colleague/,
    ],
    [
      "an unknown subuser",
      { with: "colleague:bob" },
      "data",
      GATEWAY,
      /unknown user "colleague:bob"/,
    ],
    [
      "unknown permissions",
      { permissions: "all" },
      "data",
      GATEWAY,
      /unknown permissions "all"\. Known: read, write, readwrite, full/,
    ],
    [
      "a ceiling as permissions",
      { permissions: "anonymous" },
      "data",
      GATEWAY,
      /unknown permissions/,
    ],
    [
      "a time of a year with five digits",
      { until: "9999-12-31T23:59:59-23:59" },
      "data",
      GATEWAY,
      /between the years 1970 and 9999/,
    ],
    [
      "a time before there were any",
      { until: "1969-12-31" },
      "data",
      GATEWAY,
      /between the years 1970 and 9999/,
    ],
    ["a time that is none", { until: "tomorrow" }, "data", GATEWAY, /--until: .*got "tomorrow"/],
    ["no bucket's name", {}, "a/b", GATEWAY, /Expected the name of a bucket/],
    ["a bucket of which nobody knows whose it is", {}, "nobodys", GATEWAY, /s3warden adopt/],
    ["a configuration without state", {}, "data", { ...GATEWAY, state: undefined }, /has no state/],
    [
      "a provider whose policies close a bucket to all others",
      {},
      "data",
      { ...GATEWAY, policy: { provider: "qumulo" } },
      /would keep everybody else out/,
    ],
    [
      "a store that keeps policies",
      {},
      "data",
      { ...GATEWAY, state: undefined, policy: { provider: "nutanix", bucketPolicies: "upstream" } },
      /the store keeps bucket policies/,
    ],
  ];
  for (const [what, options, bucket, gateway, said] of refusals) {
    test(`refuses ${what}`, async () => {
      const { code, err } = await share(await configured(gateway), options, bucket);
      assert.equal(code, 1);
      assert.match(err, said);
    });
  }
  test("with users of a Ceph, whom no file knows, but no text that is no name", async () => {
    const ceph = { endpoint: "http://store", accessKey: "AKIDGW", secretKey: "5501234567" };
    const identities = [{ accounts: "accounts.yaml" }, { ceph }];
    const config = await configured({ ...GATEWAY, identities });
    const { code: done, out } = await share(config, { with: "alice:reader" });
    assert.equal(done, 0);
    assert.match(out, /^"alice:reader" is not in .* users of Ceph was not checked$/m);
    for (const user of ["", "a:", ":a", "a:b:c", "a\nFULL - eve", "a b:c\n", "*"]) {
      const { code, err } = await share(config, { with: user });
      assert.equal(code, 1, JSON.stringify(user));
      assert.match(err, /unknown user/);
    }
    assert.equal((await list(config)).out, "alice:reader: READ\n");
  });
  test("refuses a bucket that stands in accounts.yaml", async () => {
    const config = await configured(GATEWAY, {
      ...ACCOUNTS,
      buckets: [{ name: "data", account: "owner" }],
    });
    assert.match((await share(config)).err, /it stands in accounts\.yaml/);
  });
});
