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

for (const store of ["ceph", "ceph users", "minio", "aws", "image"]) {
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

test("docs/deploy.md: in the image the gateway writes nothing, and does not look for the store in it", () => {
  const { log, state, upstream } = goodConfig({
    ...SECRETS,
    "gateway.yaml": named("gateway.yaml: image"),
    "accounts.yaml": named("accounts.yaml"),
  });
  assert.equal(log.audit?.file, "-");
  assert.equal(state, undefined);
  for (const { origin } of upstream.endpoints) assert.doesNotMatch(origin, /localhost|127\./);
});

test("docs/deploy.md: the image runs as a user who can read the secrets that were made", () => {
  assert.match(PAGE, /^mkdir -p my\/secrets && chmod 700 my\/secrets$/m);
  const [run = ""] = PAGE.match(/^podman run .*$/m) ?? [];
  assert.match(run, / --user "\$\(id -u\):\$\(id -g\)" .* --volume \.\/my:\/etc\/s3warden:ro/);
});

test("docs/deploy.md: each way into Kubernetes makes the Secret that it names", () => {
  const values: unknown = parse(named("values.yaml"));
  const name = String(at(values, "existingSecret"));
  assert.ok(named("kustomization.yaml").includes(`name: ${name}`));
  const create = `create secret generic ${name} --from-file=my/secrets\n`;
  for (const way of ["Kubernetes with Kustomize", "Kubernetes with Helm"]) {
    const [, text = ""] = PAGE.split(`### ${way}\n`);
    assert.ok(text.split("\n### ")[0]?.includes(create), way);
  }
});

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
