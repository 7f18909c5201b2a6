import type { IncomingMessage } from "node:http";
import { PROBE_AGENT } from "../../src/store/probes.ts";

/** Whether the gateway only asks whether the store is there, which no test's story is about. */
export function isProbe({ headers }: IncomingMessage): boolean {
  return headers["user-agent"] === PROBE_AGENT;
}

/** The same of the head of a request, as it came. */
export function isProbeHead(head: string): boolean {
  return head.startsWith("HEAD / ") && head.includes(`: ${PROBE_AGENT}\r\n`);
}

export const PROBE_ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
