import type { BodyPlan, WholeBody } from "../admission/body-plan.ts";
import type { ChecksumCheck } from "../checksum/checksum.ts";
import { algorithmOf, checkOf } from "../checksum/checks.ts";
import { loadDigests } from "../checksum/digest.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { createDeframer, deframe, unfinished, type Trailer } from "../s3/aws-chunked.ts";
import type { ChecksumAlgorithm } from "../s3/checksums.ts";
import { awsFault, type Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import {
  brokenByWhole,
  brokenPromise,
  isAllThere,
  startPromises,
  takeBytes,
} from "./body-promises.ts";
import { Gathered } from "./gathered.ts";
import { beginChunk, endChain, startChain } from "./chunk-chain.ts";

type PassPlan = Extract<BodyPlan, { readonly kind: "pass" }>;
type DeframePlan = Extract<BodyPlan, { readonly kind: "deframe" }>;

/** The error of a body that breaks its promises; `fault` is the answer for the client. */
export class BodyError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.name = "BodyError";
    this.fault = fault;
  }
}

/**
 * Yields the bytes that the store gets, as `source` delivers them. Each piece need only stand until
 * the next one is asked for. The piece with the last byte is held back until length, signatures and
 * checksums are all proved, so that a bad body can never complete an upload: the store sees a short
 * body and keeps what it had.
 *
 * A body of length 0 is proved before the generator ends. The head of a request is written with the
 * first piece or at the end (`store/connection.ts`), so that even a bad empty body never reaches
 * the store.
 *
 * Returns the value of the announced trailer, or an empty string if there is none. Throws
 * `BodyError` for a fault of the client; an error of `source` itself passes through.
 */
export function provenBody(
  source: AsyncIterable<Buffer>,
  plan: BodyPlan,
): AsyncGenerator<Buffer, string, undefined> {
  switch (plan.kind) {
    case "none":
      return passed(source, { kind: "pass", length: 0, checks: [] });
    case "pass":
      return passed(source, plan);
    case "deframe":
      return deframed(source, plan);
  }
}

/**
 * Returns the whole body, proved as by `provenBody`, for one that is small. If
 * `x-amz-content-sha256` is a digest, the caller adds it as a check of that field. Errors: as
 * `provenBody`; MaxMessageLengthExceeded above `maxBytes`.
 */
export async function readBody(
  source: AsyncIterable<Buffer>,
  maxBytes: number,
  plan: BodyPlan,
): Promise<Result<Buffer, Fault>> {
  const body = await readWhole(source, maxBytes, plan);
  return body.ok ? ok(body.value.content) : body;
}

/** The same with the value of the announced trailer. */
export async function readWhole(
  source: AsyncIterable<Buffer>,
  maxBytes: number,
  plan: BodyPlan,
): Promise<Result<WholeBody, Fault>> {
  const tooBig = aboveLimit(plan, maxBytes);
  if (tooBig !== undefined) return err(tooBig);
  const gathered = new Gathered();
  const body = provenBody(source, plan);
  try {
    let next = await body.next();
    while (next.done !== true) {
      gathered.add(next.value);
      next = await body.next();
    }
    return ok({ content: gathered.bytes(), trailer: next.value });
  } catch (error) {
    if (error instanceof BodyError) return err(error.fault);
    throw error;
  }
}

/**
 * Returns `body` if it is what `plan` promises: the same proof as `provenBody`'s for one that has
 * come whole, at a fraction of its cost. Errors: as `provenBody`.
 */
export async function provenWhole(body: Buffer, plan: PassPlan): Promise<Result<Buffer, Fault>> {
  const loading = loadDigests(plan.checks.map(algorithmOfCheck));
  if (loading !== undefined) await loading;
  const broken = brokenByWhole(body, plan.length, plan.checks);
  return broken === undefined ? ok(body) : err(broken);
}

/**
 * Returns the fault of a body too long to be kept in memory, so that it is not even read;
 * `undefined` if it is not. Error: MaxMessageLengthExceeded.
 */
export function aboveLimit(plan: BodyPlan, maxBytes: number): Fault | undefined {
  const length = lengthOf(plan);
  if (length <= maxBytes) return undefined;
  const elements = [["MaxMessageLengthBytes", `${maxBytes}`]] as const;
  return limitFault("xml_bytes", { elements, why: `Got ${length} bytes` });
}

/** Bytes of the body without its framing, to which it will be held. */
export function lengthOf(plan: BodyPlan): number {
  switch (plan.kind) {
    case "none":
      return 0;
    case "pass":
      return plan.length;
    case "deframe":
      return plan.decodedLength;
  }
}

async function* passed(
  source: AsyncIterable<Buffer>,
  plan: PassPlan,
): AsyncGenerator<Buffer, string, undefined> {
  const algorithms = plan.checks.map(algorithmOfCheck);
  const loading = loadDigests(algorithms);
  if (loading !== undefined) await loading;
  const promises = startPromises(plan.length, algorithms);
  let held: Buffer | undefined;
  for await (const bytes of source) {
    if (bytes.length === 0) continue;
    refuse(takeBytes(promises, bytes));
    if (isAllThere(promises)) held = Buffer.from(bytes);
    else yield bytes;
  }
  refuse(brokenPromise(promises, plan.checks));
  if (held !== undefined) yield held;
  return "";
}

async function* deframed(
  source: AsyncIterable<Buffer>,
  plan: DeframePlan,
): AsyncGenerator<Buffer, string, undefined> {
  const signed = plan.proof !== undefined;
  const deframer = createDeframer({ signed, trailer: plan.trailers.length > 0 });
  const chain = plan.proof === undefined ? undefined : startChain(plan.proof);
  const algorithms = [
    ...plan.checks.map(algorithmOfCheck),
    ...plan.trailers.map(algorithmOfTrailer),
  ];
  const loading = loadDigests(algorithms);
  if (loading !== undefined) await loading;
  const promises = startPromises(plan.decodedLength, algorithms);
  let trailerChecks: readonly ChecksumCheck[] = [];
  let held: Buffer | undefined;
  for await (const bytes of source) {
    for (const token of deframe(deframer, bytes)) {
      switch (token.kind) {
        case "chunk":
          if (chain !== undefined) refuse(beginChunk(chain, token.signature));
          break;
        case "data":
          refuse(takeBytes(promises, token.bytes));
          chain?.hash.update(token.bytes);
          if (isAllThere(promises)) held = Buffer.from(token.bytes);
          else yield token.bytes;
          break;
        case "end":
          if (chain !== undefined) refuse(endChain(chain, token.trailers, token.trailerSignature));
          trailerChecks = valueOf(checksOf(token.trailers, plan.trailers));
          break;
      }
    }
    refuse(deframer.problem);
  }
  refuse(unfinished(deframer));
  refuse(brokenPromise(promises, [...plan.checks, ...trailerChecks]));
  if (held !== undefined) yield held;
  return trailerChecks[0]?.expectedBase64 ?? "";
}

/**
 * Returns the checks of the trailers: exactly the announced ones must have come. Errors:
 * MalformedTrailerError, InvalidRequest.
 */
function checksOf(
  trailers: readonly Trailer[],
  announced: readonly string[],
): Result<readonly ChecksumCheck[], Fault> {
  const checks: ChecksumCheck[] = [];
  for (const [name, value] of trailers) {
    if (!announced.includes(name)) {
      const why = `x-amz-trailer did not announce ${name}`;
      return err(awsFault("MalformedTrailerError", { why }));
    }
    const check = checkOf(name, value, "trailer");
    if (!check.ok) return check;
    checks.push(check.value);
  }
  const missing = announced.find((name) => !trailers.some(([came]) => came === name));
  if (missing === undefined) return ok(checks);
  return err(awsFault("MalformedTrailerError", { why: `The trailer section lacks ${missing}` }));
}

function algorithmOfCheck(check: ChecksumCheck): ChecksumAlgorithm {
  return check.algorithm;
}

function algorithmOfTrailer(name: string): ChecksumAlgorithm {
  const algorithm = algorithmOf(name);
  if (algorithm === undefined) throw new Error(`a plan announces the unknown trailer ${name}`);
  return algorithm;
}

/** Throws the fault: a generator has no other way to report a refusal to its reader. */
function refuse(problem: Fault | undefined): void {
  if (problem !== undefined) throw new BodyError(problem);
}

function valueOf<T>(result: Result<T, Fault>): T {
  if (!result.ok) throw new BodyError(result.error);
  return result.value;
}
