import { createServer } from "node:http";
import type { TestContext } from "node:test";
import { Provider, type JWKS } from "oidc-provider";
import { portOf } from "./ports.ts";
import type { TokenKey } from "./tokens.ts";

/** A real OpenID Connect provider, with one client that has tokens of its own. */
export type OidcProvider = {
  readonly url: string;
  /** Gets a token of the client's, by the grant "client_credentials" (RFC 6749 section 4.4). */
  readonly token: () => Promise<string>;
};

const CLIENT = { id: "nightly-job", secret: "the secret of the job" };
/** A program that people log in with by the device flow (RFC 8628). */
const DEVICE = { id: "s3warden", grant: "urn:ietf:params:oauth:grant-type:device_code" };
/** The audience of access tokens (RFC 8707). */
const RESOURCE = "urn:s3";

/** Starts a provider that signs by `keys` and ends with the test. Its tokens are for `audience`. */
export async function startOidcProvider(
  t: TestContext,
  keys: readonly TokenKey[],
  audience: string,
): Promise<OidcProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${portOf(server.address())}`;
  const provider = new Provider(url, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: DEVICE.id,
        token_endpoint_auth_method: "none",
        grant_types: [DEVICE.grant],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: jwksOf(keys),
    cookies: { keys: ["of a test"] },
    features: {
      // A person logs in there with just a name.
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        getResourceServerInfo: () => ({
          scope: "",
          audience,
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  });
  const serve = provider.callback();
  server.on("request", (request, response) => void serve(request, response));
  return {
    url,
    token: async () => {
      const basic = Buffer.from(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`);
      const answer = await fetch(`${url}/token`, {
        method: "POST",
        headers: {
          authorization: `Basic ${basic.toString("base64")}`,
          "content-type": "application/x-www-form-urlencoded",
        },
        body: "grant_type=client_credentials",
      });
      const body: unknown = await answer.json();
      if (typeof body === "object" && body !== null && "access_token" in body) {
        return String(body.access_token);
      }
      throw new Error(`The provider gave no token: ${JSON.stringify(body)}`);
    },
  };
}

function jwksOf(keys: readonly TokenKey[]): JWKS {
  return {
    keys: keys.map(({ kid, alg, privateKey }) => ({
      ...privateKey.export({ format: "jwk" }),
      kty: "RSA",
      kid,
      alg,
      use: "sig",
    })),
  };
}
