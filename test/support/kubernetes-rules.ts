import assert from "node:assert/strict";
import type { Config } from "../../src/config/config.ts";
import { adminPlace } from "./config.ts";
import {
  at,
  CONFIG_FOLDER,
  drainSeconds,
  listAt,
  mountedConfig,
  numberAt,
  textAt,
  textsAt,
} from "./deploy.ts";
import {
  containersOf,
  gatewayOf,
  mountedFiles,
  ofKind,
  portNumber,
  theObject,
  validate,
} from "./kubernetes.ts";

/**
 * Checks the rules for every way to run the gateway on Kubernetes, however its objects were made:
 * they fit the API's schemas, each other, and the code. `others`: files that something else mounts,
 * by their whole paths. Throws at the first violation.
 */
export function assertGoodObjects(
  objects: readonly unknown[],
  others: ReadonlyMap<string, string> = new Map(),
): void {
  for (const object of objects) validate(object);
  const deployment = theObject(objects, "Deployment");
  const files = mountedFiles(objects, deployment);
  const config = mountedConfig(new Map([...files, ...others]));
  assertRestricted(deployment);
  assertCommand(deployment);
  assertPorts(deployment, config);
  assertEndsInTime(deployment, files.get(`${CONFIG_FOLDER}/gateway.yaml`) ?? "");
  assertSelected(objects, deployment);
  assertReachable(objects, deployment, config);
  assertExamplesMarked(objects);
}

/** Checks for the Pod Security Standards' profile "restricted" and a read-only root filesystem. */
function assertRestricted(deployment: unknown): void {
  const pod = at(deployment, "spec/template/spec");
  assert.equal(at(pod, "securityContext/runAsNonRoot"), true);
  assert.equal(at(pod, "securityContext/seccompProfile/type"), "RuntimeDefault");
  assert.equal(at(pod, "automountServiceAccountToken"), false);
  for (const container of containersOf(deployment)) {
    assert.deepEqual(at(container, "securityContext"), {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.ok(at(container, "resources/requests/cpu") !== undefined);
    assert.ok(at(container, "resources/limits/memory") !== undefined);
  }
}

function assertCommand(deployment: unknown): void {
  const gateway = gatewayOf(deployment);
  const options = ["--config", `${CONFIG_FOLDER}/gateway.yaml`];
  assert.deepEqual(at(gateway, "args"), ["serve", ...options]);
  // The check of the configuration reads the very files that the gateway reads.
  const check = containersOf(deployment).find((one) => at(one, "name") === "check");
  if (check !== undefined) {
    assert.deepEqual(at(check, "args"), ["check", ...options]);
    for (const same of ["image", "volumeMounts", "env", "envFrom"]) {
      assert.deepEqual(at(check, same), at(gateway, same), same);
    }
  }
  // Files of a subPath never change, so there would be no reload.
  const mounts = listAt(gateway, "volumeMounts");
  const config = mounts.find((mount) => at(mount, "mountPath") === CONFIG_FOLDER);
  assert.equal(at(config, "readOnly"), true);
  for (const mount of mounts) assert.equal(at(mount, "subPath"), undefined);
}

/**
 * Checks that the ports are the configuration's, and that the kubelet reaches those of its probes.
 */
function assertPorts(deployment: unknown, { listen, admin }: Config): void {
  const gateway = gatewayOf(deployment);
  const loopback = isLoopback(listen.address.host);
  if (!loopback) assert.equal(portNumber(gateway, "s3"), listen.address.port);
  const operators = adminPlace(admin);
  assert.equal(portNumber(gateway, "admin"), operators.port);
  assert.ok(!isLoopback(operators.host), "the kubelet's probes do not come from loopback");
  for (const [probe, path] of Object.entries(PROBES)) {
    const get = at(gateway, `${probe}/httpGet`);
    // The readiness of a sidecar is the application's own matter.
    if (get === undefined && probe === "readinessProbe" && loopback) continue;
    assert.equal(portNumber(gateway, at(get, "port")), operators.port, probe);
    assert.equal(at(get, "path"), path, probe);
  }
}

/** The path that each probe asks for. */
const PROBES = {
  startupProbe: "/healthz",
  livenessProbe: "/healthz",
  readinessProbe: "/readyz",
} as const;

function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "::1" || host === "localhost";
}

function assertEndsInTime(deployment: unknown, gatewayYaml: string): void {
  const grace = numberAt(deployment, "spec/template/spec/terminationGracePeriodSeconds");
  const drain = drainSeconds(gatewayYaml);
  assert.ok(grace > drain, `killed after ${grace} s, and may need ${drain} s`);
}

/** Checks that every selector of pods selects these, and names ports that they have. */
function assertSelected(objects: readonly unknown[], deployment: unknown): void {
  const labels = at(deployment, "spec/template/metadata/labels");
  assert.deepEqual(at(deployment, "spec/selector/matchLabels"), labels);
  for (const service of ofKind(objects, "Service")) {
    assert.deepEqual(at(service, "spec/selector"), labels);
    for (const port of listAt(service, "spec/ports")) {
      portNumber(gatewayOf(deployment), at(port, "targetPort"));
    }
  }
  for (const budget of ofKind(objects, "PodDisruptionBudget")) {
    assert.deepEqual(at(budget, "spec/selector/matchLabels"), labels);
  }
  for (const policy of ofKind(objects, "NetworkPolicy")) {
    assert.deepEqual(at(policy, "spec/podSelector/matchLabels"), labels);
  }
  for (const scaler of ofKind(objects, "HorizontalPodAutoscaler")) {
    assert.equal(at(scaler, "spec/scaleTargetRef/name"), at(deployment, "metadata/name"));
    assert.equal(at(deployment, "spec/replicas"), undefined, "an apply would undo the autoscaler");
    const target = at(scaler, "spec/metrics/0/resource/target");
    // Not a share of the requested CPU: a change of the request would change the share, too.
    assert.equal(at(target, "type"), "AverageValue");
    assert.match(textAt(target, "averageValue"), /^\d+m$/);
  }
  for (const monitor of ofKind(objects, "ServiceMonitor")) assertScraped(objects, monitor);
  for (const monitor of ofKind(objects, "PodMonitor")) assertPodScraped(deployment, monitor);
}

/**
 * Checks that a PodMonitor selects the pods, asks the gateway's port, and names the job that the
 * alerts name.
 */
function assertPodScraped(deployment: unknown, monitor: unknown): void {
  const labels = textsAt(deployment, "spec/template/metadata/labels");
  assert.deepEqual(textsAt(monitor, "spec/selector/matchLabels"), labels);
  const endpoints = listAt(monitor, "spec/podMetricsEndpoints");
  assert.equal(endpoints.length, 1);
  assert.equal(at(endpoints[0], "path"), "/metrics");
  assert.equal(at(endpoints[0], "port"), "admin");
  portNumber(gatewayOf(deployment), "admin");
  const relabelings = [{ targetLabel: "job", replacement: "s3warden" }];
  assert.deepEqual(at(endpoints[0], "relabelings"), relabelings);
}

/** Checks that a ServiceMonitor selects exactly one Service, and its one port. */
function assertScraped(objects: readonly unknown[], monitor: unknown): void {
  const wanted = Object.entries(textsAt(monitor, "spec/selector/matchLabels"));
  const services = ofKind(objects, "Service").filter((service) => {
    const labels = textsAt(service, "metadata/labels");
    return wanted.every(([name, value]) => labels[name] === value);
  });
  assert.equal(services.length, 1, "Services that the ServiceMonitor selects");
  const [endpoint] = listAt(monitor, "spec/endpoints");
  assert.equal(at(endpoint, "path"), "/metrics");
  const ports = listAt(services[0], "spec/ports").map((port) => at(port, "name"));
  assert.deepEqual(ports, [at(endpoint, "port")]);
}

/**
 * Checks that clients reach the S3 port, Prometheus alone the admin port, and the gateway
 * everything that it asks.
 */
function assertReachable(objects: readonly unknown[], deployment: unknown, config: Config): void {
  const gateway = gatewayOf(deployment);
  const policy = at(theObject(objects, "NetworkPolicy"), "spec");
  const numbers = (rule: unknown): readonly number[] =>
    listAt(rule, "ports").map((port) => portNumber(gateway, at(port, "port")));
  const clients = [config.listen.address, config.stsAddress].flatMap((address) =>
    address === undefined || isLoopback(address.host) ? [] : [address.port],
  );
  const open = listAt(policy, "ingress").filter((rule) => at(rule, "from") === undefined);
  assert.deepEqual(open.flatMap(numbers), clients);
  const guarded = listAt(policy, "ingress").filter((rule) => at(rule, "from") !== undefined);
  assert.deepEqual(guarded.flatMap(numbers), [adminPlace(config.admin).port]);
  if (!listAt(policy, "policyTypes").includes("Egress")) return;
  const out = new Set(listAt(policy, "egress").flatMap(numbers));
  for (const origin of askedBy(config, gateway)) {
    assert.ok(out.has(portOfOrigin(origin)), `${origin} cannot be reached`);
  }
  assertNamesFound(listAt(policy, "egress"));
}

/** Returns the origins that the gateway opens connections to. */
function askedBy(config: Config, gateway: unknown): readonly string[] {
  const { upstream, ceph, directories, passthrough } = config;
  const traces = listAt(gateway, "env").filter((one) => TRACES.has(at(one, "name")));
  return [
    ...upstream.endpoints.map(({ origin }) => origin),
    ...ceph.map(({ endpoint }) => endpoint.origin),
    ...directories.map(({ url }) => new URL(url).origin),
    ...passthrough.map(({ target }) => target),
    ...traces.map((one) => textAt(one, "value")),
  ];
}

const TRACES = new Set<unknown>([
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
]);

/**
 * Checks that names are looked up wherever a cluster does that: NodeLocal DNSCache is on the node,
 * in no namespace, and OpenShift's pods listen on 5353.
 */
function assertNamesFound(egress: readonly unknown[]): void {
  const anywhere = egress.filter((rule) => at(rule, "to") === undefined);
  const ports = anywhere.flatMap((rule) => listAt(rule, "ports"));
  const open = new Set(ports.map((one) => `${String(at(one, "port"))} ${textAt(one, "protocol")}`));
  for (const port of ["53 UDP", "53 TCP", "5353 UDP", "5353 TCP"]) assert.ok(open.has(port), port);
}

function portOfOrigin(origin: string): number {
  const { port, protocol } = new URL(origin);
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}

/** Checks that nobody can take an example for a secret. */
function assertExamplesMarked(objects: readonly unknown[]): void {
  for (const secret of ofKind(objects, "Secret")) {
    for (const value of Object.values(textsAt(secret, "stringData")))
      assert.match(value, /^EXAMPLE/);
  }
}
