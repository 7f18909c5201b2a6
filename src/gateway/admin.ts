import http from "node:http";
import type { Metrics } from "../observe/metrics.ts";
import type { OpenSources } from "./sources.ts";
import { bind, type Listening } from "./server.ts";
import type { Upstream } from "./upstream.ts";

/** What the operator's tools look at, and change. */
export type Administered = {
  readonly metrics: Metrics;
  readonly upstream: Upstream;
  /** Those of the configuration in force. */
  readonly sources: () => OpenSources;
};

/** The port for the operator's tools: `/healthz`, `/readyz`, `/metrics` and `/identities/drop`. */
export async function listenAdmin(
  administered: Administered,
  options: { readonly host: string; readonly port: number },
): Promise<Pick<Listening, "address" | "close">> {
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
  const { metrics } = administered;
  switch (url) {
    case "/healthz":
      return plain(200, "alive");
    case "/readyz":
      return readiness(administered);
    case "/metrics":
      return {
        status: 200,
        type: metrics.registry.contentType,
        body: await metrics.registry.metrics(),
      };
    default:
      return plain(404, "Try /healthz, /readyz or /metrics");
  }
}

function readiness({ upstream, sources }: Administered): Page {
  if (!upstream.ready) return plain(503, "No endpoint of the store answers");
  if (!sources().healthy()) return plain(503, "What is kept of buckets cannot be read");
  return plain(200, "ready");
}

/** It changes something, so it is no page to be fetched. */
function drop({ sources }: Administered, method: string): Page {
  if (method !== "POST") return { ...plain(405, "Only POST is served"), allow: "POST" };
  sources().dropIdentities();
  return plain(200, "dropped");
}

function plain(status: number, text: string): Page {
  return { status, type: PLAIN, body: `${text}\n` };
}
