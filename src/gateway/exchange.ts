import { decisionOf, NO_FACTS, type Facts } from "../admission/facts.ts";
import type { RequestHead } from "../http/head.ts";
import { firstValue, type HeaderList } from "../http/headers.ts";
import type { AuditLog } from "../observe/audit.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Recent } from "../observe/recent.ts";
import type { AccessRecord, FaultPlace, Outcome } from "../observe/record.ts";
import type { RequestTrace, Tracing } from "../observe/trace.ts";
import type { Faults } from "../observe/faults.ts";
import { fault as faultOf, type Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import type { ConnectionProblem, Serving } from "../listen/service.ts";
import { bodyFault } from "./connection-fault.ts";
import type { StoreFailure } from "../store/store-question.ts";
import type { SpooledFile } from "./form-spool.ts";
import type { HeldBytes, Holding } from "../limiter/held-bytes.ts";
import type { Live } from "./live.ts";
import type { Responder } from "./respond.ts";
import { upstreamFault, type UpstreamErrorKind } from "../store/upstream-error.ts";
import { stsFaultOf, type StsFault } from "../sts/sts-fault.ts";
import type { Usage } from "../limiter/usage.ts";

const INVOCATION = "amz-sdk-invocation-id";

/** The recorded parts of a refusal. */
type Refusal = Pick<Fault, "why" | "rule" | "limit" | "unknown" | "claim"> & {
  readonly code: string;
};

/** The receivers of access records. */
export type Observer = {
  readonly metrics: Metrics;
  readonly recent: Recent;
  readonly faults: Faults;
  /** The audit log; absent if there is none. */
  readonly audit?: AuditLog | undefined;
  /** The tracing; `undefined` if nobody collects traces. */
  readonly tracing: Tracing | undefined;
};

/**
 * A request from head to record. Everything that happens to it is noted here. When the client's
 * answer is delivered or its connection lost, exactly one access record is made of it.
 */
export class Exchange implements Serving {
  readonly responder: Responder;
  /** The wall-clock time that signatures are compared with: milliseconds since the epoch. */
  readonly timeMs = Date.now();
  /** The start on the clock that only goes forward, which durations are taken from. */
  readonly #startedTick = performance.now();
  #dispatchedTick = 0;
  facts: Facts = NO_FACTS;
  head: RequestHead | undefined;
  trace: RequestTrace | undefined;
  bytesIn = 0;
  endpoint: string | undefined;
  firstByteMs: number | undefined;
  #storeRequestId: string | undefined;
  upstreamError: UpstreamErrorKind | undefined;
  /**
   * The request at the store while it is there, to be ended for a client that went away. Not a
   * closure: one for each request made V8 keep finished requests until the next full collection,
   * which took a tenth of the gateway's time.
   */
  forwarded: { abort(): void } | undefined;
  /** True if the store's answer has come to its end. */
  storeAnswered = false;
  /** True if the gateway gave an answer of its own that is no error. */
  answered = false;
  refusal: Refusal | undefined;
  /** True if the client speaks STS: refusals are told in its form. */
  inSts = false;
  /** The place where the gateway itself failed. */
  #fault: FaultPlace | undefined;
  /**
   * Set if an answer had begun, and ended since something that it depends on could not be had: the
   * client had not left.
   */
  #brokenOff = false;
  readonly #faults: Faults;
  /** Set once the limiter has seen this request. */
  counted = false;
  /** The usage to release when the request ends; `undefined` if nobody is limited. */
  #usage: Usage | undefined;
  #ended = false;
  /** The request's share of what is held; `undefined` before its body is read. */
  #holding: Holding | undefined;
  /** Its file on disk; `undefined` but for a large form. */
  #spooled: SpooledFile | undefined;
  /**
   * The configuration that its decision was made from; `undefined` if there was nothing to decide
   * on.
   */
  #live: Live | undefined;
  readonly #method: string;
  readonly #sourceAddress: string | undefined;

  constructor(
    responder: Responder,
    request: { readonly method: string; readonly sourceAddress: string | undefined },
    observer: Observer,
  ) {
    this.responder = responder;
    this.#faults = observer.faults;
    this.#method = request.method;
    this.#sourceAddress = request.sourceAddress;
    observer.metrics.requestStarted();
    responder.onClosed(() => {
      this.#ended = true;
      this.#usage?.end();
      this.#holding?.end();
      this.#spooled?.close();
      if (!this.storeAnswered) this.forwarded?.abort();
      const endedTick = performance.now();
      const record = this.#record(endedTick - this.#startedTick);
      observer.metrics.requestEnded(record);
      observer.recent.ended(record);
      observer.faults.ended(record, endedTick);
      observer.audit?.write(record, this.head, this.facts);
      this.trace?.ended(record);
      this.#live?.leave();
    });
  }

  /** True if nobody has a use for it any more: its client is gone, or its answer was given. */
  get over(): boolean {
    return this.responder.closed || this.responder.answered;
  }

  /** The request is decided on, and carried out, by `live`. */
  begin(live: Live): void {
    this.#live = live;
    live.enter();
  }

  /**
   * Counts bytes of the client's body. Returns the fault if they cannot be kept: too much is held
   * of requests that are not decided.
   */
  received(bytes: number): Fault | undefined {
    this.bytesIn += bytes;
    this.responder.meter?.charge(bytes, performance.now());
    const kept = this.#holding === undefined || this.#holding.take(bytes);
    return kept ? undefined : limitFault("unproved_bytes");
  }

  /**
   * Counts bytes of the body as kept in memory from now on, until `decided` or the request's end.
   */
  hold(held: HeldBytes): void {
    if (this.#ended || this.#holding !== undefined) return;
    this.#holding = held.begin();
  }

  /** `spooled` is closed when the request ends. */
  keeps(spooled: SpooledFile): SpooledFile {
    this.#spooled = spooled;
    if (this.#ended) spooled.close();
    return spooled;
  }

  /** The body goes to the store, as fast as that takes it, or is not needed any more. */
  decided(): void {
    this.#holding?.decided();
  }

  /** The request counts in `usage` until it ends. */
  begun(usage: Usage): void {
    // A client can be gone before it is known who it was.
    if (this.#ended) return usage.end();
    this.#usage = usage;
    if (!usage.metered) return;
    this.responder.meter = usage;
    if (this.bytesIn > 0) usage.charge(this.bytesIn, performance.now());
  }

  /** The request goes to `endpoint`, or once more to another. */
  dispatched(endpoint: string): void {
    this.endpoint = endpoint;
    this.#dispatchedTick = performance.now();
  }

  /** The store's answer begins; `fields`: of its head, as the store sent them. */
  firstByte(status: number, fields?: HeaderList): void {
    this.trace?.storeAnswered(status);
    if (fields !== undefined) this.#storeRequestId = firstValue(fields, "x-amz-request-id");
    this.firstByteMs = performance.now() - this.#dispatchedTick;
  }

  /**
   * Answers with the gateway's own error, if the client can still be answered; else the connection
   * ends.
   */
  refuse(fault: Fault): void {
    // Nobody reads on: bytes that have come are released, and further ones are not kept.
    this.#holding?.end();
    // An answer that was given stands, whatever becomes of the body that still comes. It may yet wait
    // for its turn on a connection on which others are being answered.
    if (this.responder.answered) return;
    this.refusal = fault;
    if (this.responder.closed) return;
    if (this.responder.status !== 0) {
      this.#brokenOff = fault.code === "ServiceUnavailable";
      this.responder.breakOff();
    } else if (this.inSts) this.responder.refuseSts(stsFaultOf(fault));
    else this.responder.refuse(fault, this.head?.target.path ?? "/");
  }

  /** A refusal of STS itself. */
  refuseSts(fault: StsFault): void {
    this.#holding?.end();
    const { code, message, rule } = fault;
    this.refusal = { code, why: message, rule };
    if (!this.responder.closed) this.responder.refuseSts(fault);
  }

  /**
   * A bug: whatever threw `error`, nobody else is to blame for it. Logged once for each request, also
   * if the client is gone.
   */
  faulted(where: FaultPlace, error: unknown): void {
    if (this.#fault !== undefined) return;
    this.#fault = where;
    this.#faults.happened(where, error, this.responder.requestId);
    try {
      this.refuse(faultOf("InternalError"));
    } catch {
      // The answering itself may be what is broken.
      this.responder.breakOff();
    }
  }

  /** Notes that the store failed to tell something that the decision depends on. */
  storeFailed({ kind, endpoint }: StoreFailure): void {
    this.upstreamError = kind;
    this.endpoint = endpoint;
  }

  /** Ends a body that breaks its promise. An answer that was given stands. */
  bodyBroken(problem: ConnectionProblem): void {
    if (!this.responder.answered) this.refuse(bodyFault(problem));
  }

  /** The store has taken nothing of an upload for too long. */
  storeStoodStill(): void {
    this.upstreamError = "timeout";
    this.refuse(upstreamFault("timeout", new Error("The store stopped reading the body")));
  }

  #record(durationMs: number): AccessRecord {
    const { facts, head, responder } = this;
    return {
      timeMs: this.timeMs,
      requestId: responder.requestId,
      sourceAddress: this.#sourceAddress,
      method: this.#method,
      operation: facts.operation,
      // The query of a dashboard may hold a token, and S3's paths are told as bucket and key.
      path: facts.operation === "Passthrough" ? head?.target.path : undefined,
      bucket: facts.bucket,
      tenant: facts.tenant,
      key: facts.key,
      versionId: facts.versionId,
      account: facts.account,
      subuser: facts.subuser,
      role: facts.session?.role?.name,
      session: facts.session?.name,
      accessKeyId: facts.accessKeyId,
      outcome: this.#outcome(),
      status: responder.status,
      errorCode: this.refusal?.code,
      decision: decisionOf(facts),
      gate: facts.denial?.gate,
      rule: facts.denial?.rule ?? this.refusal?.rule,
      limit: this.refusal?.limit,
      unknown: this.refusal?.unknown,
      claim: this.refusal?.claim,
      detail: this.refusal?.why,
      ruleFile: facts.denial?.place?.file,
      ruleLine: facts.denial?.place?.line,
      reported: facts.reported,
      endpoint: this.endpoint,
      bytesIn: this.bytesIn,
      bytesOut: responder.bytesOut,
      durationMs,
      firstByteMs: this.firstByteMs,
      upstreamError: this.upstreamError,
      fault: this.#fault,
      userAgent: head === undefined ? undefined : firstValue(head.headers, "user-agent"),
      storeRequestId: this.#storeRequestId,
      invocationId: head === undefined ? undefined : firstValue(head.headers, INVOCATION),
    };
  }

  #outcome(): Outcome {
    if (this.#fault !== undefined) return "gateway_fault";
    if (this.upstreamError !== undefined) return "failed";
    if (!this.responder.delivered) return this.#brokenOff ? "failed" : "aborted";
    if (this.refusal !== undefined) return "refused";
    return this.answered ? "answered" : "forwarded";
  }
}
