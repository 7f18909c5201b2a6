import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createProxyServer } from "http-proxy";
import { passageOf, passedTarget, type Passage } from "../admission/passthrough.ts";
import type { RequestHead } from "../http/head.ts";
import { endToEnd } from "../http/hop-by-hop.ts";
import { passedHeaders } from "../http/passed-headers.ts";
import type { ClientAnswer } from "../listen/client-answer.ts";
import type { ClientRequest } from "../listen/client-request.ts";
import { fault } from "../s3/faults.ts";
import type { Exchange } from "./exchange.ts";
import { fail, type Gateway } from "./forward.ts";
import { begin } from "./handle.ts";
import { EMPTY_BODY } from "./inbound-body.ts";
import { arrivalOf, readHead, wantsWebSocket, type Arrival } from "./inbound.ts";
import { messageFields, PassedRequest, putFields } from "./passed-request.ts";
import {
  passageFacts,
  failed,
  occupy,
  optionsFor,
  relayAnswer,
  TargetTimeout,
  tell,
} from "./passthrough.ts";
import type { Targets } from "./targets.ts";

/**
 * The time after which a WebSocket without any traffic, not even a ping, is of no use to anybody.
 */
const IDLE_MS = 60 * 60_000;

/**
 * Returns true if the request may leave HTTP. All others are served as if they had not asked, which
 * a server may do (RFC 9110 section 7.8), so that they are refused, or allowed, like any request.
 */
export function mayUpgrade(gateway: Gateway, request: ClientRequest): boolean {
  if (!wantsWebSocket(request)) return false;
  const arrival = arrivalOf(request, gateway.live.current.snapshot.trustedProxies);
  return routeOf(gateway, request, arrival) !== undefined;
}

/** The request that may pass, and its connections. */
type Passable = {
  readonly targets: Targets;
  readonly head: RequestHead;
  readonly passage: Passage & { readonly kind: "pass" };
};

function routeOf(gateway: Gateway, request: ClientRequest, arrival: Arrival): Passable | undefined {
  const head = readHead(request, arrival);
  if (!head.ok) return undefined;
  const { snapshot, targets } = gateway.live.current;
  const passage = passageOf(snapshot, head.value);
  return passage?.kind === "pass" ? { head: head.value, passage, targets } : undefined;
}

/** Passes a WebSocket to its route. The exchange ends with the connection. */
export function upgrade(gateway: Gateway, request: ClientRequest, answer: ClientAnswer): Exchange {
  const arrival = arrivalOf(request, gateway.live.current.snapshot.trustedProxies);
  const exchange = begin(gateway, answer, arrival);
  exchange.responder.lastOnConnection();
  try {
    const unrecordable = gateway.observer.audit?.refusal();
    if (unrecordable !== undefined) {
      tell(exchange, unrecordable);
      return exchange;
    }
    const found = routeOf(gateway, request, arrival);
    // A reload came between.
    if (found === undefined) exchange.refuse(fault("AccessDenied"));
    else pass(exchange, answer, found);
  } catch (error) {
    fail(exchange, error);
  }
  return exchange;
}

function pass(
  exchange: Exchange,
  answer: ClientAnswer,
  { head, passage: { route }, targets }: Passable,
): void {
  exchange.head = head;
  exchange.facts = passageFacts({ kind: "pass", route });
  const { socket, first } = answer.takeOver();
  if (first.length > 0) return tell(exchange, fault("InvalidRequest", SPOKE_EARLY));
  const target = targets.of(route);
  if (!occupy(target, exchange, route)) return;
  const unwatch = watch(socket);
  const proxy = createProxyServer({ ...optionsFor(route), agent: target.upgradeAgent });
  proxy.on("proxyReqWs", (outgoing) => {
    exchange.forwarded = { abort: () => outgoing.destroy() };
    outgoing.setTimeout(route.timeoutMs, () => outgoing.destroy(new TargetTimeout()));
    outgoing.once("upgrade", (answer: IncomingMessage) => {
      putFields(answer, [...endToEnd(messageFields(answer)), ...UPGRADE]);
    });
    outgoing.once("socket", () => {
      // http-proxy would write a refusal of the target without asking whether the client reads.
      outgoing.removeAllListeners("response");
      outgoing.once("response", (answer) => relayAnswer(exchange, answer));
    });
  });
  proxy.on("open", (connection) => {
    unwatch();
    join(exchange, socket, connection);
  });
  proxy.on("error", (error) => {
    // The client's own errors come here as well.
    if (error !== socket.errored) failed(exchange, error);
  });
  const fields = [...passedHeaders(head), ...UPGRADE];
  proxy.ws(new PassedRequest("GET", passedTarget(route, head), fields, EMPTY_BODY), socket, first);
}

const SPOKE_EARLY = "Data must not follow the WebSocket handshake before its response";
const UPGRADE = ["connection", "Upgrade", "upgrade", "websocket"] as const;

/**
 * Watches a client until the target has answered. It has nothing to say until then (RFC 6455
 * section 4.1), and one that leaves must be noticed, which takes reading. Returns the function that
 * ends the watch.
 */
function watch(socket: Duplex): () => void {
  const leave = (): void => void socket.destroy();
  socket.on("data", leave).once("end", leave);
  return () => void socket.off("data", leave).off("end", leave);
}

/** Joins two connections, neither of which outlives the other. */
function join(exchange: Exchange, socket: Duplex, target: Socket): void {
  const { responder } = exchange;
  exchange.firstByte(101);
  responder.switched();
  exchange.forwarded = { abort: () => target.destroySoon() };
  socket.on("data", (bytes: Buffer) => exchange.received(bytes.length));
  target.on("data", (bytes: Buffer) => (responder.bytesOut += bytes.length));
  // A WebSocket has no half: who ends one side is gone.
  socket.once("end", () => target.destroySoon());
  target.once("close", () => responder.endSoon());
  target.setTimeout(IDLE_MS, () => target.destroy());
}
