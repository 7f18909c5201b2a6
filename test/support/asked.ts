import type { Gateway } from "./gateway.ts";
import { rawExchange } from "./raw-client.ts";
import { bytesOf, signV4, timestampOf, type KeyPair } from "./signed.ts";

const NOTHING = Buffer.alloc(0);

/** The status of `GET /bucket/key`, signed with `key` and sent on a connection of its own. */
export async function statusFor(
  { endpoint }: Pick<Gateway, "endpoint">,
  key: KeyPair,
): Promise<number> {
  const { host } = new URL(endpoint);
  const scope = { timestamp: timestampOf(Date.now()) };
  const unsigned = { method: "GET", target: "/bucket/key", body: NOTHING };
  const request = signV4({ ...unsigned, headers: [["host", host]] }, key, scope);
  return (await rawExchange(host, bytesOf(request), { method: "GET" })).status;
}

/** The value of a series (`s3warden_` is put before its name); `undefined` if there is none. */
export async function metricOf(
  { adminEndpoint }: Pick<Gateway, "adminEndpoint">,
  series: string,
): Promise<number | undefined> {
  const text = await (await fetch(`${adminEndpoint}/metrics`)).text();
  const start = `s3warden_${series} `;
  const line = text.split("\n").find((candidate) => candidate.startsWith(start));
  return line === undefined ? undefined : Number(line.slice(start.length));
}
