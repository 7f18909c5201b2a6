import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { Duplex } from "node:stream";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";

export type SecureOptions = ConnectionOptions & {
  /** The address, as `host:port`. */
  readonly address: string;
  /** Bytes to send before the ClientHello. */
  readonly before?: Buffer;
  /** The size of the pieces into which the first bytes are cut; they go in one piece if absent. */
  readonly pieces?: number;
};

/**
 * Opens a TLS connection and resolves when the handshake is done. Rejects with the error that the
 * client sees.
 */
export async function connectSecurely(options: SecureOptions): Promise<TLSSocket> {
  const { address, before = Buffer.alloc(0), pieces, ...tls } = options;
  const colon = address.lastIndexOf(":");
  const raw = connectTcp(Number(address.slice(colon + 1)), address.slice(0, colon));
  await once(raw.setNoDelay(), "connect");
  let first = true;
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      const bytes = first ? Buffer.concat([before, chunk]) : chunk;
      const size = first && pieces !== undefined ? pieces : bytes.length;
      first = false;
      void (async () => {
        for (let at = 0; at < bytes.length; at += size) {
          raw.write(bytes.subarray(at, at + size));
          if (size < bytes.length) await new Promise((resolve) => setImmediate(resolve));
        }
        done();
      })();
    },
    final: (done) => void raw.end(done),
    destroy: (_, done) => {
      raw.destroy();
      done(null);
    },
  });
  raw.on("data", (chunk) => duplex.push(chunk)).on("end", () => duplex.push(null));
  raw.on("error", (error) => duplex.destroy(error)).on("close", () => duplex.destroy());
  const secure = connect({ ...tls, socket: duplex });
  await once(secure, "secureConnect");
  return secure;
}

/** Sends `bytes` and returns all bytes received until the other side ends. */
export async function answerOn(secure: TLSSocket, bytes: Buffer): Promise<string> {
  secure.write(bytes);
  let text = "";
  for await (const chunk of secure) text += String(chunk);
  return text;
}
