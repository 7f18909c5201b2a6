import { createCipheriv } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import type { REAL_STORES, Running } from "../../stores/real-stores.ts";
import { startGateway, type Gateway } from "../../support/gateway.ts";
import { ask } from "../../support/plain-store.ts";
import { portOf } from "../../support/ports.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { succeeds } from "../../tools/programs.ts";
import { FOX, REGION, sha256 } from "../day.ts";
import type { OwnClient, Place } from "./frame.ts";
import { readerOf, type Key } from "./reader.ts";

/** Keys that clients use at the gateway. The store does not know them. */
const OWNER: Key = {
  accessKey: "AKWARDEN000000000000",
  secretKey: "SKwarden/+00000000000000000000000",
};
const READER: Key = {
  accessKey: "AKREADER000000000000",
  secretKey: "SKreader/+00000000000000000000000",
};
const LARGE_BYTES = 20 * 1024 * 1024;

export type Way = "direct" | "gateway";
type Scheme = OwnClient["scheme"];
export type Store = (typeof REAL_STORES)[number];
/** The parts that all days on one store share. */
export type Grounds = {
  readonly keys: Readonly<Record<Way, { readonly owner: Key; readonly reader: Key }>>;
  readonly endpoints: Readonly<Record<Way, Readonly<Record<Scheme, string>>>>;
  readonly shared: Pick<Place, "authority" | "large" | "largeSha256" | "region" | "fox">;
  readonly scratch: string;
  readonly store: Running;
  readonly stop: () => Promise<void>;
};

/** Returns the place for one day of a client; its bucket exists already if it makes none. */
export async function placeOf(grounds: Grounds, client: OwnClient, way: Way): Promise<Place> {
  const endpoint = grounds.endpoints[way][client.scheme];
  const { owner, reader } = grounds.keys[way];
  const scratch = join(grounds.scratch, `${client.name}-${way}`);
  mkdirSync(scratch);
  const bucket = `${client.name}-${way}`;
  if (client.bucket === "given") await ask(grounds.store, "PUT", `/${bucket}`);
  return {
    ...grounds.shared,
    endpoint,
    host: new URL(endpoint).host,
    ...owner,
    readerAccessKey: reader.accessKey,
    readerSecretKey: reader.secretKey,
    bucket,
    scratch,
  };
}

/**
 * Starts the store and two gateways in front of it, and adds TLS in front of each part that has
 * none.
 */
export async function prepare(store: Store): Promise<Grounds> {
  const scratch = scratchFolder("days");
  const running = await store.start();
  const tls = await certificate(scratch);
  const plain = await startGateway(gatewayOptions(store, running));
  const secure = await startGateway({
    ...gatewayOptions(store, running),
    listen: { tls: { cert: tls.cert, key: tls.key } },
  });
  const front = await startTlsFront(running.endpoint, tls);
  const stop = async (): Promise<void> => {
    front.close();
    await plain.stop();
    await secure.stop();
    await running.stop();
  };
  return {
    scratch,
    stop,
    store: running,
    endpoints: {
      direct: { http: running.endpoint, https: `https://127.0.0.1:${portOf(front.address())}` },
      gateway: { http: plain.endpoint, https: secureEndpoint(secure) },
    },
    keys: {
      direct: { owner: running.key, reader: await readerOf(store.kind, running) },
      gateway: { owner: OWNER, reader: READER },
    },
    shared: { authority: tls.authority, region: REGION, fox: FOX, ...writeLarge(scratch) },
  };
}

function gatewayOptions(store: Store, running: Running): Parameters<typeof startGateway>[0] {
  const subusers = [{ name: "reader", tier: "READ", keys: [READER] }];
  return {
    upstream: running.endpoint,
    accounts: [{ name: "lab", upstream: running.key, keys: [OWNER], subusers }],
    store: { store: store.kind },
  };
}

function secureEndpoint(gateway: Gateway): string {
  return gateway.endpoint.replace("http:", "https:");
}

/** Writes 20 MiB that would not look right after any compression, repetition or shift. */
function writeLarge(folder: string): Pick<Place, "large" | "largeSha256"> {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
  const bytes = cipher.update(Buffer.alloc(LARGE_BYTES));
  const large = join(folder, "large");
  writeFileSync(large, bytes);
  return { large, largeSha256: sha256(bytes) };
}

type Tls = { readonly cert: string; readonly key: string; readonly authority: string };

/** Makes an authority, and a certificate by it for this machine; files in `folder`. */
async function certificate(folder: string): Promise<Tls> {
  const at = (name: string): string => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const self = ["req", "-x509", ...key, "-days", "2", "-subj", "/CN=Days"];
  await succeeds("openssl", [...self, "-keyout", at("ca.key"), "-out", at("ca.crt")]);
  const asked = ["req", ...key, "-subj", "/CN=127.0.0.1", "-keyout", at("tls.key")];
  await succeeds("openssl", [...asked, "-out", at("tls.csr")]);
  writeFileSync(
    at("names"),
    "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n",
  );
  const by = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
  const signing = ["x509", "-req", "-in", at("tls.csr"), ...by, "-extfile", at("names")];
  await succeeds("openssl", [...signing, "-out", at("tls.crt")]);
  return { cert: at("tls.crt"), key: at("tls.key"), authority: at("ca.crt") };
}

/** Starts TLS in front of a store without it; it passes bytes on and inspects nothing. */
async function startTlsFront(endpoint: string, tls: Tls): Promise<Server> {
  const { hostname, port } = new URL(endpoint);
  const files = { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
  const front = createServer({ ...files, allowHalfOpen: true }, (client) => {
    const store = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    client.on("error", () => store.destroy());
    store.on("error", () => client.destroy());
    client.on("close", () => store.destroy());
    client.pipe(store).pipe(client);
  });
  front.on("tlsClientError", () => {});
  await once(front.listen(0, "127.0.0.1"), "listening");
  return front;
}
