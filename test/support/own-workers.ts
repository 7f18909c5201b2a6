import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import type { Config } from "../../src/config/config.ts";
import type { RunningGateway } from "../../src/life/service.ts";
import { openWorkers } from "../../src/life/workers.ts";
import { goodConfig } from "./config.ts";
import type { KeyPair } from "./signed.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export const UNHEARD = pino({ enabled: false });

/** Returns a configuration on free ports of loopback with one account, `lab`, that has `key`. */
export function configWith(store: string, key: KeyPair): Config {
  const gateway = {
    listen: { address: "127.0.0.1:0" },
    admin: { address: "127.0.0.1:0" },
    upstream: { endpoints: [store], store: "ceph" },
    identities: [{ accounts: "accounts.yaml" }],
  };
  const accounts = { accounts: [{ name: "lab", keys: [key] }] };
  return goodConfig({
    "gateway.yaml": JSON.stringify(gateway),
    "accounts.yaml": JSON.stringify(accounts),
  });
}

/** Opens two workers whose primary is the test's own process. */
export function openOwnWorkers(config: Config): Promise<RunningGateway> {
  // Without this setting they would run the test.
  cluster.setupPrimary({ exec: MAIN, args: ["serve", "--config", "none"], silent: true });
  return openWorkers(config, 2, UNHEARD);
}

/** Returns the same in the form that test/support/asked.ts wants. */
export function endpointsOf({ address, adminAddress }: RunningGateway): {
  readonly endpoint: string;
  readonly adminEndpoint: string;
} {
  return { endpoint: `http://${address}`, adminEndpoint: `http://${adminAddress}` };
}
