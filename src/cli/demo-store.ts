import diagnostics from "node:diagnostics_channel";

/** A store for trying things out. It checks no signatures: only the gateway may reach it. */
export type DemoStore = {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
};

/** Starts fauxqs on a free port of loopback, its objects as files below `directory`. */
export async function startDemoStore(directory: string): Promise<DemoStore> {
  diagnostics.subscribe("fastify.initialization", bindToLoopback);
  try {
    // Imported only here, since no other command needs the hundred files it consists of.
    const { startFauxqs } = await import("fauxqs");
    const store = await startFauxqs({ port: 0, logger: false, s3StorageDir: directory });
    return { endpoint: `http://127.0.0.1:${store.port}`, stop: () => store.stop() };
  } finally {
    diagnostics.unsubscribe("fastify.initialization", bindToLoopback);
  }
}

/**
 * fauxqs listens on every interface and has no option for it, and whoever reaches it past the
 * gateway may do anything. Fastify, which it is built on, announces each server before it listens.
 */
function bindToLoopback(message: unknown): void {
  if (typeof message !== "object" || message === null || !("fastify" in message)) return;
  const { fastify } = message;
  if (typeof fastify !== "object" || fastify === null || !("listen" in fastify)) return;
  const { listen } = fastify;
  if (typeof listen !== "function") return;
  fastify.listen = (options: object) => listen.call(fastify, { ...options, host: "127.0.0.1" });
}
