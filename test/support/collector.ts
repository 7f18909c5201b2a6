import type { TestContext } from "node:test";
import { buffer } from "node:stream/consumers";
import { startHttpStore } from "./scripted-store.ts";
import { until } from "./flow.ts";

/** A span as OTLP's JSON writes it ("OTLP Specification", JSON Protobuf Encoding). */
export type CollectedSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly traceState?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number };
  /** The plain values by their names: shorter than OTLP's list. */
  readonly attributes: Readonly<Record<string, unknown>>;
};

/** A server that speaks OTLP over HTTP to any sender of traces. */
export type Collector = {
  readonly endpoint: string;
  /** Resolves with the spans received, once there are `count`. */
  readonly spans: (count: number) => Promise<readonly CollectedSpan[]>;
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  /** Every body as it was received, with its type and path. */
  readonly bodies: readonly {
    readonly type: string;
    readonly path: string;
    readonly body: Buffer;
  }[];
};

/** Starts a collector on loopback until the test ends. `status`: the status of its answers. */
export async function startCollector(t: TestContext, status = 200): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const resources: Readonly<Record<string, unknown>>[] = [];
  const bodies: { type: string; path: string; body: Buffer }[] = [];
  const server = await startHttpStore((request, response) => {
    void (async () => {
      const body = await buffer(request);
      const type = request.headers["content-type"] ?? "";
      bodies.push({ type, path: request.url ?? "", body });
      if (type === "application/json") read(body, spans, resources);
      response
        .writeHead(status, { "content-type": type })
        .end(type === "application/json" ? "{}" : "");
    })();
  });
  t.after(() => server.stop());
  return {
    endpoint: server.endpoint,
    resources,
    bodies,
    spans: async (count) => {
      await until(() => spans.length >= count);
      return spans;
    },
  };
}

type Attribute = { readonly key: string; readonly value: Readonly<Record<string, unknown>> };
type Written = Omit<CollectedSpan, "attributes"> & { readonly attributes?: readonly Attribute[] };
type Export = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Written[] }[];
  }[];
};

function read(body: Buffer, spans: CollectedSpan[], resources: unknown[]): void {
  const { resourceSpans }: Export = JSON.parse(body.toString());
  for (const { resource, scopeSpans } of resourceSpans) {
    resources.push(plain(resource.attributes));
    for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
      spans.push({ ...span, attributes: plain(span.attributes ?? []) });
    }
  }
}

function plain(attributes: readonly Attribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
