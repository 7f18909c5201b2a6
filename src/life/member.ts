import { randomBytes, X509Certificate } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { sealingKeyMadeMs } from "../config/sealing-date.ts";
import { openAudit } from "../observe/audit.ts";
import { Faults } from "../observe/faults.ts";
import { Metrics, type Ends } from "../observe/metrics.ts";
import { openTracing } from "../observe/tracing.ts";
import { Recent } from "../observe/recent.ts";
import { openState } from "../state/open.ts";
import type { StateStore } from "../state/state-store.ts";
import type { Administered } from "../admin/admin.ts";
import { administer } from "../admin/administer.ts";
import type { Gateway } from "../gateway/forward.ts";
import { FormSpool } from "../gateway/form-spool.ts";
import { HeldBytes } from "../limiter/held-bytes.ts";
import { Limiter } from "../limiter/limiter.ts";
import { RefusalPace } from "../limiter/refusal-pace.ts";
import { Live } from "../gateway/live.ts";
import { listen, type ListenOptions } from "../gateway/server.ts";
import { StorePools } from "../store/store-pools.ts";
import { setEngineUp } from "./engine.ts";

/** A process that serves S3: all of a gateway but its admin port. */
export type Member = {
  /** `host:port` as bound, for S3 clients. */
  readonly address: string;
  /** The same of the port for STS alone; `undefined` if there is none. */
  readonly stsAddress: string | undefined;
  readonly metrics: Metrics;
  /** The facts that the admin port tells of this process. */
  readonly administered: Administered;
  /**
   * Puts `config` in force for every request from now on; requests under way keep what they began
   * with. The settings that `needsRestart()` names are the same as in the first one. A reload that
   * throws has changed nothing.
   */
  readonly reload: (config: Config, generation: number) => void;
  /** Continues in the audit file that now has the name, as after a rotation. */
  readonly reopenAudit: () => void;
  /** Ceases to be ready, but goes on accepting for `limits.drainDelay`, until it resolves. */
  readonly leave: () => Promise<void>;
  /** Lets requests under way finish within `limits.drainTimeout`, then ends all that was opened. */
  readonly close: () => Promise<void>;
};

/**
 * The longest wait of the start for the store to answer: it may well start later than the gateway.
 */
const FIRST_ANSWERS_MS_MAX = 1_000;

/** Ports that several processes listen on. */
export type SharedPorts = {
  /** The port as the first of them bound it; 0 if this is the first. */
  readonly port: number;
  /** The port of STS. */
  readonly stsPort: number;
};

/**
 * Opens what `config` asks for. `shared` is `undefined` if this process is the only one. Throws if
 * a port or file cannot be opened.
 */
export async function openMember(
  config: Config,
  generation: number,
  log: Logger,
  shared?: SharedPorts,
): Promise<Member> {
  setEngineUp();
  const metrics = new Metrics();
  const audit = config.log.audit && (await openAudit(config.log.audit, metrics, log));
  const state = await openStateOf(config);
  const world = { state, pools: new StorePools(metrics, log), metrics, log };
  const live = { current: new Live(config, generation, world) };
  const recent = new Recent();
  const tracing = await openTracing(process.env, log);
  const faults = new Faults((what, message) => log.error(what, message));
  const observer = { metrics, recent, faults, audit, tracing };
  const limiter = new Limiter();
  const held = new HeldBytes(live.current.limits.unprovedBytesMax);
  metrics.watchUnproved(() => held.bytes);
  const spool = new FormSpool(config.formSpool);
  metrics.watchSpool(() => spool.bytes);
  const refusals = new RefusalPace();
  metrics.watchRefusals(() => refusals.waiting);
  const gateway: Gateway = {
    live,
    limiter,
    held,
    spool,
    refusals,
    observer,
    newRequestId: requestIds(),
    log,
  };
  const closeRest = async (): Promise<void> => {
    await live.current.retire();
    await state?.close();
    await audit?.close();
    await tracing?.close();
  };
  // A probe that asks /readyz as soon as it exists must read the truth.
  await live.current.upstream.firstAnswers(FIRST_ANSWERS_MS_MAX);
  const listening = await listen(gateway, listenOptions(config, shared)).catch(
    async (error: unknown) => {
      await closeRest();
      throw error;
    },
  );
  metrics.configAccepted(generation, Date.now());
  metrics.configured(endsIn(config));
  metrics.countByName(config.metrics);
  let { limits } = config;
  let closing = false;
  return {
    address: listening.address,
    stsAddress: listening.stsAddress,
    metrics,
    administered: administer({
      metrics,
      recent,
      faults,
      live: () => live.current,
      connections: listening.connections,
      closing: () => closing,
    }),
    reload: (next, nextGeneration) => {
      // All that may throw comes before the first change: no half of a configuration is in force.
      const handshakeMs = next.limits.headerTimeoutMs;
      const speak = listening.prepare({ tls: next.listen.tls, handshakeMs });
      const before = live.current;
      const following = new Live(next, nextGeneration, world, before);
      live.current = following;
      speak();
      const syslog = next.log.audit?.syslog;
      if (syslog !== undefined) audit?.renew(syslog);
      held.follow(following.limits.unprovedBytesMax);
      spool.follow(next.formSpool);
      limiter.follow(following.limits.allowances, performance.now());
      ({ limits } = next);
      void before.retire();
      metrics.configAccepted(nextGeneration, Date.now());
      metrics.configured(endsIn(next));
      metrics.countByName(next.metrics);
    },
    reopenAudit: () => audit?.reopen(),
    leave: async () => {
      closing = true;
      listening.leave();
      await pause(limits.drainDelayMs);
    },
    close: async () => {
      closing = true;
      refusals.end();
      await listening.close(limits.drainTimeoutMs);
      await closeRest();
    },
  };
}

/**
 * Returns the ends of the certificates and keys of `config`, and the time its sealing key was made.
 */
function endsIn({ listen: { tls }, upstream, log, accounts, sealing: [first] }: Config): Ends {
  const certificates = new Map<string, number>();
  for (const [i, { cert }] of (tls?.certificates ?? []).entries()) {
    certificates.set(i === 0 ? "listen.tls" : `listen.tls ${i + 1}`, endOf(cert));
  }
  const shown = {
    "upstream.clientCertificate": upstream.clientCertificate,
    "log.audit.syslog.clientCertificate": log.audit?.syslog?.clientCertificate,
  };
  for (const [name, certificate] of Object.entries(shown)) {
    if (certificate !== undefined) certificates.set(name, endOf(certificate.cert));
  }
  const holders = accounts.flatMap((account) => [account, ...account.subusers]);
  const ends = holders.flatMap(({ keys }) => keys.flatMap((key) => key.expires ?? []));
  const sealingMs = first && sealingKeyMadeMs(first.id);
  return { certificates, keysMs: ends.toSorted((a, b) => a - b), sealingMs };
}

function endOf(pem: string): number {
  return new X509Certificate(pem).validToDate.getTime();
}

function listenOptions(
  { listen: { address, tls, proxyProtocol }, stsAddress }: Config,
  shared: SharedPorts | undefined,
): ListenOptions {
  const port = shared?.port || address.port;
  const { host } = address;
  const reusePort = shared !== undefined;
  const stsPort = shared?.stsPort || stsAddress?.port || 0;
  const sts = stsAddress && { host: stsAddress.host, port: stsPort, reusePort };
  return { host, port, reusePort, tls, proxyProtocol, sts };
}

/** Opens the state. Throws if it cannot be used: without it nothing could be decided. */
async function openStateOf({ state, upstream }: Config): Promise<StateStore | undefined> {
  if (state === undefined) return undefined;
  const opened = await openState(state, upstream);
  if (opened.ok) return opened.value;
  throw Object.assign(new Error(`Cannot use the state: ${opened.error}`), { code: "ESTATE" });
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
