import type { ServerResponse } from "node:http";
import { startHttpStore, type ScriptedStore } from "./scripted-store.ts";
import type { KeyPair } from "./signed.ts";

/** The answer of a directory about a key, or its behaviour instead. */
export type DirectoryReply =
  | { readonly kind: "key"; readonly key: object }
  | {
      readonly kind: "text";
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Sends a body without an end. */
  | { readonly kind: "endless" }
  /** Closes the connection instead. */
  | { readonly kind: "reset" }
  /** Sends no answer until the test ends. */
  | { readonly kind: "silence" };

/** A directory; every answer is scripted by a test. */
export type ScriptedDirectory = ScriptedStore & {
  /** Answers by access key as it stands in the path; 404 if absent. */
  readonly replies: Map<string, DirectoryReply>;
  /** The answer for every key, while it is set. */
  everything: DirectoryReply | undefined;
  /** Called before each answer. */
  delayMs: number;
  /** The requested path segments in order, without probes. */
  readonly asked: string[];
  /** Returns `authorization` of the last request. */
  readonly authorization: () => string | undefined;
  /** Returns the highest number of requests at the same time. */
  readonly most: () => number;
  /** The entry for `http:` of gateway.yaml. */
  readonly source: Readonly<Record<string, unknown>>;
};

/** Returns the key of an account, or of a subuser. */
export function keyWith({ accessKey, secretKey }: KeyPair, more: object): DirectoryReply {
  return { kind: "key", key: { accessKey, secretKey, ...more } };
}

/** Starts one that knows nobody. `source`: further keys of `http:`. */
export async function startScriptedDirectory(source: object = {}): Promise<ScriptedDirectory> {
  const asked: string[] = [];
  let authorization: string | undefined;
  let busy = 0;
  let most = 0;
  const store = await startHttpStore((request, response) => {
    const segment = (request.url ?? "").replace(/^\/s3\//, "");
    ({ authorization } = request.headers);
    if (segment !== "s3warden-probe") asked.push(segment);
    most = Math.max(most, ++busy);
    response.on("close", () => busy--);
    const reply = directory.everything ?? directory.replies.get(segment) ?? UNKNOWN;
    if (directory.delayMs === 0) write(response, reply);
    else setTimeout(() => write(response, reply), directory.delayMs);
  });
  const directory: ScriptedDirectory = {
    ...store,
    replies: new Map(),
    everything: undefined,
    delayMs: 0,
    asked,
    authorization: () => authorization,
    most: () => most,
    source: { url: `${store.endpoint}/s3`, ...source },
  };
  return directory;
}

const UNKNOWN: DirectoryReply = { kind: "text", status: 404, body: "" };

function write(response: ServerResponse, reply: DirectoryReply): void {
  switch (reply.kind) {
    case "silence":
      return;
    case "reset":
      return void response.destroy();
    case "endless": {
      const more = (): void => {
        if (!response.destroyed) response.write(" ".repeat(512), () => void setImmediate(more));
      };
      return more();
    }
    case "text":
      return void response.writeHead(reply.status, reply.headers ?? {}).end(reply.body);
    case "key":
      return void response.writeHead(200).end(JSON.stringify(reply.key));
  }
}
