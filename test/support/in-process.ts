import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pino } from "pino";
import { parseConfig } from "../../src/config/parse-config.ts";
import { openGateway } from "../../src/life/open.ts";
import { err, ok } from "../../src/lib/result.ts";
import { auditRecords, type AuditRecord } from "./audit.ts";
import { shippedProvider } from "./config.ts";
import { scratchFolder } from "./scratch.ts";

/** A section of gateway.yaml, or an item of accounts.yaml, as its author would write it. */
export type Section = Readonly<Record<string, unknown>>;

export type InProcessOptions = {
  /** The store's endpoints. */
  readonly upstream: string | readonly string[];
  readonly accounts: readonly Section[];
  /** Sources in Ceph, after the accounts file, as under `ceph:`. */
  readonly ceph?: readonly Section[];
  /** Directories, after those, as under `http:`. */
  readonly directories?: readonly Section[];
  /** `buckets:` of accounts.yaml. */
  readonly buckets?: readonly Section[];
  /** `revoked:` of accounts.yaml. */
  readonly revoked?: readonly Section[];
  /** Further files beside the configuration by name, such as policies. */
  readonly files?: Readonly<Record<string, string>>;
  readonly listen?: Section;
  readonly store?: Section;
  readonly policy?: Section;
  readonly state?: Section;
  readonly sts?: Section;
  readonly issuers?: readonly Section[];
  readonly passthrough?: readonly Section[];
  readonly limits?: Section;
  readonly formSpool?: Section | undefined;
  /** Fields put over those of `log.audit`. */
  readonly audit?: Section;
};

/** A gateway in the test's own process, so that a crash of one is a crash of both. */
export type InProcess = {
  /** The address, as `host:port`. */
  readonly address: string;
  readonly adminAddress: string;
  /** The address of the port for STS; `undefined` if there is none for STS alone. */
  readonly stsAddress: string | undefined;
  readonly auditFile: string;
  /**
   * Resolves with the whole audit log in the order in which requests came, once it has at least
   * `count` lines; throws if it never has.
   */
  readonly records: (count: number) => Promise<readonly AuditRecord[]>;
  /** The gateway's log lines of level `error` and above. */
  readonly errors: readonly string[];
  /** The log lines of level `warn`. */
  readonly warnings: readonly string[];
  /** Reloads as SIGHUP does, with `changed` options in force; throws if that needs a restart. */
  readonly reload: (changed?: Partial<InProcessOptions>) => Promise<void>;
  /** Closes it; may be called more than once. */
  readonly close: () => Promise<void>;
};

const RECORDS_MS_MAX = 20_000;

/** Opens the gateway on free ports of loopback, as `s3warden serve` would with such files. */
export async function openInProcess(options: InProcessOptions): Promise<InProcess> {
  const auditFile = join(scratchFolder("flow"), "audit.jsonl");
  const errors: string[] = [];
  const warnings: string[] = [];
  const write = (line: string): void => {
    (line.startsWith('{"level":40') ? warnings : errors).push(line);
  };
  const log = pino({ level: "warn" }, { write });
  const gateway = await openGateway(configOf(options, auditFile), log);
  let closed: Promise<void> | undefined;
  return {
    address: gateway.address,
    adminAddress: gateway.adminAddress,
    stsAddress: gateway.stsAddress,
    auditFile,
    errors,
    warnings,
    reload: async (changed) => {
      gateway.reopenAudit();
      const reloaded = await gateway.reload(configOf({ ...options, ...changed }, auditFile));
      if (!reloaded.ok) throw new Error(reloaded.error);
    },
    records: (count) => recordsOf(auditFile, count),
    close: () => (closed ??= gateway.close()),
  };
}

function configOf(options: InProcessOptions, auditFile: string): Parameters<typeof openGateway>[0] {
  const { accounts, buckets = [], revoked = [], ceph = [], directories = [] } = options;
  const gateway = {
    listen: { address: "127.0.0.1:0", ...options.listen },
    admin: { address: "127.0.0.1:0" },
    upstream: { endpoints: [options.upstream].flat(), store: "ceph", ...options.store },
    identities: [
      { accounts: "accounts.yaml" },
      ...ceph.map((source) => ({ ceph: source })),
      ...directories.map((source) => ({ http: source })),
    ],
    policy: options.policy ?? {},
    ...(options.state && { state: options.state }),
    ...(options.sts && { sts: options.sts }),
    ...(options.issuers && { issuers: options.issuers }),
    passthrough: options.passthrough ?? [],
    limits: options.limits ?? {},
    ...(options.formSpool && { formSpool: options.formSpool }),
    log: { audit: { file: auditFile, ...options.audit } },
  };
  // JSON is YAML.
  const files: Readonly<Record<string, string>> = {
    ...options.files,
    "accounts.yaml": JSON.stringify({ accounts, buckets, revoked }),
  };
  const config = parseConfig(JSON.stringify(gateway), "gateway.yaml", {
    read: (path) => {
      const text = files[path];
      return text === undefined ? err("no such file") : ok(text);
    },
    env: () => undefined,
    provider: shippedProvider,
    nowMs: Date.now(),
  });
  if (config.ok) return config.value;
  throw new Error(`Expected a good configuration: ${JSON.stringify(config.error)}`);
}

/**
 * Reads the records. They are written when an answer is delivered, which its reader may know before
 * we do.
 */
async function recordsOf(file: string, count: number): Promise<readonly AuditRecord[]> {
  const deadline = Date.now() + RECORDS_MS_MAX;
  for (;;) {
    const records = existsSync(file) ? auditRecords(file) : [];
    if (records.length >= count) return records.toSorted(byArrival);
    if (Date.now() > deadline) throw new Error(`${records.length} records came, not ${count}`);
    await pause(5);
  }
}

/**
 * Compares by arrival. Request ids count up; lines are written in the order in which requests end.
 */
function byArrival(one: AuditRecord, other: AuditRecord): number {
  return String(one["requestId"]).localeCompare(String(other["requestId"]));
}
