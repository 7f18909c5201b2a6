import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { until } from "../../support/flow.ts";
import { readBody, startListening } from "../../support/listening.ts";
import { CERTIFICATE, KEY } from "../../support/pem.ts";

/**
 * TLS gives all that it has decrypted, even after it was paused. aiobotocore (s3fs, and so pandas)
 * sends a body in several records; where the last of them came so, before the body had a reader, the
 * connection was never read again, and the next request on it waited for a minute.
 */
test("a body whose TLS records come at once leaves its connection to the next request", async (t) => {
  const { server } = await startListening(t, {
    serve: async (request, answer) => {
      await until(() => request.body?.complete === true);
      const body = await readBody(request);
      answer.sendHead(200, "", ["content-length", String(body.length)]);
      answer.sendBody(body);
      answer.sendEnd();
    },
    speech: {
      handshakeMs: 5_000,
      tls: {
        certificates: [{ cert: CERTIFICATE, key: KEY }],
        clientCa: undefined,
        clientCertificates: "optional",
        minVersion: "TLSv1.3",
      },
    },
  });
  const { secure, together } = await connectHeldBack(server.address);
  t.after(() => secure.destroy());
  for (const body of ["01234", "56789"]) {
    const answered = once(secure, "data", { signal: AbortSignal.timeout(8_000) });
    const head = "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n";
    await together([head, body.slice(0, 2), body.slice(2)]);
    assert.match(String(await answered), new RegExp(`^HTTP/1.1 200 [^]*${body}$`));
  }
});

type HeldBack = {
  readonly secure: TLSSocket;
  /** Sends pieces in one packet, each in a record of its own. */
  readonly together: (pieces: readonly string[]) => Promise<void>;
};

async function connectHeldBack(address: string): Promise<HeldBack> {
  const colon = address.lastIndexOf(":");
  const raw = connectTcp(Number(address.slice(colon + 1)), address.slice(0, colon));
  await once(raw.setNoDelay(), "connect");
  let held: Buffer[] | undefined;
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      if (held === undefined) raw.write(chunk);
      else held.push(chunk);
      done();
    },
    destroy: (_, done) => {
      raw.destroy();
      done(null);
    },
  });
  raw.on("data", (chunk) => duplex.push(chunk)).on("error", (error) => duplex.destroy(error));
  const secure = connect({ socket: duplex, ca: CERTIFICATE, servername: "localhost" });
  await once(secure, "secureConnect");
  const together = async (pieces: readonly string[]): Promise<void> => {
    held = [];
    // The next is written when this one is a record, or they would become one.
    for (const bytes of pieces) await new Promise((resolve) => secure.write(bytes, resolve));
    const packet = Buffer.concat(held);
    held = undefined;
    raw.write(packet);
  };
  return { secure, together };
}
