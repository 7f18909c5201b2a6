/**
 * The yardstick: a pass-through on node:http and undici's dispatch that checks nothing, signs
 * nothing and records nothing, with the gateway's connection limits. The gateway's cost beyond this
 * is that of its own work. Run with the store's origin as argument; a process of its own.
 */
import http from "node:http";
import { Pool, type Dispatcher } from "undici";
import { portOf } from "../../support/ports.ts";

/**
 * The settings are the gateway's: `upstream.connections`, `connectTimeout`, `headersTimeout`,
 * `idleTimeout`.
 */
const pool = new Pool(process.argv[2] ?? "", {
  connections: 256,
  pipelining: 1,
  connectTimeout: 5_000,
  headersTimeout: 60_000,
  bodyTimeout: 60_000,
});

class PassThrough implements Dispatcher.DispatchHandler {
  readonly #response: http.ServerResponse;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(response: http.ServerResponse) {
    this.#response = response;
    response.once("close", () => {
      if (!response.writableFinished) this.#controller?.abort(new Error("The client went away"));
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText = "",
  ): void {
    this.#response.writeHead(status, statusText, endToEnd(controller.rawHeaders));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once("drain", () => controller.resume());
  }

  onResponseEnd(): void {
    this.#response.end();
  }

  onResponseError(): void {
    if (this.#response.headersSent) this.#response.destroy();
    else this.#response.writeHead(502).end();
  }
}

/**
 * Returns name, value, name, value, …; text in both directions, without fields of the connection.
 */
function endToEnd(raw: Dispatcher.DispatchController["rawHeaders"]): string[] {
  const headers: string[] = [];
  if (!Array.isArray(raw)) return headers;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = String(raw[i]);
    if (!isHopByHop(name)) headers.push(name, latin1(raw[i + 1]));
  }
  return headers;
}

function latin1(value: string | Buffer | undefined): string {
  return typeof value === "string" ? value : (value?.toString("latin1") ?? "");
}

function isHopByHop(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === "connection" || lower === "keep-alive" || lower === "transfer-encoding";
}

const server = http.createServer({ noDelay: true, requestTimeout: 0 }, (request, response) => {
  const { method = "", url = "", rawHeaders } = request;
  pool.dispatch(
    {
      method,
      path: url,
      headers: endToEnd(rawHeaders),
      body: method === "PUT" ? request : null,
      reset: false,
    },
    new PassThrough(response),
  );
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = `127.0.0.1:${portOf(server.address())}`;
  console.log(JSON.stringify({ msg: "listening", address }));
});
