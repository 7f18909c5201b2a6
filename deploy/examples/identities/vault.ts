/**
 * Keys that stand in the KV secrets engine, version 2, of HashiCorp Vault or OpenBao:
 *
 *   vault kv put -mount=secret s3warden/AKIAEXAMPLEBOB000001 \
 *     secretKey=… account=lab subuser=bob tier=READ
 *   vault kv put -mount=secret s3warden/AKIAEXAMPLEDAVE00001 @dave.json   # with policies
 *
 *   DIRECTORY_TOKEN=… VAULT_ADDR=https://vault:8200 VAULT_TOKEN=… node vault.ts
 *
 * The token needs `path "secret/data/s3warden/*" { capabilities = ["read"] }` and nothing else.
 */
import { serve, setting } from "./serve.ts";

const ADDRESS = setting("VAULT_ADDR");
const TOKEN = setting("VAULT_TOKEN");
const MOUNT = setting("VAULT_MOUNT", "secret");
const PREFIX = setting("VAULT_PREFIX", "s3warden");
/** The gateway waits for 2 seconds. */
const TIMEOUT_MS = 1_500;

serve(async (accessKey) => {
  // "Read secret version", KV secrets engine version 2.
  const url = `${ADDRESS}/v1/${MOUNT}/data/${PREFIX}/${encodeURIComponent(accessKey)}`;
  const answer = await fetch(url, {
    headers: { "x-vault-token": TOKEN },
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  // A secret that never was, and one whose newest version is deleted.
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`Vault answers with status ${answer.status}`);
  const body: unknown = await answer.json();
  const key = fieldOf(fieldOf(body, "data"), "data");
  if (typeof key !== "object" || key === null) throw new Error("Vault answers without a secret");
  // The gateway reads the rest strictly: a mistake there is a mistake in the secret.
  return { ...key, accessKey };
});

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return new Map(Object.entries(value)).get(name);
}
