/** Calls of STS for the engine: real tokens and signatures, through the service itself. */

import type { Snapshot } from "../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import type { Config } from "../../src/config/config.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { parseTarget } from "../../src/http/target.ts";
import { openIssuers, type Issuers } from "../../src/sts/issuers.ts";
import { answerSts } from "../../src/sts/sts-service.ts";
import { goodConfig } from "../support/config.ts";
import { STS } from "../support/sessions.ts";
import { signV4, timestampOf, type Header } from "../support/signed.ts";
import { formOf, sessionIn } from "../support/sts.ts";
import { makeKey, publicJwk, tokenOf } from "../support/tokens.ts";
import { EVERY_OPERATION_SERVED } from "../unit/admission/row-requests.ts";
import { keyPairOf } from "./engine.ts";
import type { Begins, Call, TrustWorld } from "./trust.ts";

const KEY = makeKey("k", "EdDSA", "ed25519");

/** All that the service decides by. */
export type TrustEngine = { readonly snapshot: Snapshot; readonly issuers: Issuers };

export function trustEngine(world: TrustWorld): TrustEngine {
  const config = configOf(world);
  const silent = { error: (): void => {}, info: (): void => {} };
  const issuers = openIssuers(config.issuers, { log: silent, asked: () => {} });
  return { snapshot: compileSnapshot(config, 1), issuers };
}

function configOf({ policy, accounts, issuers, files }: TrustWorld): Config {
  const policies = Object.entries(files).map(([name, file]) => [name, JSON.stringify(file)]);
  const written = issuers.map((issuer) => ({ ...issuer, jwks: "jwks.json" }));
  // In a file `${…}` is a variable of the policy, and no reference of the configuration.
  const trusts: Record<string, string> = {};
  const named = accounts.map((account) => ({
    ...account,
    roles: account.roles?.map((role) => {
      if ("issuer" in role.trust) return role;
      const trust = `${account.name}-${role.name}.json`;
      trusts[trust] = JSON.stringify(role.trust);
      return { ...role, trust };
    }),
  }));
  return goodConfig({
    ...Object.fromEntries(policies),
    ...trusts,
    "jwks.json": JSON.stringify({ keys: [publicJwk(KEY)] }),
    "gateway.yaml": `${EVERY_OPERATION_SERVED}policy: ${JSON.stringify(policy)}\nissuers: ${JSON.stringify(written)}\nsts: ${JSON.stringify(STS)}\n`,
    "accounts.yaml": JSON.stringify({ accounts: named }),
  });
}

/** What the service says, in the reference's words. */
export async function began(
  { snapshot, issuers }: TrustEngine,
  world: TrustWorld,
  call: Call,
): Promise<Begins | string> {
  const body = bodyOf(call);
  const request = { head: headOf(world, call, body), body, requestId: "r", nowMs: call.nowMs };
  const answer = (): never => {
    throw new Error("All keys are in the configuration");
  };
  const random = (bytes: number): Buffer => Buffer.alloc(bytes, 7);
  const { outcome, facts } = await answerSts({ snapshot, issuers, answer, random }, request);
  if (!outcome.ok) {
    const gate = facts.denial === undefined ? "" : ` by ${facts.denial.gate}`;
    return `${outcome.error.code}${gate}`;
  }
  const [, token = ""] = /<SessionToken>([^<]+)</u.exec(outcome.value) ?? [];
  const session = sessionIn(token);
  if (session === undefined) throw new Error("The answer has no session");
  const { tags, transitiveTags, sourceIdentity, federated, issuedMs, expiresMs } = session;
  return {
    tags: Object.fromEntries(tags),
    transitive: transitiveTags,
    ...(sourceIdentity !== undefined && { sourceIdentity }),
    ...(federated && { federated }),
    seconds: (expiresMs - issuedMs) / 1000,
  };
}

function bodyOf(call: Call): Buffer {
  const { by, account, role, session, seconds, externalId, sourceIdentity } = call;
  const tags = Object.entries(call.tags ?? {}).flatMap(([key, value], i) => [
    [`Tags.member.${i + 1}.Key`, key],
    [`Tags.member.${i + 1}.Value`, value],
  ]);
  const transitive = (call.transitive ?? []).map((key, i) => [
    `TransitiveTagKeys.member.${i + 1}`,
    key,
  ]);
  const parameters: Readonly<Record<string, string>> = {
    RoleArn: `arn:aws:iam::${account}:role/${role}`,
    RoleSessionName: session,
    ...(seconds !== undefined && { DurationSeconds: String(seconds) }),
    ...(externalId !== undefined && { ExternalId: externalId }),
    ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
    ...Object.fromEntries([...tags, ...transitive]),
    ...("claims" in by && { WebIdentityToken: tokenOf(KEY, by.claims) }),
  };
  const action = "as" in by ? "AssumeRole" : "AssumeRoleWithWebIdentity";
  return Buffer.from(formOf(action, parameters));
}

function headOf(world: TrustWorld, { by, ip, nowMs }: Call, body: Buffer): RequestHead {
  const target = parseTarget("/");
  if (!target.ok) throw new Error(target.error);
  const pair = "as" in by ? keyPairOf(world, by.as) : undefined;
  const headers: readonly Header[] = [
    ["host", "sts.example.org"],
    ["content-type", "application/x-www-form-urlencoded; charset=utf-8"],
    ["content-length", String(body.length)],
    ...(pair?.token === undefined ? [] : [["x-amz-security-token", pair.token] as const]),
  ];
  const unsigned = { method: "POST", target: "/", headers, body };
  const scope = { timestamp: timestampOf(nowMs), service: "sts" };
  const sent = pair ? signV4(unsigned, pair, scope) : unsigned;
  return {
    method: "POST",
    target: target.value,
    headers: sent.headers.flat(),
    sourceAddress: ip,
    secure: false,
  };
}
