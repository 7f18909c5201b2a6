import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { goodConfig } from "../../support/config.ts";
import { at, deployText, listAt } from "../../support/deploy.ts";
import { deployPage, named } from "../../support/deploy-page.ts";

const PAGE = deployPage();
const SECRETS = {
  "secrets/lab-key": "client",
  "secrets/reader-key": "reader",
  "secrets/lab-store": "store",
};

for (const store of ["ceph", "ceph users", "minio", "aws"]) {
  test(`docs/deploy.md: the configuration in front of ${store} is good`, () => {
    const files = {
      ...SECRETS,
      "gateway.yaml": named(`gateway.yaml: ${store}`),
      "accounts.yaml": named("accounts.yaml"),
    };
    const { warnings } = goodConfig(files, { RGW_ADMIN_SECRET: "secret" });
    assert.deepEqual(warnings, []);
  });
}

test("docs/deploy.md: the chart's values have the same accounts, and secrets for all of them", () => {
  const values: unknown = parse(named("values.yaml"));
  const accounts: unknown = parse(named("accounts.yaml"));
  assert.deepEqual(at(values, "accounts"), at(accounts, "accounts"));
  const files = listAt(values, "secrets").map((one) => `secrets/${String(at(one, "name"))}`);
  assert.deepEqual(new Set(files), new Set(Object.keys(SECRETS)));
});

test("docs/deploy.md: every file of deploy/ that it names is there", () => {
  const paths = new Set(
    [...PAGE.matchAll(/\bdeploy\/([\w./-]*\.(?:yaml|json|service|sysusers|logrotate|env))\b/g)].map(
      ([, path = ""]) => path,
    ),
  );
  paths.delete("compose/.env");
  assert.ok(paths.size >= 9);
  for (const path of paths) assert.ok(deployText(path).length > 0);
});
