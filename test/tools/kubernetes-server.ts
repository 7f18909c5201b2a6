import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { ROOT } from "../support/deploy.ts";
import { until } from "../support/flow.ts";
import { freePorts } from "../support/ports.ts";
import { runProgram, SYSTEM_PATH, type Ended } from "../support/program.ts";
import type { Requirement } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { debianProgram, ownProgram } from "./programs.ts";

/**
 * A real Kubernetes API server of a test's own, with etcd behind it. Nothing else of a cluster is there:
 * it checks and keeps objects, and gives tokens, but no pod of it ever runs.
 */
export type KubernetesServer = {
  /** Such as `https://127.0.0.1:40123`. */
  readonly url: string;
  /** The file with its authority, PEM. */
  readonly caFile: string;
  /** Runs kubectl as its administrator. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<Ended>;
};

/** The issuer of its tokens, as clusters call theirs. */
export const CLUSTER_ISSUER = "https://kubernetes.default.svc.cluster.local";

const apiServer = ownProgram("kube-apiserver");
const kubectl = ownProgram("kubectl");

/** The programs that `startKubernetes` needs. */
export const KUBERNETES: readonly Requirement[] = [
  apiServer.need,
  kubectl.need,
  debianProgram("etcd", "etcd-server"),
];

/** Kinds of other projects that deploy/ uses. */
const DEFINITIONS = `${ROOT}.tools/definitions`;
const START_MS_MAX = 120_000;

/** Starts both; they end with the test. */
export async function startKubernetes(t: TestContext): Promise<KubernetesServer> {
  const folder = scratchFolder("kubernetes");
  const [etcdPort, peerPort, port = 0] = await freePorts(3);
  const etcd = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const url = `https://127.0.0.1:${port}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keyFile = join(folder, "accounts.key");
  writeFileSync(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }));
  const tokens = join(folder, "tokens.csv");
  writeFileSync(tokens, `of-the-administrator,admin,admin,system:masters\n`);
  const caFile = join(folder, "apiserver.crt");
  const start = (program: string, options: Readonly<Record<string, string>>): (() => void) => {
    const said: string[] = [];
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(program, args, {
      cwd: folder,
      env: { PATH: SYSTEM_PATH },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.on("data", (chunk) => void (said.push(String(chunk)) > 100 && said.shift()));
    t.after(() => child.kill("SIGKILL"));
    return () => assert.equal(child.exitCode, null, `${program} has ended: ${said.join("")}`);
  };
  const alive = [
    start("etcd", {
      "data-dir": join(folder, "etcd"),
      "listen-client-urls": etcd,
      "advertise-client-urls": etcd,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": `default=${peer}`,
    }),
    start(apiServer.path, {
      "etcd-servers": etcd,
      "bind-address": "127.0.0.1",
      "secure-port": String(port),
      // The folder for a certificate that it makes itself.
      "cert-dir": folder,
      "service-cluster-ip-range": "10.96.0.0/16",
      "authorization-mode": "AlwaysAllow",
      "token-auth-file": tokens,
      "service-account-issuer": CLUSTER_ISSUER,
      "service-account-signing-key-file": keyFile,
      "service-account-key-file": keyFile,
      "endpoint-reconciler-type": "none",
    }),
  ];
  const config = join(folder, "kubeconfig");
  writeFileSync(config, kubeconfig(url, caFile));
  const server: KubernetesServer = {
    url,
    caFile,
    kubectl: (args, input) =>
      runProgram(kubectl.path, args, {
        env: { KUBECONFIG: config, HOME: folder },
        ...(input !== undefined && { input: Buffer.from(input) }),
      }),
  };
  await until(async () => {
    for (const check of alive) check();
    return (await server.kubectl(["get", "namespace", "default"])).status === 0;
  }, START_MS_MAX);
  return server;
}

/** Makes the kinds of other projects known to it. */
export async function installDefinitions({ kubectl: run }: KubernetesServer): Promise<void> {
  const made = await run(["create", "-f", DEFINITIONS]);
  assert.equal(made.status, 0, made.errors);
  const wait = ["wait", "--for=condition=Established", "--timeout=60s", "-f", DEFINITIONS];
  const known = await run(wait);
  assert.equal(known.status, 0, known.errors);
}

/** JSON, which is YAML too. */
function kubeconfig(server: string, caFile: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority": caFile } }],
    users: [{ name: "admin", user: { token: "of-the-administrator" } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
    "current-context": "test",
  });
}
