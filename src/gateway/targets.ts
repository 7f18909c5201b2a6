import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import type { Route } from "../admission/route.ts";

/** The way to the target of a route. */
export type Target = {
  /** The agent for connections that are used again. */
  readonly agent: http.Agent;
  /** The agent for handshakes of WebSockets, which keep their connection. */
  readonly upgradeAgent: http.Agent;
  /** Requests and WebSockets under way. */
  inFlight: number;
};

/**
 * The time for which connections are kept. It is below that of servers, unless they say less
 * themselves, so that few requests meet one that is being closed. Node's agent also gives a new
 * connection no longer than this.
 */
const IDLE_MS = 5_000;
const IDLE_MAX = 16;

/** The connections to the targets of one configuration. Those left idle end by themselves. */
export class Targets {
  readonly #known = new Map<Route, Target>();

  of(route: Route): Target {
    const known = this.#known.get(route);
    if (known !== undefined) return known;
    const target = openTarget(route);
    this.#known.set(route, target);
    return target;
  }
}

function openTarget(route: Route): Target {
  const { protocol, hostname } = new URL(route.target);
  const reused = {
    keepAlive: true,
    timeout: IDLE_MS,
    maxSockets: route.connectionsMax,
    maxFreeSockets: IDLE_MAX,
  };
  if (protocol === "http:") {
    return { agent: new http.Agent(reused), upgradeAgent: new http.Agent(), inFlight: 0 };
  }
  // Node would otherwise take the name to be proved from the Host header, which is the client's.
  const servername = isIP(hostname.replace(/^\[|\]$/g, "")) === 0 ? hostname : "";
  const tls = { servername, ...(route.ca === undefined ? {} : { ca: route.ca }) };
  return {
    agent: new https.Agent({ ...reused, ...tls }),
    upgradeAgent: new https.Agent(tls),
    inFlight: 0,
  };
}
