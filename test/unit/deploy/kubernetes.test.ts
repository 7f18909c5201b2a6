import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { goodConfig } from "../../support/config.ts";
import { containersOf, gatewayOf, KINDS, rawObjects, theObject } from "../../support/kubernetes.ts";
import { assertGoodObjects } from "../../support/kubernetes-rules.ts";
import { at, deployText, numberAt, ROOT, textAt } from "../../support/deploy.ts";

const BASE = rawObjects("base");
const SIDECAR = rawObjects("sidecar");
const VERSION = textAt(JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")), "version");

for (const [folder, objects] of [
  ["base", BASE],
  ["sidecar", SIDECAR],
] as const) {
  test(`deploy/kubernetes/${folder} fits the API's schemas, itself and the code`, () => {
    assertGoodObjects(objects);
  });

  test(`Prometheus finds the metrics of deploy/kubernetes/${folder} by one monitor`, () => {
    const kinds = objects.map((object) => textAt(object, "kind"));
    const monitors = kinds.filter((kind) => kind.endsWith("Monitor"));
    assert.deepEqual(monitors, [folder === "base" ? "ServiceMonitor" : "PodMonitor"]);
  });

  test(`deploy/kubernetes/${folder} names this version's image and the image's user`, () => {
    const deployment = theObject(objects, "Deployment");
    assert.equal(at(gatewayOf(deployment), "image"), `registry.example.org/s3warden:${VERSION}`);
    const user = (name: string): string =>
      String(numberAt(deployment, `spec/template/spec/securityContext/${name}`));
    const line = `\nUSER ${user("runAsUser")}:${user("runAsGroup")}\n`;
    assert.ok(deployText("container/Containerfile").includes(line));
  });
}

test("the chart counts with the code's drain times where its values have none", () => {
  const checks = deployText("helm/s3warden/templates/checks.yaml");
  const { drainDelayMs, drainTimeoutMs } = goodConfig({}).limits;
  assert.ok(checks.includes(`$limits.drainDelay | default "${drainDelayMs / 1000}s"`));
  assert.ok(checks.includes(`$limits.drainTimeout | default "${drainTimeoutMs / 1000}s"`));
});

test("the base has every kind of object", () => {
  const kinds = new Set(BASE.map((object) => textAt(object, "kind")));
  assert.deepEqual([...kinds].sort(), KINDS);
});

test("the example key of the base opens nothing", () => {
  const accounts: unknown = parse(deployText("kubernetes/base/config/accounts.yaml"));
  assert.equal(at(accounts, "accounts/0/keys/0/disabled"), true);
});

test("the sidecar is a native one, on loopback, where the application looks for it", () => {
  const deployment = theObject(SIDECAR, "Deployment");
  const [sidecar, application] = containersOf(deployment);
  assert.equal(at(sidecar, "restartPolicy"), "Always");
  const { listen } = parse(deployText("kubernetes/sidecar/config/gateway.yaml"));
  const endpoint = envOf(application).get("AWS_ENDPOINT_URL_S3");
  assert.equal(at(endpoint, "value"), `http://${textAt({ listen }, "listen/address")}`);
});

test("the application of the sidecar's example has the key that its gateway knows", () => {
  const [, application] = containersOf(theObject(SIDECAR, "Deployment"));
  const accounts: unknown = parse(deployText("kubernetes/sidecar/config/accounts.yaml"));
  const key = at(accounts, "accounts/0/subusers/0/keys/0");
  const env = envOf(application);
  assert.equal(at(env.get("AWS_ACCESS_KEY_ID"), "value"), at(key, "accessKey"));
  const from = at(env.get("AWS_SECRET_ACCESS_KEY"), "valueFrom/secretKeyRef/key");
  assert.equal(at(key, "secretKey"), `\${file:secrets/${String(from)}}`);
});

function envOf(container: unknown): ReadonlyMap<unknown, unknown> {
  const env = at(container, "env");
  assert.ok(Array.isArray(env));
  return new Map(env.map((one: unknown) => [at(one, "name"), one]));
}
