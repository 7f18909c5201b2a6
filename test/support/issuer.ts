import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { TestContext } from "node:test";
import type { IssuerConfig } from "../../src/config/issuers.ts";
import type { Certificate } from "../../src/config/pem.ts";
import { portOf } from "./ports.ts";

/** An issuer of tokens that answers as a test tells it to. */
export type TestIssuer = {
  readonly url: string;
  /** The paths asked for, such as `/keys`, in order. */
  readonly asked: string[];
  /** The Authorization header of each request. */
  readonly authorizations: (string | undefined)[];
  /** The function that answers; the default serves discovery and `keys`. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  keys: readonly unknown[];
};

/** Starts an issuer on loopback that ends with the test. `secure`: over TLS. */
export async function startIssuer(
  t: TestContext,
  keys: readonly unknown[],
  secure?: Certificate,
): Promise<TestIssuer> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(request.url ?? "");
    authorizations.push(request.headers.authorization);
    issuer.answer(request, response);
  };
  const server = secure === undefined ? createServer(serve) : createSecureServer(secure, serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const host = `127.0.0.1:${portOf(server.address())}`;
  const url = secure === undefined ? `http://${host}` : `https://${host}`;
  const issuer: TestIssuer = {
    url,
    asked,
    authorizations,
    keys,
    answer: (request, response) => {
      if (request.url === "/.well-known/openid-configuration") {
        sendJson(response, { issuer: url, jwks_uri: `${url}/keys` });
      } else sendJson(response, { keys: issuer.keys });
    },
  };
  return issuer;
}

export function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

/** Returns the entry of an issuer in a configuration; `more`: put over it. */
export function issuerConfig(url: string, more: Partial<IssuerConfig> = {}): IssuerConfig {
  return {
    name: "keycloak",
    url,
    keys: { kind: "discovery" },
    audiences: ["s3"],
    claims: new Map(),
    tags: new Map(),
    ca: undefined,
    tokenFile: undefined,
    cacheMs: 600_000,
    staleMs: 3_600_000,
    skewMs: 60_000,
    ...more,
  };
}
