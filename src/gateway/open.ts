import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { compileSnapshot } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import { trafficLimits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { openAudit } from "../observe/audit.ts";
import { Metrics } from "../observe/metrics.ts";
import { openState } from "../state/open.ts";
import type { StateStore } from "../state/state-store.ts";
import { listenAdmin } from "./admin.ts";
import type { Gateway, Live } from "./forward.ts";
import { Limiter } from "./limiter.ts";
import { listen } from "./server.ts";
import { openSources, type OpenSources } from "./sources.ts";
import { Upstream } from "./upstream.ts";

/** A gateway that listens. */
export type OpenGateway = {
  /** `host:port` as bound, for S3 clients and for the operator's tools. */
  readonly address: string;
  readonly adminAddress: string;
  /**
   * Puts `config` in force for every request from now on; requests under way keep what they began
   * with. The error names what cannot change without a restart: then nothing has changed.
   */
  readonly reload: (config: Config) => Result<number, string>;
  /** A configuration that was read is not good: told by the metrics. */
  readonly refused: () => void;
  /** Lets requests under way finish, then ends everything that was opened. */
  readonly close: () => Promise<void>;
};

/** Opens everything a configuration asks for. Throws where a port or file cannot be opened. */
export async function openGateway(config: Config, log: Logger): Promise<OpenGateway> {
  const metrics = new Metrics();
  const audit =
    config.log.auditFile === undefined
      ? undefined
      : openAudit(config.log.auditFile, (error) => log.error(error, "Cannot write the audit log"));
  const upstream = openUpstream(config, metrics, log);
  const state = await openStateOf(config);
  let opened = openSources(config, state, metrics, log);
  const live = { current: liveOf(config, opened, 1) };
  const gateway: Gateway = {
    live,
    upstream,
    limiter: new Limiter(),
    observer: { metrics, audit: (record) => audit?.write(record) },
    newRequestId: requestIds(),
    log,
  };
  metrics.configAccepted(1, Date.now());
  const sources = (): OpenSources => opened;
  const admin = await listenAdmin({ metrics, upstream, sources }, config.admin.address);
  const closeBackground = async (): Promise<void> => {
    await upstream.close();
    await opened.close();
    await state?.close();
    await admin.close();
    await audit?.flush();
  };
  const listening = await listen(gateway, {
    ...config.listen.address,
    tls: config.listen.tls,
  }).catch(async (error: unknown) => {
    await closeBackground();
    throw error;
  });
  const close = async (): Promise<void> => {
    await listening.close();
    await closeBackground();
  };
  const reload = (next: Config): Result<number, string> => {
    const fixed = FIXED.filter((part) => !isDeepStrictEqual(config[part], next[part]));
    if (fixed.length > 0) return err(`Cannot change ${fixed.join(", ")} without a restart`);
    const generation = live.current.snapshot.generation + 1;
    const before = opened;
    opened = openSources(next, state, metrics, log);
    live.current = liveOf(next, opened, generation);
    // Requests under way still ask the sources that they began with.
    void before.close();
    metrics.configAccepted(generation, Date.now());
    return ok(generation);
  };
  return {
    address: listening.address,
    adminAddress: admin.address,
    reload,
    refused: () => metrics.configRefused(),
    close,
  };
}

function liveOf(config: Config, { elsewhere, sources }: OpenSources, generation: number): Live {
  const snapshot = { ...compileSnapshot(config, generation), elsewhere };
  return { snapshot, sources, limits: trafficLimits(config) };
}

/** What was opened by the first configuration: ports, connections to the store, files, their limits. */
const FIXED = ["listen", "admin", "upstream", "state", "log"] as const;

/** Throws where it cannot be used: without it nothing could be decided. */
async function openStateOf({ state, upstream }: Config): Promise<StateStore | undefined> {
  if (state === undefined) return undefined;
  const opened = await openState(state, upstream);
  if (opened.ok) return opened.value;
  throw Object.assign(new Error(`Cannot use the state: ${opened.error}`), { code: "ESTATE" });
}

function openUpstream(config: Config, metrics: Metrics, log: Logger): Upstream {
  const { endpoints, connectionsMax, connectTimeoutMs, headersTimeoutMs, ca } = config.upstream;
  const options = {
    endpoints: endpoints.map((endpoint) => endpoint.origin),
    connectionsMax,
    connectTimeoutMs,
    headersTimeoutMs,
    bodyTimeoutMs: config.limits.idleTimeoutMs,
    ca,
  };
  return new Upstream(options, (endpoint, up) => {
    metrics.endpointUp(endpoint, up);
    if (!up) log.warn({ endpoint }, "An endpoint of the store does not answer");
  });
}

/** 16 hex digits: eight of this process, eight that count. Unique, and free to make. */
function requestIds(): () => string {
  const process = randomBytes(4).toString("hex");
  let count = 0;
  return () => {
    count = (count + 1) >>> 0;
    return (process + count.toString(16).padStart(8, "0")).toUpperCase();
  };
}
