import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_SCHEME,
} from "@opentelemetry/semantic-conventions";
import type { RequestHead } from "../http/head.ts";
import { firstValue, hasHeader, uniqueValue, valuesOf, type HeaderList } from "../http/headers.ts";
import type { AccessRecord } from "./record.ts";
import type { RequestTrace } from "./trace.ts";

const TRACEPARENT = "traceparent";
const TRACESTATE = "tracestate";

const propagator = new W3CTraceContextPropagator();

/**
 * A span for the request and one for each time it goes to the store ("HTTP spans", OpenTelemetry
 * Semantic Conventions). Facts about people or possible secrets are left out, though the
 * conventions have names for them: the path and its key, addresses, the user agent. The audit log
 * has these, under the same request id.
 */
export class Trace implements RequestTrace {
  readonly #tracer: Tracer;
  readonly #head: RequestHead;
  readonly #span: Span;
  readonly #context: Context;
  #store: Span | undefined;
  #sent = 0;

  constructor(tracer: Tracer, head: RequestHead, timeMs: number) {
    const attributes: Attributes = {
      [ATTR_HTTP_REQUEST_METHOD]: METHODS.has(head.method) ? head.method : "_OTHER",
      [ATTR_URL_SCHEME]: head.secure ? "https" : "http",
    };
    const parent = propagator.extract(ROOT_CONTEXT, head.headers, GETTER);
    const options = { kind: SpanKind.SERVER, startTime: timeMs, attributes };
    this.#tracer = tracer;
    this.#head = head;
    this.#span = tracer.startSpan("S3", options, parent);
    this.#context = trace.setSpan(parent, this.#span);
  }

  toStore(method: string, endpoint: string): HeaderList {
    this.#store?.end();
    const { hostname, port, protocol } = new URL(endpoint);
    const attributes: Attributes = {
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_SERVER_ADDRESS]: hostname,
      [ATTR_SERVER_PORT]: Number(port || (protocol === "https:" ? 443 : 80)),
    };
    if (this.#sent > 0) attributes[ATTR_HTTP_REQUEST_RESEND_COUNT] = this.#sent;
    this.#sent++;
    this.#store = this.#tracer.startSpan(
      method,
      { kind: SpanKind.CLIENT, attributes },
      this.#context,
    );
    return signedContext(this.#head) ?? injected(trace.setSpan(this.#context, this.#store));
  }

  storeAnswered(status: number): void {
    this.#store?.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    if (status >= 400) failed(this.#store, String(status));
  }

  storeEnded(error: string | undefined): void {
    if (error !== undefined) failed(this.#store, error);
    this.#store?.end();
    this.#store = undefined;
  }

  ended(record: AccessRecord): void {
    const { operation, outcome, status, errorCode, upstreamError, timeMs, durationMs } = record;
    this.#span.updateName(operation === "Unknown" ? "S3" : operation);
    this.#span.setAttributes(attributesOf(record));
    // A fault of the client is no error of the server ("HTTP spans", Status).
    if (status >= 500 || outcome === "failed") {
      failed(this.#span, errorCode ?? upstreamError ?? String(status));
    }
    this.#span.end(timeMs + durationMs);
  }
}

function failed(span: Span | undefined, type: string): void {
  span?.setAttribute(ATTR_ERROR_TYPE, type);
  span?.setStatus({ code: SpanStatusCode.ERROR });
}

/** Returns the attributes; values that are `undefined` are left out. */
function attributesOf(record: AccessRecord): Attributes {
  return {
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: record.status === 0 ? undefined : record.status,
    "http.request.body.size": record.bytesIn,
    "http.response.body.size": record.bytesOut,
    "aws.s3.bucket": record.bucket,
    "s3warden.request_id": record.requestId,
    "s3warden.outcome": record.outcome,
    "s3warden.account": record.account,
    "s3warden.role": record.role,
    "s3warden.session": record.session,
    "s3warden.gate": record.gate,
    "s3warden.reported": record.reported ? true : undefined,
    "s3warden.error_code": record.errorCode,
  };
}

/**
 * The methods with a name. The others are `_OTHER`, since their senders may invent any number
 * ("http.request.method").
 */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);

/** A repeated traceparent is none; several tracestate fields are one list (W3C Trace Context, 3.3.1). */
const GETTER = {
  keys: () => [TRACEPARENT, TRACESTATE],
  get: (headers: HeaderList, name: string): string | undefined =>
    name === TRACESTATE
      ? valuesOf(headers, name).join(",") || undefined
      : uniqueValue(headers, name),
};

function injected(context: Context): HeaderList {
  const headers: string[] = [];
  propagator.inject(context, headers, {
    set: (carrier, name, value) => void carrier.push(name, value),
  });
  return headers;
}

/**
 * Returns the trace context that a client has put under its signature: it arrives as it was sent,
 * and no span of ours replaces it. `undefined` if there is none.
 */
function signedContext({ headers, target }: RequestHead): HeaderList | undefined {
  if (!hasHeader(headers, TRACEPARENT)) return undefined;
  const presigned = target.query.find(({ name }) => name === "X-Amz-SignedHeaders")?.value;
  const authorization = firstValue(headers, "authorization") ?? "";
  const signed = presigned ?? /SignedHeaders=([^,\s]*)/.exec(authorization)?.[1] ?? "";
  if (!signed.split(";").includes(TRACEPARENT)) return undefined;
  const sent: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (name === TRACEPARENT || name === TRACESTATE) sent.push(name, headers[i + 1] ?? "");
  }
  return sent;
}
