import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { metricOf as askedMetricOf } from "./asked.ts";
import { openInProcess, type InProcess, type InProcessOptions } from "./in-process.ts";
import { RawClient, rawExchange, type RawAnswer } from "./raw-client.ts";
import {
  bytesOf,
  signV4,
  timestampOf,
  type Header,
  type KeyPair,
  type Outgoing,
  type V4Scope,
} from "./signed.ts";

export const OWNER: KeyPair = { accessKey: "AKIAOWNER", secretKey: "theSecretOfTheOwner" };
export const READER: KeyPair = { accessKey: "AKIAREADER", secretKey: "theSecretOfTheReader" };
export const UPSTREAM: KeyPair = { accessKey: "AKIAUPSTREAM", secretKey: "theSecretOfTheStore" };

/** A gateway with an owner and a reader, and the actions of a test on it. */
export type Flow = {
  readonly gateway: InProcess;
  readonly scope: V4Scope;
  /** A request signed by the owner or by `key`. */
  readonly signed: (method: string, target: string, options?: RequestOptions) => Outgoing;
  /** Sends it on a connection of its own. */
  readonly exchange: (
    method: string,
    target: string,
    options?: RequestOptions,
  ) => Promise<RawAnswer>;
  /** Opens a connection that is closed when the test ends. */
  readonly connect: () => Promise<RawClient>;
};

export type RequestOptions = {
  readonly headers?: readonly Header[];
  /** Headers added after the signature. */
  readonly unsigned?: readonly Header[];
  /** The body; Content-Length is set if there is one. */
  readonly body?: string | Buffer;
  readonly key?: KeyPair;
};

/** Opens a gateway in front of `upstream`; it closes when the test ends. */
export async function startFlow(
  t: TestContext,
  upstream: InProcessOptions["upstream"],
  options: Partial<InProcessOptions> = {},
): Promise<Flow> {
  const gateway = await openInProcess({ upstream, accounts: ACCOUNTS, ...options });
  const clients = new Set<RawClient>();
  t.after(async () => {
    for (const client of clients) client.destroy();
    await gateway.close();
  });
  const scope = { timestamp: timestampOf(Date.now()) };
  const signed: Flow["signed"] = (method, target, more = {}) => {
    const { headers = [], unsigned = [], key = OWNER } = more;
    const body = Buffer.from(more.body ?? "");
    const length: Header[] = more.body === undefined ? [] : [["content-length", `${body.length}`]];
    const all: Header[] = [["host", gateway.address], ...headers, ...length];
    const request = signV4({ method, target, headers: all, body }, key, scope);
    return { ...request, headers: [...request.headers, ...unsigned] };
  };
  return {
    gateway,
    scope,
    signed,
    exchange: (method, target, more) =>
      rawExchange(gateway.address, bytesOf(signed(method, target, more)), { method }),
    connect: async () => {
      const client = await RawClient.connect(gateway.address);
      clients.add(client);
      return client;
    },
  };
}

const ACCOUNTS = [
  {
    name: "lab",
    upstream: UPSTREAM,
    keys: [OWNER],
    subusers: [{ name: "reader", tier: "READ", keys: [READER] }],
  },
];

/** Returns the head of a request whose body is `length` bytes that the test sends itself. */
export function headOf(flow: Flow, target: string, length: number, ...more: Header[]): Buffer {
  const headers: Header[] = [["x-amz-content-sha256", "UNSIGNED-PAYLOAD"], ...more];
  return bytesOf(
    flow.signed("PUT", target, { headers, unsigned: [["content-length", `${length}`]] }),
  );
}

/** Waits until `condition` holds; throws after `ms`, which on a busy machine is no long time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  ms = 120_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not within ${ms} ms: ${condition.toString()}`);
    await pause(2);
  }
}

/**
 * Returns the value of a metric, such as `limited_total{limit="idle_timeout"}`; `undefined` if it
 * is missing.
 */
export function metricOf(
  { gateway }: Pick<Flow, "gateway">,
  series: string,
): Promise<number | undefined> {
  return askedMetricOf({ adminEndpoint: `http://${gateway.adminAddress}` }, series);
}

/**
 * Returns the value of `name` (any case) among a store's or client's raw headers; `undefined` if
 * absent.
 */
export function rawValue(rawHeaders: readonly string[], name: string): string | undefined {
  const at = rawHeaders.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
  return at < 0 ? undefined : rawHeaders[at + 1];
}
