import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { linkSync, lstatSync, mkdirSync, unlinkSync, type BigIntStats } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";

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
 * gone, unless another process has put its own in that place. Not for worker threads, which have no
 * umask of their own.
 */
export async function bindSocket(server: Server, { path, mode }: SocketPlace): Promise<string> {
  mkdirSync(dirname(path), { recursive: true });
  await removeStale(path);
  // libuv removes at the end the name that it has bound, whoever's it is by then. So it gets a name
  // that nobody else has, and the socket gets `path` as another. It is short: the system takes
  // addresses of 107 bytes at most, and the last part of a long `path` may have one letter.
  const bound = join(dirname(path), `.${randomBytes(3).toString("base64url")}`);
  const listening = once(server, "listening");
  // The mode is there before anybody can connect; `chmod` afterwards would be too late.
  const umask = process.umask(ALL_MODES & ~mode);
  try {
    server.listen({ path: bound, exclusive: true });
  } finally {
    process.umask(umask);
  }
  await listening;
  try {
    linkSync(bound, path);
  } catch (error) {
    await once(server.close(), "close");
    const isTaken = error instanceof Error && "code" in error && error.code === "EEXIST";
    throw isTaken ? taken(path, "another process listens there") : error;
  }
  const own = lstatSync(bound, { bigint: true });
  unlinkSync(bound);
  server.once("close", () => removeOwn(path, own));
  return `unix:${path}`;
}

function removeOwn(path: string, own: BigIntStats): void {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    if (dev === own.dev && ino === own.ino) unlinkSync(path);
  } catch {
    // It is gone, or its folder is closed to us by now: the next start removes what nobody listens on.
  }
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
