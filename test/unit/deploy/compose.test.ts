import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { adminPlace } from "../../support/config.ts";
import {
  at,
  CONFIG_FOLDER,
  DEPLOY,
  deployText,
  drainSeconds,
  listAt,
  mountedConfig,
  textAt,
  textsAt,
} from "../../support/deploy.ts";

const TEXT = deployText("compose/compose.yaml");
const COMPOSE: unknown = parse(TEXT);
const GATEWAY = deployText("compose/config/gateway.yaml");
const ENV = Object.fromEntries(
  [...deployText("compose/example.env").matchAll(/^([A-Z_]+)=(.*)$/gm)].map(
    ([, name = "", value = ""]) => [name, value],
  ),
);
const PROMETHEUS: unknown = parse(deployText("compose/prometheus.yaml"));
test("compose.yaml names no network, volume or service that it does not define", () => {
  const services = Object.entries(at(COMPOSE, "services") ?? {});
  const names = (path: string): readonly string[] => Object.keys(at(COMPOSE, path) ?? {});
  for (const [name, service] of services) {
    for (const network of listAt(service, "networks").map(String)) {
      assert.ok(names("networks").includes(network), `${name}: ${network}`);
    }
    for (const mount of listAt(service, "volumes").map(String)) {
      const [source = ""] = mount.split(":");
      assert.ok(source.startsWith(".") || names("volumes").includes(source), `${name}: ${source}`);
    }
  }
});

test("the gateway of compose.yaml has a good configuration", () => {
  const files = new Map([
    [`${CONFIG_FOLDER}/gateway.yaml`, GATEWAY],
    [`${CONFIG_FOLDER}/accounts.yaml`, deployText("compose/config/accounts.yaml")],
  ]);
  const given = Object.keys(textsAt(COMPOSE, "services/s3warden/environment"));
  const { listen, admin, upstream } = mountedConfig(
    files,
    Object.fromEntries(given.map((name) => [name, ENV[name] ?? ""])),
  );
  assert.deepEqual(listAt(COMPOSE, "services/s3warden/ports"), [
    `127.0.0.1:8080:${listen.address.port}`,
  ]);
  const [, store, port] =
    /^http:\/\/([a-z]+):(\d+)$/.exec(upstream.endpoints[0]?.origin ?? "") ?? [];
  assert.deepEqual(listAt(COMPOSE, `services/${store}/command`).at(-1), `:${port}`);
  assert.deepEqual(listAt(PROMETHEUS, "scrape_configs/0/static_configs/0/targets"), [
    `s3warden:${adminPlace(admin).port}`,
  ]);
});

test("every variable that compose.yaml needs is in example.env, as an example", () => {
  const needed = new Set([...TEXT.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name));
  assert.deepEqual(needed, new Set(Object.keys(ENV)));
  for (const value of Object.values(ENV)) assert.match(value, /^EXAMPLE/);
});

test("every file that compose.yaml mounts is there", () => {
  const services = Object.values(at(COMPOSE, "services") ?? {});
  const mounts = services.flatMap((service) => listAt(service, "volumes").map(String));
  const files = mounts
    .map((mount) => mount.split(":")[0] ?? "")
    .filter((path) => path.startsWith("."));
  assert.ok(files.length >= 5);
  for (const path of files) assert.ok(existsSync(join(DEPLOY, "compose", path)), path);
});

test("every image of compose.yaml has a version", () => {
  const services = Object.values(at(COMPOSE, "services") ?? {});
  for (const service of services) assert.match(textAt(service, "image"), /:[^:/]*\d[^:/]*$/);
});

test("the gateway of compose.yaml writes nothing, may nothing, and is not killed while it drains", () => {
  const gateway = at(COMPOSE, "services/s3warden");
  assert.equal(at(gateway, "read_only"), true);
  assert.deepEqual(at(gateway, "cap_drop"), ["ALL"]);
  assert.deepEqual(at(gateway, "security_opt"), ["no-new-privileges:true"]);
  const [, grace = ""] = /^(\d+)s$/.exec(textAt(gateway, "stop_grace_period")) ?? [];
  assert.ok(Number(grace) > drainSeconds(GATEWAY));
});

test("the store of compose.yaml is only reached through the gateway", () => {
  assert.equal(at(COMPOSE, "services/minio/ports"), undefined);
  assert.deepEqual(at(COMPOSE, "services/minio/networks"), ["store"]);
  assert.equal(at(COMPOSE, "networks/store/internal"), true);
});

test("Prometheus and Grafana of compose.yaml find rules, data source and dashboard", () => {
  const mounted = listAt(COMPOSE, "services/prometheus/volumes").map(String);
  for (const rules of listAt(PROMETHEUS, "rule_files")) {
    assert.ok(mounted.some((mount) => mount.endsWith(`:/etc/prometheus/${String(rules)}:ro`)));
  }
  assert.equal(at(PROMETHEUS, "scrape_configs/0/job_name"), "s3warden");
  const provider: unknown = parse(
    deployText("compose/grafana/provisioning/dashboards/s3warden.yaml"),
  );
  const folder = textAt(provider, "providers/0/options/path");
  const dashboards = listAt(COMPOSE, "services/grafana/volumes").map(String);
  assert.ok(dashboards.includes(`../grafana/dashboard.json:${folder}/s3warden.json:ro`));
  const source: unknown = parse(
    deployText("compose/grafana/provisioning/datasources/prometheus.yaml"),
  );
  assert.equal(at(source, "datasources/0/url"), "http://prometheus:9090");
});
