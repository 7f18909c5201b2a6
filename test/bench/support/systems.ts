import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DOMAIN } from "../../support/certificates.ts";
import { freePorts } from "../../support/ports.ts";
import { findProgram } from "../../support/program.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { haproxyConfig, nginxConfig, type ProxyPorts } from "../proxies/configured.ts";
import { GATEWAY, HAPROXY, STORE, YARDSTICK, type SystemName } from "./cells.ts";
import { startProgram, startScript, type Server } from "./child.ts";
import { familyOf } from "./cpu.ts";
import { startS3proxy, startVersitygw, type Peers } from "./peers.ts";
import { CREDENTIAL, STORE_CREDENTIAL } from "./workload.ts";

/** A port of loopback and all processes behind it. */
export type Listener = { readonly port: number; readonly pids: readonly number[] };

/** A program that answers the cells' requests, in processes of its own. */
export type System = {
  readonly name: SystemName;
  readonly plain: Listener;
  /** The place where it speaks TLS to clients. */
  readonly tls?: Listener;
};

export async function startStore(): Promise<System> {
  const server = await startScript([pathOf("../store.ts")]);
  return { name: STORE, plain: listenerOf(server) };
}

/**
 * Every system in front of the store that can be started here; those with another name than
 * `names` are left out.
 */
export async function startSystems(
  store: System,
  peers: Peers,
  names: ReadonlySet<SystemName>,
): Promise<readonly System[]> {
  const { port } = store.plain;
  const origin = `http://127.0.0.1:${port}`;
  const starting: readonly (readonly [SystemName, () => Promise<Server | undefined>])[] = [
    ["http-proxy", () => startScript([pathOf("../proxies/http-proxy.ts"), origin])],
    [YARDSTICK, () => startScript([pathOf("../proxies/undici.ts"), origin])],
    ["s3warden, audit log", () => startGateway(origin, { audit: true })],
    ["s3warden, 2 workers", () => startGateway(origin, { workers: 2 })],
    ["versitygw", () => startVersitygw(peers, origin)],
    ["s3proxy", () => startS3proxy(peers, origin)],
  ];
  const systems = [
    names.has(HAPROXY) ? await startHaproxy(port) : [],
    names.has("nginx") ? await startNginx(port) : [],
    names.has(GATEWAY) ? [await startBoth(origin)] : [],
  ].flat();
  for (const [name, start] of starting) {
    const server = names.has(name) ? await start() : undefined;
    if (server !== undefined) systems.push({ name, plain: listenerOf(server) });
  }
  return systems;
}

/** Starts another process of a system alone, for figures that earlier load would change. */
export async function startAlone(name: SystemName, store: System): Promise<System | undefined> {
  if (name === GATEWAY) {
    const server = await startGateway(`http://127.0.0.1:${store.plain.port}`, {});
    return { name, plain: listenerOf(server) };
  }
  const [system] = await startSystems(store, {}, new Set([name]));
  return system;
}

/** The additional settings of a gateway with sessions. */
export type StsSettings = {
  /** Sections of gateway.yaml. */
  readonly gateway: object;
  /** A role of the account. */
  readonly role: object;
  /** The text of keys.json. */
  readonly keys: string;
};

/** Starts a gateway that serves STS, and believes a proxy's headers about addresses. */
export async function startStsGateway(store: System, sts: StsSettings): Promise<System> {
  const origin = `http://127.0.0.1:${store.plain.port}`;
  return { name: GATEWAY, plain: listenerOf(await startGateway(origin, { sts })) };
}

function listenerOf({ port, pid }: Server): Listener {
  return { port, pids: familyOf(pid) };
}

async function startHaproxy(store: number): Promise<readonly System[]> {
  const program = findProgram("haproxy");
  if (program === undefined) return [];
  const ports = await proxyPorts(store);
  const folder = scratchFolder("haproxy");
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, haproxyConfig(ports, writePem(folder)));
  const server = await startProgram(program, ["-db", "-f", file], ports.plain);
  return [proxyOf(HAPROXY, ports, server)];
}

async function startNginx(store: number): Promise<readonly System[]> {
  const program = findProgram("nginx");
  if (program === undefined) return [];
  const ports = await proxyPorts(store);
  const folder = scratchFolder("nginx");
  const file = join(folder, "nginx.conf");
  writeFileSync(file, nginxConfig(ports, writePem(folder), folder));
  const args = ["-p", folder, "-c", file, "-e", "stderr"];
  return [proxyOf("nginx", ports, await startProgram(program, args, ports.plain))];
}

async function proxyPorts(store: number): Promise<ProxyPorts> {
  const [plain = 0, tls = 0] = await freePorts(2);
  return { plain, tls, store };
}

function proxyOf(name: SystemName, ports: ProxyPorts, { pid }: Server): System {
  return {
    name,
    plain: { port: ports.plain, pids: [pid] },
    tls: { port: ports.tls, pids: [pid] },
  };
}

/** Writes certificate and key into one file, as HAProxy wants them. */
function writePem(folder: string): string {
  const file = join(folder, "both.pem");
  writeFileSync(file, `${DOMAIN.cert}${DOMAIN.key}`);
  return file;
}

/** Starts the gateway twice: a port speaks TLS or not, so there are two processes. */
async function startBoth(origin: string): Promise<System> {
  const plain = await startGateway(origin, {});
  const tls = await startGateway(origin, { tls: true });
  return { name: GATEWAY, plain: listenerOf(plain), tls: listenerOf(tls) };
}

type GatewayOptions = {
  readonly audit?: boolean;
  readonly tls?: boolean;
  readonly workers?: number;
  readonly sts?: StsSettings;
};

/** Starts `s3warden serve` with one account, as an operator would configure it. */
function startGateway(origin: string, options: GatewayOptions): Promise<Server> {
  const folder = scratchFolder("bench");
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = CREDENTIAL;
  const { sts } = options;
  const account = {
    name: "bench",
    upstream: STORE_CREDENTIAL,
    keys: [{ accessKey, secretKey }],
    roles: sts === undefined ? [] : [sts.role],
  };
  const pem = options.tls ? writePem(folder) : undefined;
  const config = {
    workers: options.workers ?? 1,
    listen: {
      address: "127.0.0.1:0",
      ...(pem === undefined ? {} : { tls: { cert: pem, key: pem } }),
      ...(sts === undefined ? {} : { trustedProxies: ["127.0.0.1"] }),
    },
    ...sts?.gateway,
    admin: { address: "127.0.0.1:0" },
    upstream: { endpoints: [origin], store: "ceph" },
    identities: [{ accounts: "accounts.yaml" }],
    limits: { connections: 12_000 },
    ...(options.audit ? { log: { audit: { file: join(folder, "audit.jsonl") } } } : {}),
  };
  // JSON is YAML.
  writeFileSync(join(folder, "accounts.yaml"), JSON.stringify({ accounts: [account] }));
  if (sts !== undefined) writeFileSync(join(folder, "keys.json"), sts.keys);
  writeFileSync(join(folder, "gateway.yaml"), JSON.stringify(config));
  return startServe(join(folder, "gateway.yaml"));
}

/** Starts `s3warden serve` with the configuration `file`, until it listens. */
export function startServe(file: string): Promise<Server> {
  return startScript([...ENGINE, builtMain(), "serve", "--config", file]);
}

/** V8's room for young objects and its threads, as the command, the image and the unit give them. */
const ENGINE = ["--max-semi-space-size=8", "--v8-pool-size=2"];

let main: string | undefined;

/** Returns the program of the package as operators run it. Builds it once. */
export function builtMain(): string {
  if (main !== undefined) return main;
  execFileSync(process.execPath, [
    pathOf("../../../node_modules/typescript/bin/tsc"),
    "--project",
    pathOf("../../../tsconfig.build.json"),
  ]);
  main = pathOf("../../../dist/main.js");
  return main;
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
