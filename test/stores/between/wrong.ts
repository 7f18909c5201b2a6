import { once } from "node:events";
import { Agent, createServer as createHttpServer, request } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { portOf } from "../../support/ports.ts";
import type { Intermediary, Marked } from "./intermediary.ts";

/** Starts faulty intermediaries, so that a test can be seen to notice. */
export type Pipe = Intermediary & { readonly stop: () => Promise<void> };

/** A function that changes bytes from a client; `first`: they are the first of their connection. */
type Change = (text: string, first: boolean) => string;

/**
 * Starts a pipe to `target` (`host:port`) that knows of no requests except those that `change`
 * reports.
 */
async function startPipe(
  target: string,
  change: Change,
  marked: readonly Marked[] = [],
): Promise<Pipe> {
  const [host = "", port] = target.split(":");
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const next = connect({ host, port: Number(port) });
    let first = true;
    client.on("data", (bytes) => {
      next.write(change(bytes.toString("latin1"), first), "latin1");
      first = false;
    });
    next.on("data", (bytes) => client.write(bytes));
    for (const [one, other] of [
      [client, next],
      [next, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.once("end", () => other.end());
      one.once("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${portOf(server.address())}`,
    marked: () => marked,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Marks only the first request of each connection: to it, the rest is that request's content. */
export function startLongSighted(target: string): Promise<Pipe> {
  const marked: Marked[] = [];
  const change: Change = (text, first) => {
    const end = text.indexOf("\r\n");
    if (!first || end < 0) return text;
    const [method = ""] = text.split(" ", 1);
    const mark = `mark-${marked.length}`;
    marked.push({ mark, method, status: undefined });
    const rest = text.slice(end).replace(/\r\nuser-agent: odd-.*/, "");
    return `${text.slice(0, end)}\r\nuser-agent: ${mark}${rest}`;
  };
  return startPipe(target, change, marked);
}

/** Makes its neighbour believe that no request has content. */
export function startShortSighted(target: string): Promise<Pipe> {
  return startPipe(target, (text) =>
    text.replaceAll(/^content-length: \d+/gim, "content-length: 0"),
  );
}

const OWN = /^(?:user-agent|connection)$/i;

/** Starts a correct proxy, by Node's own parser: it marks each request and sends it on. */
export async function startMarking(target: string): Promise<Pipe> {
  const [host, port] = target.split(":");
  const marked: Marked[] = [];
  // If a connection ended with its request, the gateway would not read any further.
  const agent = new Agent({ keepAlive: true });
  const server = createHttpServer({ requireHostHeader: false }, (incoming, outgoing) => {
    const { method = "", url, rawHeaders } = incoming;
    const mark = `mark-${marked.length}`;
    marked.push({ mark, method, status: undefined });
    const headers = rawHeaders.flatMap((name, i) =>
      i % 2 > 0 || OWN.test(name) ? [] : [name, rawHeaders[i + 1] ?? ""],
    );
    headers.push("user-agent", mark);
    const onward = request({ host, port, method, path: url, headers, agent });
    onward.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.on("error", () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("error", () => onward.destroy());
    incoming.on("error", () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${portOf(server.address())}`,
    marked: () => marked,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}
