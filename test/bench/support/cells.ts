import type { Workload } from "./workload.ts";

/** Everything that can be measured, in the order of the tables. */
export const SYSTEM_NAMES = [
  "the store directly",
  "HAProxy",
  "nginx",
  "http-proxy",
  "bare node:http + undici",
  "s3warden",
  "s3warden, audit log",
  "s3warden, 2 workers",
  "versitygw",
  "s3proxy",
] as const;

export type SystemName = (typeof SYSTEM_NAMES)[number];

export const STORE = "the store directly";
export const HAPROXY = "HAProxy";
/** The name of the gateway's former stack without a check, a signature or a record. */
export const YARDSTICK = "bare node:http + undici";
export const GATEWAY = "s3warden";

/** The gateways that verify and sign again, as s3warden does. */
export const PEERS = ["versitygw", "s3proxy"] as const;

export const CELL_NAMES = [
  "get-small",
  "put-small",
  "get-large",
  "put-large",
  "put-large-digest",
  "put-large-trailer",
  "latency",
  "tls-get-small",
  "tls-get-large",
  "workers",
] as const;

export type CellName = (typeof CELL_NAMES)[number];

/** One workload, the same for several systems side by side. */
export type Cell = {
  readonly title: string;
  readonly workload: Workload;
  readonly connections: number;
  /** The unit of the figures: a request, a GB, or the time that one request takes. */
  readonly unit: "requests" | "bytes" | "latency";
  /** True for TLS between the client and the system. */
  readonly tls: boolean;
  readonly systems: readonly SystemName[];
};

const PLAIN: readonly SystemName[] = [
  STORE,
  HAPROXY,
  "nginx",
  "http-proxy",
  YARDSTICK,
  GATEWAY,
  ...PEERS,
];
const SMALL: readonly SystemName[] = [...PLAIN.slice(0, 6), "s3warden, audit log", ...PEERS];
/**
 * The systems to compare for other uploads: to the plain proxies these are bytes like any others.
 */
const REFERENCES: readonly SystemName[] = [HAPROXY, YARDSTICK, GATEWAY];

const small = { connections: 16, unit: "requests", tls: false } as const;
const large = { connections: 2, unit: "bytes", tls: false } as const;
const TLS: readonly SystemName[] = [HAPROXY, "nginx", GATEWAY];

export const CELLS: Readonly<Record<CellName, Cell>> = {
  "get-small": { ...small, title: "1 KiB GET", workload: "get-small", systems: SMALL },
  "put-small": { ...small, title: "4 KiB PUT, digest", workload: "put-small", systems: SMALL },
  "get-large": { ...large, title: "64 MiB GET", workload: "get-large", systems: PLAIN },
  "put-large": {
    ...large,
    title: "64 MiB PUT, UNSIGNED-PAYLOAD",
    workload: "put-large",
    systems: PLAIN,
  },
  "put-large-digest": {
    ...large,
    title: "64 MiB PUT, digest",
    workload: "put-large-digest",
    systems: REFERENCES,
  },
  "put-large-trailer": {
    ...large,
    title: "64 MiB PUT, crc32 trailer",
    workload: "put-large-trailer",
    systems: REFERENCES,
  },
  latency: {
    title: "1 KiB GET, one after the other",
    workload: "get-small",
    connections: 1,
    unit: "latency",
    tls: false,
    systems: [STORE, ...REFERENCES],
  },
  "tls-get-small": {
    ...small,
    title: "1 KiB GET over TLS 1.3",
    workload: "get-small",
    tls: true,
    systems: TLS,
  },
  "tls-get-large": {
    ...large,
    title: "64 MiB GET over TLS 1.3",
    workload: "get-large",
    tls: true,
    systems: TLS,
  },
  workers: {
    title: "1 KiB GET, one process and two",
    workload: "get-small",
    connections: 32,
    unit: "requests",
    tls: false,
    systems: [GATEWAY, "s3warden, 2 workers"],
  },
};
