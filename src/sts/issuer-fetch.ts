import { Agent } from "undici";
import { isSafeUrl, type IssuerConfig } from "../config/issuers.ts";
import { readKeySet, type KeySet } from "../config/jwks.ts";
import { readBearer } from "../identity/bearer.ts";
import { readUpTo } from "../identity/whole-body.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** The way to ask for an issuer's keys. */
export type KeyFetcher = {
  /**
   * Fetches the keys. Never rejects for a fault of the other side; the error is for the operator
   * and quotes no answer.
   */
  readonly fetch: () => Promise<Result<KeySet, string>>;
  readonly close: () => Promise<void>;
};

/** The longest time of discovery and keys together. */
const FETCH_MS_MAX = 5_000;
/** A document of discovery, or a set of 64 keys; no answer is read beyond it. */
const ANSWER_BYTES_MAX = 256 * 1024;

/** Opens the way to an issuer; nothing is asked yet. */
export function openKeyFetcher(issuer: IssuerConfig): KeyFetcher {
  const { ca } = issuer;
  const agent = new Agent({
    connections: 2,
    connect: { timeout: FETCH_MS_MAX, ...(ca === undefined ? {} : { ca }) },
  });
  return {
    fetch: async () => {
      try {
        return await fetchKeys(issuer, agent, AbortSignal.timeout(FETCH_MS_MAX));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return err(reasonOf(error));
      }
    },
    close: () => agent.close(),
  };
}

/** Returns the reason of a failed connection, which undici reports only by its cause. */
function reasonOf(error: Error): string {
  if (error.name === "TimeoutError") return `No answer within ${FETCH_MS_MAX} ms`;
  return error.message;
}

async function fetchKeys(
  issuer: IssuerConfig,
  agent: Agent,
  signal: AbortSignal,
): Promise<Result<KeySet, string>> {
  const { keys, url, tokenFile } = issuer;
  if (keys.kind === "file") return ok(keys.set);
  const bearer = tokenFile === undefined ? undefined : await readBearer(tokenFile);
  const own = new URL(keys.kind === "url" ? keys.url : url).origin;
  const ask = (from: string): Promise<Result<unknown, string>> =>
    getJson(agent, from, new URL(from).origin === own ? bearer : undefined, signal);
  if (keys.kind === "url") return asKeys(await ask(keys.url));
  // "OpenID Provider Configuration Request" (OpenID Connect Discovery section 4.1).
  const discovered = await ask(`${url.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const found = discovered.ok ? keysUrlIn(discovered.value, url) : discovered;
  return found.ok ? asKeys(await ask(found.value)) : found;
}

function asKeys(answer: Result<unknown, string>): Result<KeySet, string> {
  return answer.ok ? readKeySet(answer.value) : answer;
}

/**
 * Returns the URL of the keys of the issuer at `url`, from the answer to discovery; the error is
 * for the operator. An answer for another issuer is not believed (OpenID Connect Discovery section
 * 4.3).
 */
export function keysUrlIn(document: unknown, url: string): Result<string, string> {
  if (typeof document !== "object" || document === null) return err("Discovery is no JSON object");
  const issuer = "issuer" in document ? document.issuer : undefined;
  if (issuer !== url) return err("Discovery speaks for another issuer than the configured url");
  const found = "jwks_uri" in document ? document.jwks_uri : undefined;
  // An issuer that is asked over TLS must not send the gateway to a plain port of this machine.
  const isAsSafe =
    typeof found === "string" && (!url.startsWith("https:") || found.startsWith("https:"));
  if (typeof found !== "string" || !isSafeUrl(found) || !isAsSafe) {
    return err("Discovery has no jwks_uri that begins with https://");
  }
  return ok(found);
}

async function getJson(
  agent: Agent,
  from: string,
  bearer: string | undefined,
  signal: AbortSignal,
): Promise<Result<unknown, string>> {
  const { origin, pathname, search } = new URL(from);
  const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const headers = { accept: "application/json, application/jwk-set+json", ...authorization };
  // A redirect is an answer with another status: undici follows none unless it is told to.
  const answer = await agent.request({
    origin,
    path: pathname + search,
    method: "GET",
    headers,
    signal,
  });
  if (answer.statusCode !== 200) {
    await answer.body.dump({ limit: ANSWER_BYTES_MAX, signal });
    return err(`The answer of ${origin}${pathname} has status ${answer.statusCode}`);
  }
  const body = await readUpTo(answer.body, ANSWER_BYTES_MAX);
  if (body === undefined) {
    return err(`The answer of ${origin}${pathname} has more than ${ANSWER_BYTES_MAX} bytes`);
  }
  return parsed(body, `The answer of ${origin}${pathname} is no JSON`);
}

function parsed(bytes: Buffer, otherwise: string): Result<unknown, string> {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return ok(value);
  } catch {
    return err(otherwise);
  }
}
