import type { IncomingMessage } from "node:http";
import { createProxyServer, type ServerOptions } from "http-proxy";
import { NO_FACTS } from "../admission/facts.ts";
import { passedTarget, type Passage } from "../admission/passthrough.ts";
import type { Route } from "../admission/route.ts";
import type { RequestHead } from "../http/head.ts";
import { hasHeader } from "../http/headers.ts";
import { endToEnd } from "../http/hop-by-hop.ts";
import { passedHeaders } from "../http/passed-headers.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { FAULTS } from "../s3/fault-table.ts";
import type { Exchange } from "./exchange.ts";
import type { Inbound } from "./forward.ts";
import { announcesBody } from "./inbound.ts";
import { bodyOf } from "./inbound-body.ts";
import { messageFields, PassedRequest, unusedResponse } from "./passed-request.ts";
import type { Target, Targets } from "./targets.ts";

/** A request on a route, and what http-proxy needs of it. */
type Passing = Pick<Inbound, "exchange" | "request" | "expectsContinue"> & {
  readonly targets: Targets;
};

const CONNECT_TIMEOUT_MS = 5_000;

/** Carries out the decision on a request that is not S3. */
export function passThrough(passing: Passing, head: RequestHead, passage: Passage): void {
  const { exchange } = passing;
  exchange.facts = passageFacts(passage);
  switch (passage.kind) {
    case "refuse":
      return passage.toS3 ? exchange.refuse(passage.fault) : tell(exchange, passage.fault);
    case "redirect":
      exchange.answered = true;
      return exchange.responder.say(308, "See there", ["location", passage.location]);
    case "pass":
      return pass(passing, head, passage.route);
  }
}

export function passageFacts(passage: Passage): Exchange["facts"] {
  const denial = passage.kind === "refuse" ? passage.denial : undefined;
  return { ...NO_FACTS, operation: "Passthrough", denial };
}

/** A refusal that is read by people with browsers. */
export function tell(exchange: Exchange, fault: Fault): void {
  exchange.refusal = fault;
  exchange.responder.say(FAULTS[fault.code].status, fault.message);
}

/**
 * Takes one of the places at the target, until the exchange ends. Returns false, after answering,
 * if none is free.
 */
export function occupy(target: Target, exchange: Exchange, route: Route): boolean {
  if (target.inFlight >= route.connectionsMax) {
    tell(
      exchange,
      fault("SlowDown", "Too many concurrent requests to this path. Please try again"),
    );
    return false;
  }
  target.inFlight++;
  exchange.responder.onClosed(() => target.inFlight--);
  exchange.dispatched(route.target);
  return true;
}

function pass(passing: Passing, head: RequestHead, route: Route): void {
  const { exchange, request, expectsContinue } = passing;
  const target = passing.targets.of(route);
  if (!occupy(target, exchange, route)) return;
  if (expectsContinue) exchange.responder.continue();
  const proxy = createProxyServer({
    ...optionsFor(route),
    agent: target.agent,
    // One writer of answers: ours counts bytes and knows which fields are not for the client.
    selfHandleResponse: true,
  });
  const passed = new PassedRequest(
    head.method,
    passedTarget(route, head),
    passedHeaders(head),
    bodyOf(request, exchange, "own"),
  );
  proxy.on("start", () => {
    // http-proxy has taken the framing from a DELETE with a chunked body, which would be read as
    // requests of somebody else.
    passed.putHead();
  });
  proxy.on("proxyReq", (outgoing) => {
    exchange.forwarded = { abort: () => outgoing.destroy() };
    exchange.responder.onClosed(() => {
      // Answered before its end: nobody would ever bring the rest of the body.
      if (!outgoing.writableFinished) outgoing.destroy();
    });
    // The target may refuse a body before its first byte.
    if (announcesBody(request)) outgoing.flushHeaders();
    outgoing.once("close", () => {
      if (exchange.responder.status === 0) failed(exchange, new Error("The target did not answer"));
    });
    outgoing.setTimeout(route.timeoutMs, () => outgoing.destroy(new TargetTimeout()));
  });
  proxy.on("proxyRes", (answer) => relayAnswer(exchange, answer));
  proxy.on("error", (error) => failed(exchange, error));
  exchange.responder.onClosed(() => passed.leave());
  proxy.web(passed, unusedResponse(passed));
}

/** Returns the options for requests and WebSockets: the target sees the path as sent. */
export function optionsFor(route: Route): ServerOptions {
  return {
    target: route.target,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // The path would go through `new URL()` without the first option, and be folded and encoded.
    toProxy: true,
    prependPath: false,
  };
}

/** Passes an answer of the target to the client as it comes, and no faster than the client reads. */
export function relayAnswer(exchange: Exchange, answer: IncomingMessage): void {
  const { responder } = exchange;
  answer.on("error", () => answer.destroy());
  if (responder.closed || responder.status !== 0) {
    answer.destroy();
    return;
  }
  exchange.firstByte(answer.statusCode ?? 0);
  try {
    const headers = endToEnd(messageFields(answer));
    const streams = !hasHeader(headers, "content-length");
    responder.start(answer.statusCode ?? 0, "", headers);
    // The first event of a stream may be long in coming.
    if (streams) responder.flush();
  } catch (error) {
    // A status or field that Node reads but would not write.
    responder.status = 0;
    answer.destroy();
    return failed(exchange, error);
  }
  answer.on("data", (chunk: Buffer) => {
    if (responder.write(chunk)) return;
    answer.pause();
    responder.onDrain(() => answer.resume());
  });
  answer.once("end", () => {
    exchange.storeAnswered = true;
    responder.end();
  });
  answer.once("close", () => {
    if (!answer.complete) failed(exchange, new Error("The target broke off"));
  });
}

/** Answers that the target did not answer, or broke off, unless another answer has begun. */
export function failed(exchange: Exchange, error: unknown): void {
  const { responder } = exchange;
  if (responder.closed || exchange.refusal !== undefined || exchange.upstreamError !== undefined) {
    return;
  }
  exchange.upstreamError = "passthrough";
  if (responder.status !== 0) return responder.breakOff();
  const late = error instanceof TargetTimeout || codeOf(error) === "ECONNECT_TIMEOUT";
  if (late) responder.say(504, "The application behind this path did not respond in time");
  else responder.say(502, "The application behind this path could not be reached");
}

export class TargetTimeout extends Error {}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
