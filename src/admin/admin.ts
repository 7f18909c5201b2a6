import http from "node:http";
import type { Config } from "../config/config.ts";
import type { Explanation } from "../explain/explain.ts";
import type { ExplainQuestion } from "../explain/request.ts";
import type { Result } from "../lib/result.ts";
import { CONTENT_SECURITY_POLICY, ICON, statusPage } from "../status/page.ts";
import { questionInForm } from "../status/question.ts";
import type { Status } from "../status/status.ts";
import { isKnownHost } from "./admin-host.ts";
import { bind } from "../listen/bind.ts";
import { bindSocket } from "../listen/bind-socket.ts";

/** The data and actions of the operator's tools; of one process or of all. */
export type Administered = {
  /** Returns the metrics in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /** Returns the reason why requests cannot be served; `undefined` if they can. */
  readonly notReady: () => Promise<string | undefined>;
  readonly status: () => Promise<Status>;
  /** The error is a sentence about the question. */
  readonly explain: (question: ExplainQuestion) => Promise<Result<Explanation, string>>;
  /** Keys that were looked up elsewhere are asked for again. */
  readonly dropIdentities: () => Promise<void>;
};

export type AdminPort = {
  /** `host:port` as bound, or `unix:` and the path of its socket. */
  readonly address: string;
  readonly close: () => Promise<void>;
};

/**
 * Opens the port for the operator: the status page, `/metrics`, probes and `/identities/drop`.
 * Rejects if it cannot be had.
 */
export async function openAdmin(
  administered: Administered,
  { admin: { address: place, hosts } }: Pick<Config, "admin">,
): Promise<AdminPort> {
  // A name to listen on is one that operators reach it by.
  const names = "path" in place ? hosts : [...hosts, place.host.toLowerCase()];
  const server = http.createServer((request, response) => {
    void respond(administered, names, request, response);
  });
  const address = "path" in place ? await bindSocket(server, place) : await bind(server, place);
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
  names: readonly string[],
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  // A body has nothing to say here, but must not stand in the way of the next request.
  request.resume();
  const { status, type, body, headers } = await answer(administered, names, request).catch(failed);
  response.writeHead(status, { "content-type": type, ...headers });
  response.end(request.method === "HEAD" ? "" : body);
}

type Page = {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
};

async function answer(
  administered: Administered,
  names: readonly string[],
  request: http.IncomingMessage,
): Promise<Page> {
  const { method = "", headers } = request;
  const { path, query } = partsOf(request.url ?? "");
  if (path === "/identities/drop") return drop(administered, method, headers.origin);
  if (method !== "GET" && method !== "HEAD") {
    return plain(405, "Only GET and HEAD are served", { allow: "GET, HEAD" });
  }
  // Orchestrators may call the gateway by any name, and these tell nothing of anybody.
  if (path === "/healthz") return plain(200, "alive");
  if (path === "/readyz") return readiness(administered);
  if (!isKnownHost(headers.host, names)) return plain(421, UNKNOWN_HOST);
  if (path === "/metrics") {
    return { status: 200, type: PROMETHEUS_TEXT, body: await administered.metrics() };
  }
  return page(administered, path, query);
}

async function page(administered: Administered, path: string, query: string): Promise<Page> {
  switch (path) {
    case "/":
      return overview(administered, query);
    case "/status.json": {
      const body = `${JSON.stringify(await administered.status())}\n`;
      return { status: 200, type: "application/json", body, headers: FOR_BROWSERS };
    }
    case "/icon.svg":
      return { status: 200, type: "image/svg+xml", body: ICON, headers: FOR_BROWSERS };
    default:
      return plain(404, "Try /, /status.json, /metrics, /healthz or /readyz");
  }
}

async function overview({ status, explain }: Administered, query: string): Promise<Page> {
  const form = new URLSearchParams(query);
  const question = questionInForm(form);
  const explained = question && { question, answer: await explain(question) };
  const refreshes = question === undefined && form.get("refresh") !== "off";
  const body = statusPage(await status(), { refreshes, explained });
  return { status: 200, type: "text/html; charset=utf-8", body, headers: FOR_BROWSERS };
}

async function readiness({ notReady }: Administered): Promise<Page> {
  const why = await notReady();
  return why === undefined ? plain(200, "ready") : plain(503, why);
}

/**
 * Drops looked-up keys. This changes something, so it is no page to be fetched, and no page
 * elsewhere may send it.
 */
async function drop(
  { dropIdentities }: Administered,
  method: string,
  origin: string | undefined,
): Promise<Page> {
  if (method !== "POST") return plain(405, "Only POST is served", { allow: "POST" });
  if (origin !== undefined)
    return plain(403, "Browsers are not allowed here: the request has an Origin header");
  await dropIdentities();
  return plain(200, "dropped");
}

/** Answers after a bug, or a worker that does not answer; the next request is served. */
function failed(error: unknown): Page {
  return plain(500, `Cannot answer: ${error instanceof Error ? error.message : "unknown error"}`);
}

function plain(status: number, text: string, headers?: Page["headers"]): Page {
  const body = `${text}\n`;
  return { status, type: "text/plain; charset=utf-8", body, ...(headers && { headers }) };
}

function partsOf(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf("?");
  if (mark < 0) return { path: target, query: "" };
  return { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Prometheus' "Exposition formats": the version of the text format. */
const PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

const FOR_BROWSERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  // A denial is about this moment, and must not be stored on a disk.
  "cache-control": "no-store",
} as const;

const UNKNOWN_HOST =
  "The status page and the metrics are served under IP addresses, localhost, and the names in admin.hosts";
