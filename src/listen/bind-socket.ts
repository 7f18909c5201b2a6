import { once } from "node:events";
import { lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";

/** The place in the file system where a server listens. */
type SocketPlace = {
  readonly path: string;
  /** The mode that says who may connect: as of a file, and from the first moment on. */
  readonly mode: number;
};

const ALL_MODES = 0o777;

/**
 * Binds `server` to a Unix socket, whose folder is made if it does not exist, and returns `unix:`
 * and its path. A socket without a listener, as a killed process leaves it, is removed. Rejects if
 * somebody listens there, or something else has the name. When the server closes, the socket is
 * gone. Not for worker threads, which have no umask of their own.
 */
export async function bindSocket(server: Server, { path, mode }: SocketPlace): Promise<string> {
  mkdirSync(dirname(path), { recursive: true });
  await removeStale(path);
  const listening = once(server, "listening");
  // The mode is there before anybody can connect; `chmod` afterwards would be too late.
  const umask = process.umask(ALL_MODES & ~mode);
  try {
    server.listen({ path, exclusive: true });
  } finally {
    process.umask(umask);
  }
  await listening;
  return `unix:${path}`;
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw taken(path, "something that is no socket is there");
  if (await answers(path)) throw taken(path, "another process listens there");
  unlinkSync(path);
}

/** Returns true if somebody listens; throws an error that keeps us from knowing. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else reject(error);
    });
  });
}

/** Returns the error with which Node reports a taken port. */
function taken(path: string, why: string): Error {
  const message = `listen EADDRINUSE: ${why}: ${path}`;
  return Object.assign(new Error(message), { code: "EADDRINUSE" });
}
