import http from "node:http";
import type { Metrics } from "../observe/metrics.ts";
import type { OpenSources } from "./sources.ts";
import { bind, type Listening } from "./server.ts";
import type { Upstream } from "./upstream.ts";

/** What must work for requests to be served. */
type Parts = {
  readonly upstream: Upstream;
  /** Those of the configuration in force. */
  readonly sources: () => OpenSources;
};

/** The port for the operator's tools: `/healthz`, `/readyz` and `/metrics`. */
export async function listenAdmin(
  metrics: Metrics,
  parts: Parts,
  options: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const server = http.createServer((request, response) => {
    void respond(metrics, parts, request, response);
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
  metrics: Metrics,
  parts: Parts,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const { status, type, body } = await answer(metrics, parts, request);
  response.writeHead(status, { "content-type": type });
  response.end(request.method === "HEAD" ? "" : body);
}

type Page = { readonly status: number; readonly type: string; readonly body: string };

const PLAIN = "text/plain; charset=utf-8";

async function answer(
  metrics: Metrics,
  parts: Parts,
  request: http.IncomingMessage,
): Promise<Page> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return { status: 405, type: PLAIN, body: "Only GET and HEAD are served\n" };
  }
  switch (request.url) {
    case "/healthz":
      return { status: 200, type: PLAIN, body: "alive\n" };
    case "/readyz":
      return readiness(parts);
    case "/metrics":
      return {
        status: 200,
        type: metrics.registry.contentType,
        body: await metrics.registry.metrics(),
      };
    default:
      return { status: 404, type: PLAIN, body: "Try /healthz, /readyz or /metrics\n" };
  }
}

function readiness({ upstream, sources }: Parts): Page {
  if (!upstream.ready) {
    return { status: 503, type: PLAIN, body: "No endpoint of the store answers\n" };
  }
  if (!sources().healthy()) {
    return { status: 503, type: PLAIN, body: "What is kept of buckets cannot be read\n" };
  }
  return { status: 200, type: PLAIN, body: "ready\n" };
}
