import { KEYCLOAK_ADMIN, type Keycloak } from "./keycloak.ts";

/** A realm with people and groups, whose tokens are for the gateway. */
export type KeycloakRealm = {
  /** The `iss` of its tokens. */
  readonly url: string;
  /** Returns a token of a person who has logged in (RFC 6749 section 4.3). */
  readonly tokenOf: (person: string) => Promise<string>;
  /** Signs by a new key from now on; the earlier keys are gone. */
  readonly rotate: () => Promise<void>;
};

const CLIENT = "s3";
const PASSWORD = "the password of a person";
/** Keycloak's type of a provider of keys. */
const KEYS = "org.keycloak.keys.KeyProvider";

/**
 * Makes the realm `lab`. `people` has the groups of each person. Tokens have the groups in the
 * claim `groups`.
 */
export async function makeRealm(
  { endpoint }: Keycloak,
  people: Readonly<Record<string, readonly string[]>>,
): Promise<KeycloakRealm> {
  const url = `${endpoint}/realms/lab`;
  const realm = {
    realm: "lab",
    enabled: true,
    clients: [client()],
    groups: [...new Set(Object.values(people).flat())].map((name) => ({ name })),
    users: Object.entries(people).map(([username, groups]) => ({
      username,
      firstName: username,
      lastName: username,
      email: `${username}@example.org`,
      emailVerified: true,
      enabled: true,
      groups: groups.map((name) => `/${name}`),
      credentials: [{ type: "password", value: PASSWORD, temporary: false }],
    })),
  };
  await asAdmin(endpoint, "POST", "/admin/realms", realm);
  return {
    url,
    tokenOf: (username) =>
      login(url, { client_id: CLIENT, username, password: PASSWORD, scope: "openid" }),
    rotate: async () => {
      const path = "/admin/realms/lab/components";
      const before: unknown = await asAdmin(endpoint, "GET", `${path}?type=${KEYS}`);
      const config = { priority: ["1000"], algorithm: ["RS256"] };
      const newer = { name: "newer", providerId: "rsa-generated", providerType: KEYS, config };
      await asAdmin(endpoint, "POST", path, newer);
      if (!Array.isArray(before)) throw new Error("Keycloak lists no keys");
      for (const { id, providerId } of before) {
        if (providerId === "rsa-generated") await asAdmin(endpoint, "DELETE", `${path}/${id}`);
      }
    },
  };
}

/** Returns a client whose tokens are for the audience `s3` and have the person's groups. */
function client(): object {
  const told = { "access.token.claim": "true", "id.token.claim": "true" };
  return {
    clientId: CLIENT,
    publicClient: true,
    directAccessGrantsEnabled: true,
    protocolMappers: [
      {
        name: "groups",
        protocol: "openid-connect",
        protocolMapper: "oidc-group-membership-mapper",
        config: { ...told, "claim.name": "groups", "full.path": "false" },
      },
      {
        name: "audience",
        protocol: "openid-connect",
        protocolMapper: "oidc-audience-mapper",
        config: { ...told, "included.custom.audience": CLIENT },
      },
    ],
  };
}

async function asAdmin(
  endpoint: string,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const token = await login(`${endpoint}/realms/master`, {
    client_id: "admin-cli",
    ...KEYCLOAK_ADMIN,
  });
  const answer = await fetch(`${endpoint}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** Gets an access token by the grant "password". */
async function login(realm: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(`${realm}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "password", ...fields }),
  });
  const body: unknown = await answer.json();
  if (typeof body === "object" && body !== null && "access_token" in body) {
    return String(body.access_token);
  }
  throw new Error(`Keycloak gave no token: ${JSON.stringify(body)}`);
}
