import aws4 from "aws4";
import type { Pool } from "undici";
import { err, ok, type Result } from "../lib/result.ts";
import { messageOf } from "../lib/words.ts";
import { storePath } from "../s3/address.ts";
import { encodeComponent } from "../http/percent.ts";
import { gateHead, type GatedHead, type GateProblem } from "../http/field-gate.ts";
import { soundPool } from "../identity/sound-client.ts";
import type { Credential } from "../signature/credential.ts";
import { codeOf } from "./files.ts";
import { RECORD_BYTES_MAX } from "./record.ts";
import { storeConnector, type StoreTls } from "../store/store-connector.ts";

/** The place of the gateway's own bucket, and the credential with which it is used. */
export type StoreOptions = {
  /** Origins such as `http://127.0.0.1:7480`; if one refuses the connection, the next is tried. */
  readonly endpoints: readonly string[];
  /** The Host header of path-style requests, the same for every endpoint. */
  readonly authority: string;
  readonly region: string;
  readonly addressing: "path" | "virtual";
  readonly credential: Credential;
  readonly bucket: string;
  readonly tls: StoreTls;
};

export type StoreAnswer = {
  readonly status: number;
  /** The ETag without its quotes; `undefined` if there is none. */
  readonly etag: string | undefined;
  readonly body: Buffer;
  /** The writer of the object, see `WRITER`; `undefined` if it does not say. */
  readonly writer: string | undefined;
  /** The code of an error document, such as `NoSuchKey`; `undefined` if it has none. */
  readonly code: string | undefined;
};

export type StoreClient = {
  /**
   * Sends one request about the object `key` of the bucket; `undefined` for the bucket itself.
   * Error: a sentence of why there is no answer.
   */
  readonly send: (
    method: "GET" | "PUT" | "DELETE",
    key: string | undefined,
    body?: Buffer,
    headers?: Readonly<Record<string, string>>,
    query?: Readonly<Record<string, string>>,
  ) => Promise<Result<StoreAnswer, string>>;
  readonly close: () => Promise<void>;
};

/**
 * The header kept with an object: a name for the one write that made it. So a writer of the same
 * bytes at the same time does not take the other's object for its own.
 */
export const WRITER = "x-amz-meta-writer";

/** A request and its answer take so long at most, at each endpoint. */
const TIMEOUT_MS = 2_000;
const CONNECTIONS = 64;

/** Opens connections to the store that are not shared with clients' requests. */
export function openStoreClient(options: StoreOptions): StoreClient {
  const pools = options.endpoints.map((origin) => openPool(origin, options.tls));
  /** The one that answered last. */
  let first = 0;
  return {
    send: async (method, key, body, headers = {}, query = {}) => {
      const gated = signedHead(options, { method, key, body, headers, query });
      if (!gated.ok) return err(`Cannot ${method} a record: its ${gated.error.part} is invalid`);
      const head = gated.value;
      const again = method === "GET" ? 1 : 0;
      let failure = "there is no endpoint";
      for (let tried = 0; tried < pools.length + again; tried++) {
        const at = (first + tried) % pools.length;
        const pool = pools[at];
        if (pool === undefined) break;
        try {
          const answer = await exchange(pool, head, body);
          first = at;
          return ok(answer);
        } catch (error) {
          failure = messageOf(error);
          if (!mayTryNext(method, error)) break;
        }
      }
      return err(`Cannot ${method} ${head.target}: ${failure}`);
    },
    close: async () => {
      await Promise.all(pools.map(async (pool) => pool.close()));
    },
  };
}

function openPool(origin: string, tls: StoreTls): Pool {
  return soundPool(origin, {
    connections: CONNECTIONS,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: RECORD_BYTES_MAX,
    allowH2: false,
    connect: storeConnector(tls, TIMEOUT_MS),
  });
}

const UNCONNECTED: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const BROKEN: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/**
 * Returns true if the next endpoint may be tried. A request that may have reached the store is sent
 * again only if that changes nothing.
 */
function mayTryNext(method: string, error: unknown): boolean {
  const code = codeOf(error);
  return UNCONNECTED.has(code) || (method === "GET" && BROKEN.has(code));
}

type StoreRequest = {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly key: string | undefined;
  readonly body: Buffer | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
};

function signedHead(
  { authority, region, addressing, credential, bucket }: StoreOptions,
  { method, key, body, headers: more, query }: StoreRequest,
): Result<GatedHead, GateProblem> {
  const name = { tenant: undefined, name: bucket };
  const address =
    key === undefined
      ? storePath({ kind: "bucket", bucket: name }, addressing)
      : storePath({ kind: "object", bucket: name, key }, addressing);
  const parameters = Object.entries(query).map(
    ([name, value]) => `${name}=${encodeComponent(value)}`,
  );
  const path = parameters.length === 0 ? address : `${address}?${parameters.join("&")}`;
  const host = addressing === "virtual" ? `${bucket}.${authority}` : authority;
  const content = body === undefined ? {} : { body };
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const { accessKeyId, secret } = credential;
  const signed = aws4.sign(
    { service: "s3", region, method, path, headers: { host, ...type, ...more }, ...content },
    { accessKeyId, secretAccessKey: secret },
  );
  const named = Object.entries(signed.headers ?? {});
  const list = named.flatMap(([name, value]) => [name.toLowerCase(), String(value)]);
  return gateHead({ method, target: path, headers: list });
}

async function exchange(
  pool: Pool,
  { method, target, headers }: GatedHead,
  body: Buffer | undefined,
): Promise<StoreAnswer> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  // A connection of its own, for the reason given in identity/admin-ops.ts: 40 ms less of Ceph's.
  const reply = await pool.request({
    method,
    path: target,
    headers: [...headers],
    body: body ?? null,
    signal,
    reset: true,
  });
  const bytes = Buffer.from(await reply.body.bytes());
  const writer = reply.headers[WRITER];
  return {
    status: reply.statusCode,
    etag: bareEtag(reply.headers["etag"]),
    writer: typeof writer === "string" ? writer : undefined,
    body: bytes,
    code: reply.statusCode < 300 ? undefined : /<Code>(\w+)<\/Code>/.exec(bytes.toString())?.[1],
  };
}

function bareEtag(etag: string | string[] | undefined): string | undefined {
  return typeof etag === "string" ? /^"?([\x21\x23-\x7e]+)"?$/.exec(etag)?.[1] : undefined;
}

/** The store's answer as errors tell it. */
export function said(status: number, code: string | undefined): string {
  return `The store answered ${status}${code === undefined ? "" : ` ${code}`}`;
}
