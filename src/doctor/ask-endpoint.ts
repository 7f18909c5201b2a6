import aws4 from "aws4";
import type { Config } from "../config/config.ts";
import { soundPool } from "../identity/sound-client.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { messageOf } from "../lib/words.ts";
import type { Credential } from "../signature/credential.ts";
import { storeConnector } from "../store/store-connector.ts";

/** The answer of an endpoint of the store. */
export type StoreWord = {
  readonly status: number;
  /** The code of its error document, such as `InvalidAccessKeyId`; `undefined` if it has none. */
  readonly code: string | undefined;
  /**
   * The store's clock, by the Date header, in milliseconds since the epoch; `undefined` if it has
   * none.
   */
  readonly dateMs: number | undefined;
  readonly milliseconds: number;
};

/** The longest time of an answer. */
const TIMEOUT_MS = 5_000;
/**
 * The limit of an answer: the list of a user's buckets can be long, and only its start is looked
 * at.
 */
const BYTES_MAX = 64 * 1024 * 1024;

/**
 * Asks `origin` for the resource at `path`, the buckets of `credential` if absent; without a
 * credential unsigned. The error says why there is no answer.
 */
export async function askEndpoint(
  upstream: Config["upstream"],
  origin: string,
  credential: Credential | undefined,
  path = "/",
): Promise<Result<StoreWord, string>> {
  const pool = soundPool(origin, {
    connections: 1,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: BYTES_MAX,
    connect: storeConnector(upstream, TIMEOUT_MS),
  });
  const host = upstream.endpoints.find((endpoint) => endpoint.origin === origin)?.authority;
  const headers = headersOf(host ?? "", upstream.region, credential, path);
  const began = performance.now();
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await pool.request({ method: "GET", path, headers, signal });
    const text = await answer.body.text();
    const date = Date.parse(String(answer.headers["date"] ?? ""));
    return ok({
      status: answer.statusCode,
      code: /<Code>(\w+)<\/Code>/.exec(text.slice(0, 4096))?.[1],
      dateMs: Number.isNaN(date) ? undefined : date,
      milliseconds: performance.now() - began,
    });
  } catch (error) {
    return err(messageOf(error));
  } finally {
    await pool.destroy();
  }
}

function headersOf(
  host: string,
  region: string,
  credential: Credential | undefined,
  path: string,
): Record<string, string> {
  if (credential === undefined) return { host };
  const { accessKeyId, secret } = credential;
  const request = { service: "s3", region, method: "GET", path, headers: { host } };
  const signed = aws4.sign(request, { accessKeyId, secretAccessKey: secret });
  const named = Object.entries(signed.headers ?? {});
  return Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), String(value)]));
}
