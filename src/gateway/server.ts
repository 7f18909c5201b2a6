import type { TlsConfig } from "../config/config.ts";
import type { Place } from "../listen/bind.ts";
import type { ClientAnswer } from "../listen/client-answer.ts";
import type { ClientRequest } from "../listen/client-request.ts";
import type { Speech } from "../listen/front.ts";
import { openHttpServer, type HttpServer } from "../listen/http-server.ts";
import type { Service, Serving } from "../listen/service.ts";
import { liesIn } from "../policy/network.ts";
import { fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import { connectionFault } from "./connection-fault.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import type { Gateway } from "./forward.ts";
import { handle, refuseRequest, refuseUnreadable, type Port } from "./handle.ts";
import { wantsTunnel } from "./inbound.ts";
import { mayUpgrade, upgrade } from "./web-socket.ts";

/** The place and the way of listening to clients. */
export type ListenOptions = Place & {
  /** The TLS settings; `undefined` for plain HTTP. */
  readonly tls: TlsConfig | undefined;
  /** True if trusted proxies must begin each connection with a PROXY header. */
  readonly proxyProtocol: boolean;
  /** The place where only STS is served, in the same way; `undefined` if there is none. */
  readonly sts: Place | undefined;
};

/** The ports of clients, and their addresses. */
export type ClientPorts = HttpServer & {
  /** The port for STS as bound, `host:port`; `undefined` if there is none. */
  readonly stsAddress: string | undefined;
};

/** Opens the port on which S3 is spoken, and that of STS; limits count the connections of both. */
export async function listen(gateway: Gateway, options: ListenOptions): Promise<ClientPorts> {
  const service = serviceOf(gateway, "s3");
  const limits = new ConnectionLimits(gateway, service);
  const s3 = await open(gateway, service, limits, options);
  if (options.sts === undefined) return { ...s3, stsAddress: undefined };
  const forSts = serviceOf(gateway, "sts");
  const opened = open(gateway, forSts, limits, { ...options, ...options.sts });
  const sts = await opened.catch(async (error: unknown) => {
    await s3.close(0);
    throw error;
  });
  return {
    address: s3.address,
    stsAddress: sts.address,
    connections: () => s3.connections() + sts.connections(),
    prepare: (speech) => {
      const speak = [s3.prepare(speech), sts.prepare(speech)];
      return () => speak.forEach((each) => each());
    },
    leave: () => {
      s3.leave();
      sts.leave();
    },
    close: async (timeoutMs) => {
      await Promise.all([s3.close(timeoutMs), sts.close(timeoutMs)]);
    },
  };
}

function serviceOf(gateway: Gateway, port: Port): Service {
  const { observer, live } = gateway;
  return {
    limits: () => live.current.limits,
    serve: (request, answer) => serve(gateway, request, answer, port),
    refuseNext: (request, answer) =>
      refuseRequest(gateway, request, answer, limitFault("pipelined_requests"), port),
    refuse: (answer, problem) => refuseUnreadable(gateway, answer, connectionFault(problem), port),
    stoodStill: () => observer.metrics.limited("idle_timeout"),
  };
}

async function open(
  gateway: Gateway,
  service: Service,
  limits: ConnectionLimits,
  { tls, proxyProtocol, host, port, reusePort = false }: Omit<ListenOptions, "sts">,
): Promise<HttpServer> {
  const { observer, live, log } = gateway;
  const speech: Speech = { tls, handshakeMs: live.current.limits.headerTimeoutMs };
  return openHttpServer(
    {
      service,
      admits: (raw, plainly) => limits.admit(raw, plainly),
      admitsFrom: (raw, address, plainly) => limits.admitFrom(raw, address, plainly),
      expectsHeader: (address) =>
        proxyProtocol && liesIn(live.current.snapshot.trustedProxies, address) === true,
      failed: (stage, address, why, late) => {
        observer.metrics.connectionFailed(stage);
        if (late) observer.metrics.limited("header_timeout");
        // Anybody can break off a handshake; a trusted proxy that sends no header is a mistake.
        const level = stage === "proxy" ? "warn" : "debug";
        log[level]({ stage, address, why }, "A client connection failed before its first request");
      },
    },
    { host, port, reusePort },
    speech,
  );
}

function serve(
  gateway: Gateway,
  request: ClientRequest,
  answer: ClientAnswer,
  port: Port,
): Serving {
  // It names another host; the bytes after it would be for that.
  if (wantsTunnel(request)) {
    return refuseRequest(gateway, request, answer, fault("MethodNotAllowed"), port);
  }
  // Behind an answer that is still being written nothing can leave HTTP.
  const leaves = port === "s3" && answer.isNext && mayUpgrade(gateway, request);
  return leaves ? upgrade(gateway, request, answer) : handle(gateway, request, answer, port);
}
