import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { runCheck } from "../../../src/cli/check.ts";
import { runInit, type InitOptions } from "../../../src/cli/init.ts";
import { PROVIDERS } from "../../../src/provider/names.ts";
import { loadConfig } from "../../../src/life/load.ts";
import { STORE_KINDS } from "../../../src/s3/store-kinds.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran, type Ran } from "../../support/terminal.ts";

const DEFAULTS: Omit<InitOptions, "out"> = { provider: "aws", store: "generic", users: "accounts" };

type Written = Ran<number> & { readonly out: string; readonly gateway: string };

async function init(options: Partial<InitOptions> = {}): Promise<Written> {
  const out = options.out ?? join(scratchFolder("init"), "made");
  const wrote = await ran((terminal) => runInit({ ...DEFAULTS, ...options, out }, terminal));
  return { ...wrote, gateway: join(out, "gateway.yaml") };
}

const check = (config: string): Promise<Ran<number>> =>
  ran((terminal) => runCheck({ config }, terminal));

/** The names of the variables that what init tells has the reader export. */
function variablesOf(told: string): readonly string[] {
  return [...told.matchAll(/\b((?:STORE|RGW)_[A-Z0-9_]+)=…/g)].map(([, name = ""]) => name);
}

/** `work` with the variables filled in, as a reader of `told` does. */
async function filledIn<T>(told: string, work: () => Promise<T>): Promise<T> {
  const names = variablesOf(told);
  for (const [i, name] of names.entries()) process.env[name] = `FILLEDIN${i}`;
  try {
    return await work();
  } finally {
    for (const name of names) delete process.env[name];
  }
}

describe("runInit()", () => {
  for (const provider of PROVIDERS) {
    for (const store of STORE_KINDS) {
      for (const users of store === "ceph"
        ? (["accounts", "ceph"] as const)
        : ["accounts" as const]) {
        test(`${provider} in front of ${store}, users of ${users}: check is content when it is filled in`, async () => {
          const { code, out, gateway } = await init({
            provider,
            store,
            users,
            domain: "s3.example.org",
          });
          assert.equal(code, 0);
          const before = await check(gateway);
          assert.equal(before.code, 1);
          const unset = [...before.err.matchAll(/The environment variable "(\w+)" is not set/g)];
          assert.deepEqual(new Set(unset.map(([, name]) => name)), new Set(variablesOf(out)));
          assert.match(before.err, new RegExp(`\n${unset.length} problems?\n`));
          const after = await filledIn(out, () => check(gateway));
          assert.equal(after.code, 0, after.err);
          assert.doesNotMatch(after.err, /The document of/);
        });
      }
    }
  }

  test("says where it wrote the keys", async () => {
    const { out, gateway } = await init();
    const accounts = join(dirname(gateway), "accounts.yaml");
    assert.ok(out.includes(`Users and their new keys are in ${accounts}. To try the first, `), out);
  });

  test("check says what LUMI-O's public links still need without a domain", async () => {
    const { out, gateway } = await init({ provider: "lumi-o", store: "ceph" });
    const { code, err } = await filledIn(out, () => check(gateway));
    assert.equal(code, 0);
    assert.match(err, /The document of lumi-o needs listen\.accountDomains/);
  });
  test("init makes a key for each user, and prints the first", async () => {
    const { out, gateway } = await init({ provider: "atman", store: "minio" });
    const config = await filledIn(out, () => Promise.resolve(loadConfig(gateway).result));
    assert.ok(config.ok);
    const keys = config.value.accounts.flatMap(({ keys: own, subusers }) => [
      ...own,
      ...subusers.flatMap((one) => one.keys),
    ]);
    assert.equal(keys.length, 6);
    assert.equal(new Set(keys.map(({ accessKey }) => accessKey)).size, 6);
    assert.equal(new Set(keys.map(({ secretKey }) => secretKey)).size, 6);
    assert.ok(out.includes(`AWS_ACCESS_KEY_ID=${keys[0]?.accessKey} `));
    const again = await init({ provider: "atman", store: "minio" });
    assert.ok(
      !readFileSync(join(again.gateway, "../accounts.yaml"), "utf8").includes(
        keys[0]?.secretKey ?? "?",
      ),
    );
  });
  test("init asks for the store's address only if nobody gave it", async () => {
    const example = await init({ store: "minio" });
    assert.match(example.out, /^1\. upstream\.endpoints in .*, now http:.*\n2\. The key by which/m);
    const given = await init({ store: "minio", endpoint: "http://127.0.0.1:9000" });
    assert.match(given.out, /^Fill in:\n1\. The key by which/m);
    assert.doesNotMatch(given.out, /upstream\.endpoints/);
  });
  test("both files are their owner's alone", async () => {
    const { gateway } = await init();
    for (const name of ["gateway.yaml", "accounts.yaml"]) {
      assert.equal(statSync(join(gateway, "..", name)).mode & 0o777, 0o600, name);
    }
  });
  for (const name of ["gateway.yaml", "accounts.yaml"]) {
    test(`never changes a ${name} that is there, and then writes nothing`, async () => {
      const folder = scratchFolder("init");
      writeFileSync(join(folder, name), "mine");
      const { code, err } = await init({ out: folder });
      assert.equal(code, 1);
      assert.match(err, /^Nothing was written: \S+ exists already\. .* --out\n$/);
      assert.ok(err.includes(` ${join(folder, name)} exists `));
      assert.equal(readFileSync(join(folder, name), "utf8"), "mine");
      const other = name === "gateway.yaml" ? "accounts.yaml" : "gateway.yaml";
      assert.throws(() => statSync(join(folder, other)), { code: "ENOENT" });
    });
  }
  test("options that do not fit write nothing", async () => {
    for (const [options, said] of [
      [{ users: "ceph" }, /--users ceph needs --store ceph/],
      [{ endpoint: "store:9000" }, /--endpoint: .*got "store:9000"/],
      [{ domain: "not a name" }, /--domain: .*got "not a name"/],
      [{ out: "" }, /--out/],
    ] as const) {
      const { code, err } = await init(options);
      assert.equal(code, 2);
      assert.match(err, said);
    }
  });
  test("init reports a folder that cannot be made", async () => {
    const folder = scratchFolder("init");
    writeFileSync(join(folder, "file"), "");
    const { code, err } = await init({ out: join(folder, "file", "below") });
    assert.equal(code, 1);
    assert.match(err, /^Cannot write: /);
  });
});
