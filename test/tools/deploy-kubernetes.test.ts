import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { at, DEPLOY, deployText, documentsIn, listAt, textAt, textsAt } from "../support/deploy.ts";
import { named } from "../support/deploy-page.ts";
import { isKnown, ofKind, theObject } from "../support/kubernetes.ts";
import { assertGoodObjects } from "../support/kubernetes-rules.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { ownProgram, succeeds } from "./programs.ts";

const kustomize = ownProgram("kustomize");
const helm = ownProgram("helm");
const kubernetesValidate = ownProgram("kubernetes-validate");
const CHART = `${DEPLOY}helm/s3warden`;
/** The oldest and the newest Kubernetes whose schemas the manifests must fit. */
const VERSIONS = ["1.29", "1.36"];
/** Arguments of helm. If built from source, it takes itself for one of Kubernetes 1.20. */
const BARE = ["template", "s3warden", CHART, "--kube-version", "1.36.0"];
/** Arguments for a cluster with the Prometheus Operator: by default helm assumes none. */
const OPERATOR = ["ServiceMonitor", "PrometheusRule"].flatMap((kind) => [
  "--api-versions",
  `monitoring.coreos.com/v1/${kind}`,
]);
const TEMPLATE = [...BARE, ...OPERATOR];
/** The Secret that docs/deploy.md has the reader make with kubectl. */
const KEYS = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s3warden-keys" },
  stringData: { "lab-store": "EXAMPLE", "lab-key": "EXAMPLE", "reader-key": "EXAMPLE" },
};

/** The Secret that the examples assume, made by hand or by External Secrets. */
const CAMPUS_KEYS = {
  ...KEYS,
  stringData: { "lab-store": "EXAMPLE", "lab-key": "EXAMPLE", "rgw-admin": "EXAMPLE" },
};

/** The Secret that docs/kubernetes.md has the reader make. */
const SEALING_KEYS = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s3warden-sealing" },
  stringData: { "2026-11": `EXAMPLE${"A".repeat(36)}` },
};

const skip = skipUnless([kustomize.need, helm.need, kubernetesValidate.need]);

function built(folder: string): Promise<string> {
  return succeeds(kustomize.path, ["build", `${DEPLOY}kubernetes/${folder}`]);
}

/** Renders the chart as release "s3warden" with values put over its own. */
function rendered(...settings: readonly string[]): Promise<string> {
  return succeeds(helm.path, [...TEMPLATE, ...settings.flatMap((one) => ["--set", one])]);
}

/** Checks against schemas in which a name that Kubernetes does not know is a mistake. */
async function assertStrictlyValid(manifests: string): Promise<void> {
  const file = join(scratchFolder("manifests"), "all.yaml");
  writeFileSync(file, manifests);
  for (const version of VERSIONS) {
    await succeeds(kubernetesValidate.path, ["--strict", "-k", version, "--quiet", file]);
  }
}

describe("the output of kustomize and helm", { skip }, () => {
  for (const folder of ["base", "sidecar"]) {
    test(`deploy/kubernetes/${folder}: kustomize's output fits Kubernetes, itself and the code`, async () => {
      const manifests = await built(folder);
      assertGoodObjects(documentsIn(manifests));
      await assertStrictlyValid(manifests);
    });
  }

  test("helm has no complaint about the chart, and its output fits Kubernetes, itself and the code", async () => {
    await succeeds(helm.path, ["lint", "--strict", "--quiet", CHART]);
    const manifests = await rendered();
    assertGoodObjects(documentsIn(manifests));
    await assertStrictlyValid(manifests);
  });

  test("the chart has by default the same objects as the base", async () => {
    assert.deepEqual(meaning(await rendered()), meaning(await built("base")));
  });

  test("the chart follows its values", async () => {
    const settings = [
      "gateway.listen.address=0.0.0.0:8443",
      "gateway.listen.tls.cert=tls/tls.crt",
      "gateway.listen.tls.key=tls/tls.key",
      "gateway.admin.address=[::]:9100",
      "tlsSecret=s3-tls",
      "existingSecret=kept-elsewhere",
      "service.type=LoadBalancer",
      "imagePullSecrets={registry}",
      "image.tag=0.2.0",
      "serviceMonitor.enabled=false",
      "networkPolicy.enabled=false",
    ];
    const manifests = await rendered(...settings);
    await assertStrictlyValid(manifests);
    const objects = documentsIn(manifests);
    const kinds = new Set(objects.map((object) => textAt(object, "kind")));
    for (const gone of ["Secret", "ServiceMonitor", "NetworkPolicy"]) assert.ok(!kinds.has(gone));
    const pod = at(theObject(objects, "Deployment"), "spec/template/spec");
    assert.equal(at(pod, "containers/0/image"), "registry.example.org/s3warden:0.2.0");
    assert.deepEqual(at(pod, "imagePullSecrets"), [{ name: "registry" }]);
    assert.deepEqual(at(pod, "containers/0/ports"), [
      { name: "s3", containerPort: 8443 },
      { name: "admin", containerPort: 9100 },
    ]);
    assert.equal(at(pod, "volumes/0/projected/sources/1/secret/name"), "kept-elsewhere");
    assert.equal(at(pod, "volumes/0/projected/sources/2/secret/name"), "s3-tls");
    const service = at(theObject(objects, "Service", "s3warden"), "spec");
    assert.equal(at(service, "externalTrafficPolicy"), "Local");
    assert.equal(at(service, "ports/0/appProtocol"), "https");
  });

  test("docs/deploy.md: the output of its overlay fits Kubernetes, itself and the code", async () => {
    const folder = scratchFolder("overlay");
    cpSync(`${DEPLOY}kubernetes`, join(folder, "deploy", "kubernetes"), { recursive: true });
    const overlay = join(folder, "my");
    mkdirSync(overlay);
    writeFileSync(join(overlay, "kustomization.yaml"), named("kustomization.yaml"));
    writeFileSync(join(overlay, "accounts.yaml"), named("accounts.yaml"));
    writeFileSync(join(overlay, "gateway.yaml"), deployText("kubernetes/base/config/gateway.yaml"));
    const manifests = await succeeds(kustomize.path, ["build", overlay]);
    assertGoodObjects([...documentsIn(manifests), KEYS]);
    await assertStrictlyValid(manifests);
  });

  test("docs/deploy.md: the output of its values fits Kubernetes, itself and the code", async () => {
    const file = join(scratchFolder("values"), "values.yaml");
    writeFileSync(file, named("values.yaml"));
    const manifests = await succeeds(helm.path, [...TEMPLATE, "--values", file]);
    assertGoodObjects([...documentsIn(manifests), KEYS]);
    await assertStrictlyValid(manifests);
  });

  test("docs/deploy.md: its further values are where Kubernetes looks for them", async () => {
    const folder = scratchFolder("values");
    const more = named("values.yaml: more");
    const values = ["values.yaml", "values.yaml: more"].flatMap((name, i) => {
      const file = join(folder, `${i}.yaml`);
      writeFileSync(file, named(name));
      return ["--values", file];
    });
    const policy = "accounts[0].policies={lab.json}";
    const manifests = await succeeds(helm.path, [...TEMPLATE, ...values, "--set", policy]);
    assertGoodObjects([...documentsIn(manifests), KEYS]);
    await assertStrictlyValid(manifests);
    const objects = documentsIn(manifests);
    const { files, env, envFrom, serviceMonitor, extraVolumes, extraVolumeMounts, ...placing } =
      parse(more);
    assert.equal(
      at(theObject(objects, "ConfigMap"), "data/lab.json"),
      at({ files }, "files/lab.json"),
    );
    const pod = at(theObject(objects, "Deployment"), "spec/template/spec");
    assert.deepEqual(at(pod, "containers/0/env"), env);
    assert.deepEqual(at(pod, "containers/0/envFrom"), envFrom);
    assert.deepEqual(listAt(pod, "volumes").slice(1), extraVolumes);
    assert.deepEqual(listAt(pod, "containers/0/volumeMounts").slice(1), extraVolumeMounts);
    for (const name of ["nodeSelector", "tolerations", "affinity"]) {
      assert.deepEqual(at(pod, name), placing[name], name);
    }
    const monitored = textsAt(theObject(objects, "ServiceMonitor"), "metadata/labels");
    assert.equal(monitored["release"], serviceMonitor.labels.release);
    assert.equal(monitored["app.kubernetes.io/name"], "s3warden");
  });

  for (const name of readdirSync(`${DEPLOY}helm/examples`)) {
    test(`deploy/helm/examples/${name}: its output fits Kubernetes, itself and the code`, async () => {
      const values = `${DEPLOY}helm/examples/${name}`;
      const manifests = await succeeds(helm.path, [...TEMPLATE, "--values", values]);
      await assertStrictlyValid(manifests);
      const objects = documentsIn(manifests).filter(isKnown);
      const others = new Map(
        ["lab-store", "lab-key"].map((one) => [`/run/vault/${one}`, "secret"]),
      );
      assertGoodObjects([...objects, CAMPUS_KEYS, SEALING_KEYS], others);
    });
  }

  test("the chart has no ServiceMonitor for a cluster that does not know one", async () => {
    const objects = documentsIn(await succeeds(helm.path, BARE));
    assert.deepEqual(ofKind(objects, "ServiceMonitor"), []);
    assert.equal(ofKind(documentsIn(await rendered()), "ServiceMonitor").length, 1);
  });

  test("the chart has the alerts and the dashboard of deploy/, packaged too", async () => {
    const folder = scratchFolder("chart");
    await succeeds(helm.path, ["package", CHART, "--destination", folder]);
    const [chart = ""] = readdirSync(folder);
    const both = ["--set", "prometheusRule.enabled=auto,dashboard.enabled=true"];
    const packaged = [...TEMPLATE.with(2, join(folder, chart)), ...both];
    const objects = documentsIn(await succeeds(helm.path, packaged));
    const rule = theObject(objects, "PrometheusRule");
    assert.deepEqual(at(rule, "spec"), parse(deployText("prometheus/alerts.yaml")));
    const dashboard = textAt(
      theObject(objects, "ConfigMap", "s3warden-dashboard"),
      "data/s3warden.json",
    );
    assert.deepEqual(JSON.parse(dashboard), JSON.parse(deployText("grafana/dashboard.json")));
  });

  test("the chart without the autoscaler has as many pods as it is told", async () => {
    const objects = documentsIn(await rendered("autoscaling.enabled=false", "replicas=3"));
    assert.deepEqual(ofKind(objects, "HorizontalPodAutoscaler"), []);
    assert.equal(at(theObject(objects, "Deployment"), "spec/replicas"), 3);
  });

  test("the chart puts the values of pods and the Service where Kubernetes looks for them", async () => {
    const manifests = await rendered(
      "podAnnotations.note=a",
      "podLabels.team=storage",
      "priorityClassName=high",
      "serviceAccount.create=true",
      "serviceAccount.annotations.role=b",
      "check.enabled=false",
      "service.type=LoadBalancer",
      "service.loadBalancerClass=example.org/lb",
      "service.loadBalancerSourceRanges={192.0.2.0/24}",
      "extraContainers[0].name=shipper",
      "extraContainers[0].image=registry.example.org/shipper:1",
    );
    await assertStrictlyValid(manifests);
    const objects = documentsIn(manifests);
    const template = at(theObject(objects, "Deployment"), "spec/template");
    assert.equal(at(template, "metadata/annotations/note"), "a");
    assert.equal(at(template, "metadata/labels/team"), "storage");
    const pod = at(template, "spec");
    assert.equal(at(pod, "priorityClassName"), "high");
    assert.equal(at(pod, "serviceAccountName"), "s3warden");
    assert.equal(at(pod, "initContainers"), undefined);
    assert.equal(at(pod, "containers/1/name"), "shipper");
    assert.equal(at(theObject(objects, "ServiceAccount"), "metadata/annotations/role"), "b");
    const service = at(theObject(objects, "Service", "s3warden"), "spec");
    assert.equal(at(service, "loadBalancerClass"), "example.org/lb");
    assert.deepEqual(at(service, "loadBalancerSourceRanges"), ["192.0.2.0/24"]);
  });

  test("the chart has sealing keys in a Secret of its own, or in an existing one", async () => {
    const value = `EXAMPLE${"A".repeat(36)}`;
    const keys = ["sealing.keys[0].id=b", "sealing.keys[1].id=a"];
    const values = keys.map((_, i) => `sealing.keys[${i}].value=${value}`);
    const own = await rendered(...keys, ...values);
    await assertStrictlyValid(own);
    const objects = documentsIn(own);
    assertGoodObjects(objects);
    const secret = textsAt(theObject(objects, "Secret", "s3warden-sealing"), "stringData");
    assert.deepEqual(secret, { b: value, a: value });
    assert.deepEqual(sealingKeysOf(objects), { keys: SEALED, secret: "s3warden-sealing" });

    const others = documentsIn(await rendered(...keys, "sealing.existingSecret=kept"));
    assert.equal(ofKind(others, "Secret").length, 1);
    assert.deepEqual(sealingKeysOf(others), { keys: SEALED, secret: "kept" });
  });

  test("the chart has a port for STS alone if gateway.sts.address is set", async () => {
    const values = `${DEPLOY}helm/examples/sessions.yaml`;
    const settings = ["--values", values, "--set", "service.stsPort=8082"];
    const objects = documentsIn(await succeeds(helm.path, [...TEMPLATE, ...settings]));
    const ports = listAt(theObject(objects, "Service", "s3warden"), "spec/ports");
    assert.deepEqual(ports[1], { name: "sts", port: 8082, targetPort: "sts", appProtocol: "http" });
    const pod = at(theObject(objects, "Deployment"), "spec/template/spec");
    assert.deepEqual(at(pod, "containers/0/ports/2"), { name: "sts", containerPort: 8081 });
    const ingress = listAt(theObject(objects, "NetworkPolicy"), "spec/ingress");
    assert.deepEqual(ingress[1], { ports: [{ port: "sts", protocol: "TCP" }] });
  });

  test("the chart writes a text that looks like a number or a truth value as a text", async () => {
    const texts = [
      "existingSecret=123",
      "tlsSecret=456",
      "imagePullSecrets={789}",
      "networkPolicy.monitoringNamespace=true",
      "secrets[0].name=123",
      "secrets[0].value=456",
      "secrets[1].name=true",
      "secrets[1].value=false",
    ].flatMap((setting) => ["--set-string", setting]);
    const manifests = await succeeds(helm.path, [...TEMPLATE, ...texts]);
    await assertStrictlyValid(manifests);
    const own = await succeeds(helm.path, [...TEMPLATE, ...texts.slice(2)]);
    await assertStrictlyValid(own);
    const secret = theObject(documentsIn(own), "Secret");
    assert.deepEqual(Object.keys(textsAt(secret, "stringData")), ["123", "true"]);
  });

  test("the chart without secrets has no Secret, and looks for none", async () => {
    for (const existing of ["", "kept"]) {
      const settings = ["secrets=[]", "accounts=[]"].flatMap((one) => ["--set-json", one]);
      const name = ["--set", `existingSecret=${existing}`];
      const manifests = await succeeds(helm.path, [...TEMPLATE, ...settings, ...name]);
      await assertStrictlyValid(manifests);
      const objects = documentsIn(manifests);
      assert.deepEqual(ofKind(objects, "Secret"), []);
      const pod = at(theObject(objects, "Deployment"), "spec/template/spec");
      assert.equal(listAt(pod, "volumes/0/projected/sources").length, 1);
    }
  });

  const REFUSED = [
    ["a kind of store that the gateway does not know", "gateway.upstream.store=cephh", /store/],
    ["an option that the gateway does not know", "gateway.listen.adress=0.0.0.0:1", /adress/],
    [
      "networks of a load balancer that there is not",
      "service.loadBalancerSourceRanges={192.0.2.0/24}",
      /LoadBalancer/,
    ],
    ["STS without sealing keys", "gateway.sts.address=0.0.0.0:8081", /needs sealing.keys/],
    [
      "sealing keys in two places",
      "sealing.existingSecret=kept,sealing.keys[0].id=a,gateway.sts.keys[0].id=a,gateway.sts.keys[0].secret=b",
      /keep one of them/,
    ],
    ["a sealing key without a value", "sealing.keys[0].id=a", /a needs a value/],
    [
      "a sealing key that keygen would not write",
      "sealing.keys[0].id=a,sealing.keys[0].value=short",
      /sealing/,
    ],
    ["a value that there is not", "autoscaling.max=3", /max/],
    ["an admin port that no probe reaches", "gateway.admin.address=127.0.0.1:9090", /address/],
    ["more pods at least than at most", "autoscaling.minReplicas=11", /more than maxReplicas/],
    [
      "to be killed while it drains",
      "gateway.limits.drainTimeout=50s",
      /terminationGracePeriodSeconds is 60.* \(10s\) and drainTimeout \(50s\)/,
    ],
    ["a file in the place of its own", "files.gateway\\.yaml=text", /propertyName/],
    ["a secret without a value", "secrets[0].name=lab,secrets[0].value=", /lab needs a value/],
  ] as const;
  for (const [what, setting, reason] of REFUSED) {
    test(`the chart refuses ${what}`, async () => {
      await assert.rejects(rendered(setting), reason);
    });
  }
});

/** The sealing keys as the values have them. */
const SEALED = [
  { id: "b", secret: "${file:sealing/b}" },
  { id: "a", secret: "${file:sealing/a}" },
];

/** Returns the keys that gateway.yaml names, and the Secret with the files of those names. */
function sealingKeysOf(objects: readonly unknown[]): {
  readonly keys: unknown;
  readonly secret: unknown;
} {
  const gateway: unknown = parse(textAt(theObject(objects, "ConfigMap"), "data/gateway.yaml"));
  const pod = at(theObject(objects, "Deployment"), "spec/template/spec");
  const source = at(pod, "volumes/0/projected/sources/2/secret");
  assert.deepEqual(at(source, "items"), [
    { key: "b", path: "sealing/b" },
    { key: "a", path: "sealing/a" },
  ]);
  return { keys: at(gateway, "sts/keys"), secret: at(source, "name") };
}

/** Returns the content of objects, by kind and name, however they were written. */
function meaning(manifests: string): Readonly<Record<string, unknown>> {
  const objects = documentsIn(manifests).map((object) => {
    const name = `${textAt(object, "kind")} ${textAt(object, "metadata/name")}`;
    return [name, JSON.parse(JSON.stringify(object, plain))] as const;
  });
  return Object.fromEntries(objects);
}

/** Leaves out labels that only name the tool that wrote them, and empty lists. */
function plain(name: string, value: unknown): unknown {
  if (/^(?:helm\.sh\/|app\.kubernetes\.io\/(?:version|managed-by)$)/.test(name)) return undefined;
  if (name === "data") return configuration(textsAt({ value }, "value"));
  return value;
}

/** Reads the files of a ConfigMap; `buckets: []` is the default. */
function configuration(files: Readonly<Record<string, string>>): unknown {
  const entries = Object.entries(files).map(([name, text]) => {
    const tree: unknown = parse(text);
    if (typeof tree !== "object") throw new Error(`Expected a map in ${name}`);
    return [name, name === "accounts.yaml" ? { buckets: [], ...tree } : tree];
  });
  return Object.fromEntries(entries);
}
