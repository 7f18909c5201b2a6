import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { goodConfig } from "../../support/config.ts";
import { at } from "../../support/deploy.ts";
import { STS } from "../../support/sessions.ts";
import { blocks, pageOf, section } from "./page.ts";

const RECIPES = section(pageOf("sts.md"), "Recipes");
/** Each recipe's text, by its heading. */
const BY_NAME = new Map(
  RECIPES.split(/^### /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf("\n")), text]),
);

/** What a client needs that has a token in a file; test/stores/token-client.ts gives it the same. */
const VARIABLES = [
  "AWS_ENDPOINT_URL_S3",
  "AWS_ENDPOINT_URL_STS",
  "AWS_REGION",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
];

for (const name of ["sts.md", "kubernetes.md"]) {
  test(`docs/${name}: whoever is told a role is told everything else that an SDK needs`, () => {
    const all = ["sh", "yaml", "bash"].flatMap((language) => blocks(pageOf(name), language));
    const clients = all.filter((text) => text.includes("AWS_ROLE_ARN"));
    assert.ok(clients.length > 0);
    for (const text of clients) {
      const named = new Set(text.match(/\bAWS_[A-Z0-9_]+/g));
      assert.deepEqual([...named].toSorted(), VARIABLES, text);
    }
  });
}

test("docs/sts.md: each profile has a region and an endpoint", () => {
  const profiles = blocks(RECIPES, "ini");
  assert.equal(profiles.length, 2);
  for (const text of profiles) {
    assert.match(text, /^region = us-east-1$/m);
    assert.match(text, /^endpoint_url = https:\/\/s3\.example\.org$/m);
  }
});

for (const name of ["GitHub Actions", "GitLab CI", "A person"]) {
  test(`docs/sts.md: the configuration of the recipe "${name}" is good`, () => {
    const yaml = blocks(BY_NAME.get(name) ?? "", "yaml");
    const gateway = theOne(yaml, "# gateway.yaml");
    const roles = theOne(yaml, "# accounts.yaml");
    const upstream = { accessKey: "AK", secretKey: "SK" };
    const config = goodConfig({
      "gateway.yaml": JSON.stringify({
        upstream: { endpoints: ["http://store:7480"], store: "ceph" },
        identities: [{ accounts: "accounts.yaml" }],
        sts: STS,
        issuers: at(gateway, "issuers"),
      }),
      "accounts.yaml": JSON.stringify({
        accounts: [{ name: "lab", upstream, roles: at(roles, "roles") }],
      }),
    });
    assert.equal(config.issuers.length, 1);
    assert.deepEqual(config.issuers[0]?.audiences, ["s3warden"]);
    assert.equal(config.accounts[0]?.roles.length, 1);
  });
}

test("docs/sts.md: the jobs ask for a token of the gateway's audience, and can be read", () => {
  const workflow = theOne(blocks(RECIPES, "yaml"), "# .github/workflows/publish.yml");
  assert.deepEqual(at(workflow, "permissions"), { "id-token": "write", contents: "read" });
  assert.match(String(at(workflow, "jobs/publish/steps/1/run")), /&audience=s3warden"/);
  const pipeline = theOne(blocks(RECIPES, "yaml"), "# .gitlab-ci.yml");
  assert.equal(at(pipeline, "publish/id_tokens/S3_TOKEN/aud"), "s3warden");
});

/** The block that begins with this line, as what it says. */
function theOne(yaml: readonly string[], first: string): unknown {
  const [found, ...others] = yaml.filter((text) => text.startsWith(`${first}\n`));
  assert.deepEqual(others, []);
  assert.ok(found !== undefined, first);
  return parse(found);
}
