import diagnostics from "node:diagnostics_channel";
import type { OperationName } from "../s3/operations.ts";

/** A store for trying things out. It checks no signatures: only the gateway may reach it. */
export type DemoStore = {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
};

/**
 * What the store has besides those of every store, measured on fauxqs 2.4.1. It executes all others
 * as something else: DELETE /b?cors deletes the bucket, and PUT /b/k?legal-hold the object's bytes.
 */
export const DEMO_OPERATIONS: readonly OperationName[] = [
  "DeleteBucketLifecycle",
  "GetBucketLifecycleConfiguration",
  "GetObjectAttributes",
  "PutBucketLifecycleConfiguration",
  "RenameObject",
  "UploadPartCopy",
];

/** Starts fauxqs on a free port of loopback, its objects as files below `directory`. */
export async function startDemoStore(directory: string): Promise<DemoStore> {
  diagnostics.subscribe("fastify.initialization", fit);
  try {
    // Imported only here, since no other command needs the hundred files it consists of.
    const { startFauxqs } = await import("fauxqs");
    const store = await startFauxqs({ port: 0, logger: false, s3StorageDir: directory });
    return { endpoint: `http://127.0.0.1:${store.port}`, stop: () => store.stop() };
  } finally {
    diagnostics.unsubscribe("fastify.initialization", fit);
  }
}

/** What of Fastify, on which fauxqs is built, is used here: it announces each server it makes. */
type Asked = { readonly method: string; readonly url: string };
type Reply = {
  readonly type: (contentType: string) => { readonly send: (body: string) => unknown };
};

function fit(message: unknown): void {
  if (typeof message !== "object" || message === null || !("fastify" in message)) return;
  const { fastify } = message;
  if (typeof fastify !== "object" || fastify === null) return;
  if ("listen" in fastify && typeof fastify.listen === "function") {
    const { listen } = fastify;
    // fauxqs listens on every interface and has no option for it, and whoever reaches it past the
    // gateway may do anything.
    fastify.listen = (options: object) => listen.call(fastify, { ...options, host: "127.0.0.1" });
  }
  if (!("addHook" in fastify) || typeof fastify.addHook !== "function") return;
  if (!("inject" in fastify) || typeof fastify.inject !== "function") return;
  const { inject } = fastify;
  fastify.addHook("onRequest", async ({ method, url }: Asked, reply: Reply): Promise<unknown> => {
    const [path, query] = url.split("?");
    if (method !== "GET" || (query !== "location" && query !== "location=")) return undefined;
    // It would list the bucket, and s3cmd and MinIO's clients ask where it is before all else. Of a
    // bucket that is not there, the listing says so.
    const { statusCode }: { statusCode: number } = await inject.call(fastify, {
      method: "HEAD",
      url: path,
    });
    return statusCode === 200 ? reply.type("application/xml").send(NO_PLACE) : undefined;
  });
}

const NO_PLACE =
  '<?xml version="1.0" encoding="UTF-8"?><LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>';
