import { once } from "node:events";
import { createServer, request, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { portOf } from "../support/ports.ts";

/**
 * Starts a proxy between a client and the STS at `endpoint` that tells the client that each session
 * ends at this moment. So a client has an expired session without the quarter of an hour that the
 * shortest one lasts. Nothing else is changed. Returns the address for clients.
 */
export async function endSessionsAtOnce(t: TestContext, endpoint: string): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    answered(endpoint, incoming).then(
      ({ status, type, text }) => outgoing.writeHead(status, { "content-type": type }).end(text),
      () => outgoing.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${portOf(server.address())}`;
}

type Answered = { readonly status: number; readonly type: string; readonly text: string };

async function answered(endpoint: string, incoming: IncomingMessage): Promise<Answered> {
  const { method, url = "", headers } = incoming;
  const body = await buffer(incoming);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${endpoint}${url}`, { method, headers }, resolve).on("error", reject).end(body);
  });
  const text = (await buffer(answer)).toString("utf8");
  return {
    status: answer.statusCode ?? 500,
    type: answer.headers["content-type"] ?? "text/xml",
    text: text.replace(/(?<=<Expiration>)[^<]*/, new Date().toISOString()),
  };
}
