import type { TestContext } from "node:test";
import { unseal } from "../../src/session/seal.ts";
import type { Session } from "../../src/session/session.ts";
import { OWNER, READER, startFlow, UPSTREAM, type Flow } from "./flow.ts";
import type { InProcessOptions, Section } from "./in-process.ts";
import {
  bytesOf,
  signV4,
  timestampOf,
  type Header,
  type KeyPair,
  type Outgoing,
  type V4Scope,
} from "./signed.ts";
import { SEALING, STS } from "./sessions.ts";
import { rawExchange, type RawAnswer } from "./raw-client.ts";

/** Reads the session in a session token of such a gateway. */
export function sessionIn(token: string): Session | undefined {
  return unseal(token, [SEALING]);
}

/** Returns the account of the tests with `roles`. */
export function accountsWith(roles: readonly Section[]): readonly Section[] {
  return [
    {
      name: "lab",
      upstream: UPSTREAM,
      keys: [OWNER],
      subusers: [{ name: "reader", tier: "READ", keys: [READER] }],
      roles,
    },
  ];
}

/** Starts a gateway that serves STS. Its store is never asked. */
export function startSts(
  t: TestContext,
  roles: readonly Section[],
  options: Partial<InProcessOptions> = {},
): Promise<Flow> {
  return startFlow(t, "http://127.0.0.1:9", {
    accounts: accountsWith(roles),
    sts: STS,
    ...options,
  });
}

export type Parameters = Readonly<Record<string, string>>;

/** Returns the body of a call; `Version` is added unless `parameters` has it. */
export function formOf(action: string, parameters: Parameters = {}): string {
  const all = { Action: action, Version: "2011-06-15", ...parameters };
  return new URLSearchParams(all).toString();
}

/**
 * Returns a call signed for STS by `key`, or by a session if `token` is its token; `scope`: put
 * over the scope of the signature.
 */
export function signedCall(
  host: string,
  body: string,
  key: KeyPair,
  scope: Partial<V4Scope> = {},
  token?: string,
): Outgoing {
  const session: readonly Header[] = token === undefined ? [] : [["x-amz-security-token", token]];
  const request = {
    method: "POST",
    target: "/",
    headers: [
      ["host", host],
      ["content-type", "application/x-www-form-urlencoded; charset=utf-8"],
      ["content-length", String(Buffer.byteLength(body))],
      ...session,
    ] satisfies Header[],
    body: Buffer.from(body),
  };
  const whole = { timestamp: timestampOf(Date.now()), service: "sts", region: "eu-north-1" };
  return signV4(request, key, { ...whole, ...scope });
}

/** Sends a call without a signature. */
export function call(
  { gateway }: Flow,
  body: string,
  target = "/",
  forwardedFor = "127.0.0.1",
): Promise<RawAnswer> {
  const head = `POST ${target} HTTP/1.1\r\nhost: ${gateway.address}\r\nx-forwarded-for: ${forwardedFor}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return rawExchange(gateway.address, Buffer.from(head + body), { method: "POST" });
}

/** Sends a call as it was signed. */
export function send({ gateway }: Flow, request: Outgoing): Promise<RawAnswer> {
  return rawExchange(gateway.address, bytesOf(request), { method: request.method });
}

/** Returns the text of the first element called `name`; empty if there is none. */
export function textIn({ body }: RawAnswer, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(body.toString("utf8"))?.[1] ?? "";
}
