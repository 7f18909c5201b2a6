import { openInProcess, type InProcess, type InProcessOptions } from "../../support/in-process.ts";
import { bytesOf } from "../../support/signed.ts";
import type { Hostile } from "./case.ts";
import { ACCOUNTS, DOMAIN, POLICY, siteAt, STRICT_POLICY } from "./site.ts";

/** The gateways that the hostile requests are sent to, by the name that a row says. */
export type Gateways = Readonly<Record<Hostile["gateway"], InProcess>>;

/** The key of uploads that may reach the store broken off. */
export const BROKEN = "broken";

/** Opens both before the store at `upstream`, with `more` put over their options. */
export async function openGateways(
  upstream: string,
  more: Pick<InProcessOptions, "listen" | "limits"> = {},
): Promise<Gateways> {
  const options = {
    upstream,
    accounts: ACCOUNTS,
    listen: { domains: [DOMAIN], ...more.listen },
    limits: { xmlBytes: "64KiB", headerBytes: "16KiB", ...more.limits },
  };
  return {
    usual: await openInProcess({ ...options, policy: POLICY, store: { store: "aws" } }),
    strict: await openInProcess({ ...options, policy: STRICT_POLICY }),
  };
}

/** The bytes of a row for the gateway or proxy at `host`, and the method that its answer is read by. */
export function bytesOfRow(
  row: Hostile,
  host: string,
): { readonly bytes: Buffer; readonly method: string } {
  const key = row.store === "nothing" ? "key" : BROKEN;
  const request = row.request(siteAt(host, Date.now(), key));
  const bytes = typeof request === "string" ? Buffer.from(request) : asBytes(request);
  return { bytes, method: bytes.toString("latin1", 0, 5) === "HEAD " ? "HEAD" : "GET" };
}

function asBytes(request: Exclude<ReturnType<Hostile["request"]>, string>): Buffer {
  return Buffer.isBuffer(request) ? request : bytesOf(request);
}
