import { once } from "node:events";
import http from "node:http";
import { createServer } from "node:net";
import { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Client } from "undici";
import type { Message } from "./read.ts";

type Answer = Omit<Message, "goesOn">;

/**
 * Returns a connection without a network: `parts` come, null being its end; bytes written to it are
 * dropped.
 */
function connectionWith(...parts: readonly (Buffer | null)[]): Duplex {
  const connection = new Duplex({
    read: () => undefined,
    write: (_chunk, _coding, done) => done(),
  });
  for (const part of parts) connection.push(part);
  return connection;
}

/** Reads requests by Node's strict parser, in order. */
export class NodeServer {
  readonly #server: http.Server;
  #messages: Message[] = [];

  constructor() {
    const take = (request: http.IncomingMessage, response: http.ServerResponse): void => {
      collect(request, (body, trailers) => {
        const { method = "", url = "", rawHeaders } = request;
        const goesOn = response.shouldKeepAlive;
        this.#messages.push({
          start: `${method} ${url}`,
          fields: lowered(rawHeaders),
          body,
          trailers,
          goesOn,
        });
        response.end();
      });
    };
    this.#server = http.createServer({
      insecureHTTPParser: false,
      requireHostHeader: false,
      shouldUpgradeCallback: () => false,
    });
    this.#server.maxHeadersCount = 0;
    this.#server.on("request", take).on("checkContinue", take).on("checkExpectation", take);
    this.#server.on("clientError", (_error, socket) => socket.destroy());
    this.#server.on("connect", (request: http.IncomingMessage, socket: Duplex) => {
      const { method = "", url = "", rawHeaders } = request;
      this.#messages.push({
        start: `${method} ${url}`,
        fields: lowered(rawHeaders),
        body: "",
        trailers: [],
        goesOn: false,
      });
      socket.destroy();
    });
  }

  /** Reads `parts`: each comes after the one before has been read. */
  async read(...parts: readonly Buffer[]): Promise<readonly (readonly Message[])[]> {
    const connection = connectionWith();
    this.#server.emit("connection", connection);
    const read: Message[][] = [];
    for (const [i, part] of parts.entries()) {
      this.#messages = [];
      read.push(this.#messages);
      if (connection.destroyed) break;
      connection.push(part);
      if (i === parts.length - 1) connection.push(null);
      // A message's end is reported some turns after its last byte.
      for (let turns = 0; turns < 3; turns++) await nextTurn();
    }
    connection.destroy();
    return read;
  }
}

/** Reads `bytes` by Node's client as the answer to `method`; `undefined` if it refuses them. */
export function nodeAnswer(method: string, bytes: Buffer): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const refuse = (): void => resolve(undefined);
    const request = http.request({ method, createConnection: () => connectionWith(bytes, null) });
    request.on("error", refuse).on("upgrade", refuse);
    // The end of its answer may be reported a turn later.
    request.on("close", () => setImmediate(refuse));
    request.on("response", (response) => {
      response.on("error", refuse).on("aborted", refuse);
      collect(response, (body, trailers) => {
        const { statusCode, statusMessage = "", rawHeaders } = response;
        const start = `${statusCode} ${statusMessage}`;
        resolve({ start, fields: lowered(rawHeaders), body, trailers });
      });
    });
    request.end();
  });
}

/** Reads answers by undici, over a real connection; it decodes fields and reasons in other ways. */
export class Undici {
  readonly #server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(this.#bytes));
  });
  #bytes: Buffer = Buffer.alloc(0);

  async open(): Promise<void> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
  }

  close(): void {
    this.#server.close();
  }

  /** Reads as `nodeAnswer` does. */
  async answer(
    method: "GET" | "HEAD",
    bytes: Buffer,
  ): Promise<{ readonly status: string; readonly body: string } | undefined> {
    this.#bytes = bytes;
    const address = this.#server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const client = new Client(`http://127.0.0.1:${port}`);
    try {
      const { statusCode, body } = await client.request({ path: "/", method });
      return { status: String(statusCode), body: latin1(await body.arrayBuffer()) };
    } catch {
      return undefined;
    } finally {
      await client.destroy();
    }
  }
}

function latin1(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString("latin1");
}

function collect(
  message: http.IncomingMessage,
  done: (body: string, trailers: readonly string[]) => void,
): void {
  const pieces: Buffer[] = [];
  message.on("data", (piece: Buffer) => pieces.push(piece));
  message.on("error", () => undefined);
  message.on("end", () =>
    done(Buffer.concat(pieces).toString("latin1"), lowered(message.rawTrailers)),
  );
}

function lowered(raw: readonly string[]): readonly string[] {
  return raw.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text));
}
