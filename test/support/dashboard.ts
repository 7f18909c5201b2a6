import type { TestContext } from "node:test";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import { startFlow, type Flow } from "./flow.ts";
import type { InProcessOptions, Section } from "./in-process.ts";

/** A gateway in front of a store and, below /dashboard/, of something that is not S3. */
export type Dashboard = Flow & {
  readonly store: RecordingStore;
  /** The bytes of a request as a browser sends it. */
  readonly request: (method: string, target: string, ...lines: readonly string[]) => string;
};

/** Starts them. `target`: an origin. `route`: put over the route's other fields. */
export async function startDashboard(
  t: TestContext,
  target: string,
  route: Section = {},
  options: Partial<InProcessOptions> = {},
): Promise<Dashboard> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const passthrough = [{ path: "/dashboard/", target, ...route }];
  const flow = await startFlow(t, store.endpoint, { passthrough, ...options });
  const { address } = flow.gateway;
  return {
    ...flow,
    store,
    request: (method, path, ...lines) =>
      [`${method} ${path} HTTP/1.1`, `Host: ${address}`, ...lines, "", ""].join("\r\n"),
  };
}
