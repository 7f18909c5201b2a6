import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { portOf } from "../support/ports.ts";
import { isProbe } from "../support/probe.ts";

/** A request as it reached the store. */
export type Recorded = {
  readonly method: string;
  /** The request target, not decoded. */
  readonly url: string;
  /** Name, value, name, value, …, as received. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** The end of the request; `aborted` if the connection broke before the body's end. */
  readonly ended: "complete" | "aborted";
};

/** The store's reaction to a request. */
export type Answer =
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
    }
  /** Sends these bytes as they are, then breaks the connection. */
  | { readonly kind: "cut"; readonly bytes: string | Buffer }
  /** Sends nothing, until the store is stopped. */
  | { readonly kind: "silence" };

/** The part that the store sees before the body, when a script may answer early. */
export type RecordedHead = Pick<Recorded, "method" | "url" | "rawHeaders">;

export type Script = {
  /** Asked when the head is complete; if it returns `undefined`, the body is read first. */
  readonly onHead?: (head: RecordedHead) => Answer | undefined;
  /** Asked when the body is complete. */
  readonly onRequest?: (request: Recorded) => Answer;
};

/** A store that records its requests and answers by script. */
export type RecordingStore = {
  readonly endpoint: string;
  /** Every request whose body has ended, well or not, in that order. */
  readonly requests: readonly Recorded[];
  /** Every head received, also of requests that never end. */
  readonly heads: readonly RecordedHead[];
  /** Returns the number of connections on which requests have come. */
  readonly connections: () => number;
  /** Resolves when `count` requests have ended; throws after five seconds. */
  readonly seen: (count: number) => Promise<void>;
  /** Sets the script from now on. */
  readonly play: (script: Script) => void;
  /** Forgets requests and heads. */
  readonly forget: () => void;
  readonly stop: () => Promise<void>;
};

const SEEN_MS_MAX = 5000;
const OK: Answer = { kind: "reply", status: 200 };

/** Starts a recording store on a free port of loopback; it answers 200 with no body. */
export async function startRecordingStore(first: Script = {}): Promise<RecordingStore> {
  const requests: Recorded[] = [];
  const heads: RecordedHead[] = [];
  let script = first;
  const sockets = new Set<Socket>();
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (incoming, outgoing) => {
    if (isProbe(incoming)) return void outgoing.end();
    sockets.add(incoming.socket);
    const head = headOf(incoming);
    heads.push(head);
    const early = script.onHead?.(head);
    if (early !== undefined) give(early, outgoing);
    record(incoming, head, (request) => {
      requests.push(request);
      server.emit("recorded");
      if (early === undefined && request.ended === "complete") {
        give(script.onRequest?.(request) ?? OK, outgoing);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${portOf(server.address())}`,
    requests,
    heads,
    connections: () => sockets.size,
    seen: async (count) => {
      const signal = AbortSignal.timeout(SEEN_MS_MAX);
      while (requests.length < count) await once(server, "recorded", { signal });
    },
    play: (next) => {
      script = next;
    },
    forget: () => {
      requests.length = 0;
      heads.length = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

function headOf(incoming: IncomingMessage): RecordedHead {
  const { method = "", url = "", rawHeaders } = incoming;
  return { method, url, rawHeaders };
}

/** Reads the body to its end or to the connection's, whichever comes first, and reports once. */
function record(
  incoming: IncomingMessage,
  head: RecordedHead,
  done: (request: Recorded) => void,
): void {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  // "close" follows "end" and "error" alike; the error of a broken request shows in `complete`.
  incoming.on("error", () => {});
  incoming.once("close", () => {
    const ended = incoming.complete ? "complete" : "aborted";
    done({ ...head, body: Buffer.concat(chunks), ended });
  });
}

function give(answer: Answer, outgoing: ServerResponse): void {
  if (answer.kind === "silence") return;
  if (answer.kind === "cut") {
    outgoing.socket?.write(answer.bytes, () => outgoing.socket?.destroy());
    return;
  }
  outgoing.writeHead(answer.status, answer.headers ?? {});
  outgoing.end(answer.body ?? "");
}
