import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { startHttpStore, type ScriptedStore } from "../../support/scripted-store.ts";

/** Which conditions the store honours when an object is written, as `Conditions` has them. */
export type Honours = "quoted" | "bare" | "none";

/** A store of objects in memory that can be told to fail. Signatures are not looked at. */
export type FakeStore = ScriptedStore & {
  readonly objects: Map<string, Kept>;
  /** Called before anything is done; true: the request is dealt with. */
  fail: (request: IncomingMessage, response: ServerResponse) => boolean;
};

type Kept = { readonly body: Buffer; readonly writer: string };

/** Every request takes a random time up to `delayMs`, before and after it takes effect. */
export async function startFakeStore(honours: Honours, delayMs = 0): Promise<FakeStore> {
  const objects = new Map<string, Kept>();
  const fake = { fail: (): boolean => false };
  const pause = async (): Promise<void> => {
    if (delayMs > 0) await setTimeout(Math.random() * delayMs);
  };
  const store = await startHttpStore((request, response) => {
    void (async () => {
      const body = Buffer.concat(await request.toArray());
      if (out.fail(request, response)) return;
      await pause();
      const answer = act(objects, honours, request, body);
      await pause();
      response.writeHead(answer.status, answer.headers).end(answer.body);
    })();
  });
  const out: FakeStore = { ...store, ...fake, objects };
  return out;
}

type Answer = { status: number; headers?: Record<string, string>; body?: Buffer | string };

function act(
  objects: Map<string, Kept>,
  honours: Honours,
  request: IncomingMessage,
  body: Buffer,
): Answer {
  const path = request.url ?? "";
  if (path.split("/").length === 2) return { status: 200 };
  const kept = objects.get(path);
  if (request.method === "GET") return kept === undefined ? failure(404, "NoSuchKey") : get(kept);
  if (request.method === "DELETE") {
    objects.delete(path);
    return { status: 204 };
  }
  if (honours !== "none" && !holds(request, kept, honours)) {
    return failure(412, "PreconditionFailed");
  }
  const writer = String(request.headers["x-amz-meta-writer"]);
  objects.set(path, { body, writer });
  return { status: 200, headers: { etag: `"${etagOf(body)}"` } };
}

function get({ body, writer }: Kept): Answer {
  const headers = { etag: `"${etagOf(body)}"`, "x-amz-meta-writer": writer };
  return { status: 200, headers, body };
}

function holds({ headers }: IncomingMessage, kept: Kept | undefined, honours: Honours): boolean {
  if (headers["if-none-match"] === "*") return kept === undefined;
  if (headers["if-match"] === undefined) return true;
  const etag = kept === undefined ? "" : etagOf(kept.body);
  return headers["if-match"] === (honours === "quoted" ? `"${etag}"` : etag);
}

function etagOf(body: Buffer): string {
  return createHash("md5").update(body).digest("hex");
}

export function failure(status: number, code: string): Answer {
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>` };
}
