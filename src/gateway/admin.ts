import http from "node:http";
import { METRICS_TYPE } from "../observe/metrics.ts";
import { bind } from "./server.ts";

/** What the operator's tools look at, and change, in however many processes. */
export type Administered = {
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /** Why requests should go elsewhere, in a sentence; undefined: it is ready. */
  readonly unready: () => Promise<string | undefined>;
  /** Forgets whose the keys are that were looked up elsewhere. */
  readonly dropIdentities: () => Promise<void>;
};

export type AdminPort = {
  /** `host:port` as bound. */
  readonly address: string;
  readonly close: () => Promise<void>;
};

/** The port for the operator's tools: `/healthz`, `/readyz`, `/metrics` and `/identities/drop`. */
export async function listenAdmin(
  administered: Administered,
  options: { readonly host: string; readonly port: number },
): Promise<AdminPort> {
  const server = http.createServer((request, response) => {
    void respond(administered, request, response);
  });
  const address = await bind(server, options);
  const close = (): Promise<void> => {
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  return { address, close };
}

async function respond(
  administered: Administered,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  // A body has nothing to say here, but must not stand in the way of the next request.
  request.resume();
  const { status, type, body, allow } = await answer(administered, request);
  response.writeHead(status, { "content-type": type, ...(allow && { allow }) });
  response.end(request.method === "HEAD" ? "" : body);
}

type Page = {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** The methods that there are, where it was another. */
  readonly allow?: string;
};

const PLAIN = "text/plain; charset=utf-8";

async function answer(administered: Administered, request: http.IncomingMessage): Promise<Page> {
  const { method = "", url } = request;
  if (url === "/identities/drop") return drop(administered, method);
  if (method !== "GET" && method !== "HEAD") {
    return { ...plain(405, "Only GET and HEAD are served"), allow: "GET, HEAD" };
  }
  switch (url) {
    case "/healthz":
      return plain(200, "alive");
    case "/readyz":
      return readiness(administered);
    case "/metrics":
      return { status: 200, type: METRICS_TYPE, body: await administered.metrics() };
    default:
      return plain(404, "Try /healthz, /readyz or /metrics");
  }
}

async function readiness({ unready }: Administered): Promise<Page> {
  const why = await unready();
  return why === undefined ? plain(200, "ready") : plain(503, why);
}

/** It changes something, so it is no page to be fetched. */
async function drop({ dropIdentities }: Administered, method: string): Promise<Page> {
  if (method !== "POST") return { ...plain(405, "Only POST is served"), allow: "POST" };
  await dropIdentities();
  return plain(200, "dropped");
}

function plain(status: number, text: string): Page {
  return { status, type: PLAIN, body: `${text}\n` };
}
