import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../support/ports.ts";
import { findProgram } from "../../support/program.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { haproxyConfig, nginxConfig } from "../proxies/configured.ts";
import { startProgram, startScript, type Server } from "./child.ts";
import { CREDENTIAL } from "./workload.ts";

/** Something that answers the cells' requests, in a process of its own. */
export type System = Server & {
  readonly name: string;
  readonly kind: "store" | "proxy" | "yardstick" | "gateway";
};

/** The store first, then every system in front of it that can be started here. */
export async function startSystems(): Promise<readonly System[]> {
  const store = await startScript([pathOf("../store.ts")]);
  const origin = `http://127.0.0.1:${store.port}`;
  const httpProxy = [pathOf("../proxies/http-proxy.ts"), origin];
  const undici = [pathOf("../proxies/undici.ts"), origin];
  const proxies = await Promise.all([
    named("HAProxy", "proxy", startHaproxy(store.port)),
    named("nginx", "proxy", startNginx(store.port)),
    named("http-proxy", "proxy", startScript(httpProxy)),
    named("bare undici", "yardstick", startScript(undici)),
    named("s3warden", "gateway", startGateway(origin, false)),
    named("s3warden, audit log", "gateway", startGateway(origin, true)),
  ]);
  return [{ ...store, name: "the store directly", kind: "store" }, ...proxies.flat()];
}

/** Nothing for a program that is not installed. */
async function named(
  name: string,
  kind: System["kind"],
  starting: Promise<Server | undefined>,
): Promise<readonly System[]> {
  const server = await starting;
  return server === undefined ? [] : [{ ...server, name, kind }];
}

async function startHaproxy(storePort: number): Promise<Server | undefined> {
  const program = findProgram("haproxy");
  if (program === undefined) return undefined;
  const [port = 0] = await freePorts(1);
  const file = join(scratchFolder("haproxy"), "haproxy.cfg");
  writeFileSync(file, haproxyConfig(port, storePort));
  return startProgram(program, ["-db", "-f", file], port);
}

async function startNginx(storePort: number): Promise<Server | undefined> {
  const program = findProgram("nginx");
  if (program === undefined) return undefined;
  const [port = 0] = await freePorts(1);
  const folder = scratchFolder("nginx");
  const file = join(folder, "nginx.conf");
  writeFileSync(file, nginxConfig(port, storePort, folder));
  return startProgram(program, ["-p", folder, "-c", file, "-e", "stderr"], port);
}

/** `s3warden serve` with one account, as an operator would configure it. */
function startGateway(origin: string, audit: boolean): Promise<Server> {
  const folder = scratchFolder("bench");
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = CREDENTIAL;
  const account = {
    name: "bench",
    upstream: { accessKey: "STORE", secretKey: "what-the-store-knows-the-account-by" },
    keys: [{ accessKey, secretKey }],
  };
  const config = {
    listen: { address: "127.0.0.1:0" },
    admin: { address: "127.0.0.1:0" },
    upstream: { endpoints: [origin], store: "ceph" },
    identities: [{ accounts: "accounts.yaml" }],
    ...(audit ? { log: { audit: { file: join(folder, "audit.jsonl") } } } : {}),
  };
  // JSON is YAML.
  writeFileSync(join(folder, "accounts.yaml"), JSON.stringify({ accounts: [account] }));
  writeFileSync(join(folder, "gateway.yaml"), JSON.stringify(config));
  return startScript([
    pathOf("../../../src/main.ts"),
    "serve",
    "--config",
    join(folder, "gateway.yaml"),
  ]);
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
