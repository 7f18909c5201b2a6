import { randomBytes } from "node:crypto";
import type { Answer } from "../admission/known.ts";
import type { RequestHead } from "../http/head.ts";
import { firstValue, hasHeader } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { readBody } from "../body/body.ts";
import { STS_BODY_BYTES_MAX } from "../sts/parameters.ts";
import { answerSts, type KeyNeed, type StsAnswered, type StsWorld } from "../sts/sts-service.ts";
import { answerInMemory, type Sources } from "./answers.ts";
import { settle, sourceOf, type Inbound } from "./forward.ts";
import { overLimit } from "./limit-request.ts";

/** Serves a request to STS. Nothing of it ever reaches the store. */
export function serveSts(inbound: Inbound, head: RequestHead): void {
  inbound.exchange.inSts = true;
  settle(inbound, served(inbound, head));
}

async function served(inbound: Inbound, head: RequestHead): Promise<() => void> {
  const { exchange, gateway } = inbound;
  const answered = await answerOf(inbound, head);
  if (!answered.ok) return () => exchange.refuse(answered.error);
  const { facts, outcome } = answered.value;
  const tooMany = facts.account === undefined ? undefined : overLimit(inbound, facts);
  if (!outcome.ok && facts.account === undefined) {
    // The body is forgotten by now, and does not count while the refusal waits.
    exchange.decided();
    await gateway.refusals.turn((callback) => exchange.responder.onClosed(callback));
  }
  return () => {
    exchange.facts = facts;
    if (tooMany !== undefined) return exchange.refuse(tooMany.fault);
    if (!outcome.ok) return exchange.refuseSts(outcome.error);
    exchange.answered = true;
    exchange.responder.answerSts(outcome.value);
  };
}

async function answerOf(inbound: Inbound, head: RequestHead): Promise<Result<StsAnswered, Fault>> {
  const { exchange, live, gateway } = inbound;
  // Calls that a client sends ahead wait here, unread: else refusals that wait would hold up nothing.
  await exchange.responder.turn();
  exchange.hold(gateway.held);
  const body = await bodyOf(inbound, head);
  if (!body.ok) return body;
  const { snapshot, sources, issuers } = live;
  const answer = (need: KeyNeed): Promise<Result<Answer, Fault>> => answerTo(sources, need);
  const world: StsWorld = { snapshot, issuers, answer, random: randomBytes };
  const { timeMs: nowMs, responder } = exchange;
  const request = { head, body: body.value, requestId: responder.requestId, nowMs };
  return ok(await answerSts(world, request));
}

async function answerTo(sources: Sources, need: KeyNeed): Promise<Result<Answer, Fault>> {
  const remembered = answerInMemory(sources, need);
  if (remembered !== undefined) return ok(remembered);
  if (need.kind === "key") {
    const key = await sources.key(need.accessKeyId);
    return key.ok ? ok({ kind: "key", key: key.value }) : key;
  }
  const revoked = await sources.revoked("unproved");
  return revoked.ok ? ok({ kind: "revocations", revoked: revoked.value }) : revoked;
}

/** Returns the whole body; nothing is read of one that does not state its length. */
async function bodyOf(inbound: Inbound, { headers }: RequestHead): Promise<Result<Buffer, Fault>> {
  if (hasHeader(headers, "transfer-encoding")) return err(fault("MissingContentLength"));
  const length = Number(firstValue(headers, "content-length") ?? 0);
  const plan = { kind: "pass", length, checks: [] } as const;
  return readBody(sourceOf(inbound), STS_BODY_BYTES_MAX, plan);
}
