import { open } from "node:fs/promises";

/** The bearer token of a pod. */
const TOKEN_BYTES_MAX = 16 * 1024;

/**
 * Reads the bearer token in a file. It is read each time: its maker writes another before it
 * expires.
 */
export async function readBearer(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(TOKEN_BYTES_MAX) });
    const token = buffer.toString("latin1", 0, bytesRead).trim();
    // It becomes a header; what else it could be must not be told.
    if (!/^[\x21-\x7e]+$/.test(token)) throw new Error("tokenFile does not hold one token");
    return token;
  } finally {
    await handle.close();
  }
}
