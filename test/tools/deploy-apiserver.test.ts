/** A real Kubernetes API server accepts every object of deploy/ and of its pages, and refuses broken ones. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DEPLOY, deployText, documentsIn } from "../support/deploy.ts";
import { named } from "../support/deploy-page.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { blocks, pageOf } from "../unit/docs/page.ts";
import { installDefinitions, KUBERNETES, startKubernetes } from "./kubernetes-server.ts";
import { ownProgram, succeeds } from "./programs.ts";

const kustomize = ownProgram("kustomize");
const helm = ownProgram("helm");
const skip = skipUnless([...KUBERNETES, kustomize.need, helm.need]);

const EXAMPLES = `${DEPLOY}helm/examples/`;
/** Helm does not ask the server here, so it is told of the kinds that the cluster has. */
const BARE = ["template", "s3warden", `${DEPLOY}helm/s3warden`, "--kube-version", "1.36.0"];
const TEMPLATE = [
  ...BARE,
  ...["ServiceMonitor", "PrometheusRule"].flatMap((kind) => [
    "--api-versions",
    `monitoring.coreos.com/v1/${kind}`,
  ]),
];

/** As docs/deploy.md makes it, and the server says what it would not let run. */
const NAMESPACE = JSON.stringify({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name: "s3warden",
    labels: {
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
    },
  },
});

const built = (folder: string): Promise<string> => succeeds(kustomize.path, ["build", folder]);
const base = (): Promise<string> => built(`${DEPLOY}kubernetes/base`);
const rendered = (...more: readonly string[]): Promise<string> =>
  succeeds(helm.path, [...TEMPLATE, ...more]);

/** The overlay of docs/deploy.md. */
function overlay(): Promise<string> {
  const folder = scratchFolder("overlay");
  cpSync(`${DEPLOY}kubernetes`, join(folder, "deploy", "kubernetes"), { recursive: true });
  const own = join(folder, "my");
  mkdirSync(own);
  writeFileSync(join(own, "kustomization.yaml"), named("kustomization.yaml"));
  writeFileSync(join(own, "accounts.yaml"), named("accounts.yaml"));
  writeFileSync(join(own, "gateway.yaml"), deployText("kubernetes/base/config/gateway.yaml"));
  return built(own);
}

/** The chart with the values of docs/deploy.md. */
function documented(...names: readonly string[]): Promise<string> {
  return withValues(names.map(named));
}

function withValues(texts: readonly string[]): Promise<string> {
  const folder = scratchFolder("values");
  const values = texts.flatMap((text, i) => {
    const file = join(folder, `${i}.yaml`);
    writeFileSync(file, text);
    return ["--values", file];
  });
  return rendered(...values);
}

/** The chart with the values of docs/kubernetes.md for keys from the API server. */
function askingTheServer(): Promise<string> {
  const all = blocks(pageOf("kubernetes.md"), "yaml");
  const more = all.find((text) => text.startsWith("# values.yaml: keys from the API server"));
  const [values] = all;
  assert.ok(values !== undefined && more !== undefined);
  return withValues([values, more]);
}

const ACCEPTED: readonly (readonly [string, () => Promise<string>])[] = [
  ["deploy/kubernetes/base", base],
  ["deploy/kubernetes/sidecar", () => built(`${DEPLOY}kubernetes/sidecar`)],
  ["the overlay of docs/deploy.md", overlay],
  ["the chart", rendered],
  [
    "the chart with alerts and dashboard",
    () => rendered("--set", "prometheusRule.enabled=auto,dashboard.enabled=true"),
  ],
  ["the chart with the values of docs/deploy.md", () => documented("values.yaml")],
  [
    "the chart with all values of docs/deploy.md",
    () => documented("values.yaml", "values.yaml: more"),
  ],
  ["the chart with keys from the API server, as docs/kubernetes.md has it", askingTheServer],
  ...readdirSync(EXAMPLES).map(
    (name) =>
      [`deploy/helm/examples/${name}`, () => rendered("--values", `${EXAMPLES}${name}`)] as const,
  ),
];

const REFUSED: readonly (readonly [
  string,
  () => Promise<string>,
  from: RegExp,
  to: string,
  RegExp,
])[] = [
  [
    "a field that there is not",
    base,
    /^( +)(minReplicas: )/m,
    "$1minReplica: 1\n$1$2",
    /unknown field "spec\.minReplica"/,
  ],
  [
    "fewer pods at most than at least",
    base,
    /maxReplicas: \d+/,
    "maxReplicas: 1",
    /must be greater than or equal to `minReplicas`/,
  ],
  [
    "a monitor's interval that is none",
    base,
    /interval: 15s/,
    "interval: soon",
    /interval: Invalid value: "soon"/,
  ],
  [
    "a pod that can become root",
    base,
    /runAsNonRoot: true/,
    "runAsNonRoot: false",
    /violate PodSecurity "restricted:latest"/,
  ],
  [
    "a route of a kind that there is not",
    () => rendered("--values", `${EXAMPLES}gateway-api.yaml`),
    /kind: HTTPRoute/,
    "kind: HTTPRout",
    /no matches for kind "HTTPRout"/,
  ],
];

test("a real Kubernetes API server", { skip }, async (t) => {
  const server = await startKubernetes(t);
  await installDefinitions(server);
  assert.equal((await server.kubectl(["create", "-f", "-"], NAMESPACE)).status, 0);

  /** Has the server judge all objects of `manifests` and keep none; throws if it refuses or warns. */
  const judge = async (manifests: string): Promise<void> => {
    const how = ["--dry-run=server", "--validate=strict", "--namespace=s3warden"];
    const { status, output, errors } = await server.kubectl(
      ["apply", ...how, "-f", "-"],
      manifests,
    );
    if (status !== 0 || errors !== "") throw new Error(errors);
    const objects = documentsIn(manifests).filter((object) => object !== null);
    const said = output.toString().trimEnd().split("\n");
    assert.ok(
      said.every((line) => line.endsWith(" created (server dry run)")),
      said.join("\n"),
    );
    assert.equal(said.length, objects.length);
  };

  for (const [name, manifests] of ACCEPTED) {
    await t.test(`accepts ${name}`, async () => judge(await manifests()));
  }
  await t.test("accepts the application of docs/kubernetes.md", async () => {
    const reporting = JSON.stringify({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "reporting" },
    });
    assert.equal((await server.kubectl(["create", "-f", "-"], reporting)).status, 0);
    const [, account = "", job = ""] = blocks(pageOf("kubernetes.md"), "yaml");
    const how = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
    const { status, output, errors } = await server.kubectl(how, `${account}---\n${job}`);
    assert.equal(status, 0, errors);
    assert.match(
      output.toString(),
      /^serviceaccount\/nightly created .*\ncronjob\.batch\/nightly created/,
    );
  });
  for (const [name, manifests, from, to, reason] of REFUSED) {
    await t.test(`refuses ${name}`, async () => {
      const good = await manifests();
      const broken = good.replace(from, to);
      assert.notEqual(broken, good);
      await assert.rejects(judge(broken), reason);
    });
  }
});
