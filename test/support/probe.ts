import type { IncomingMessage } from "node:http";
import { PROBE_AGENT } from "../../src/store/probes.ts";

/** Returns true if the gateway only checks that the store is up, which no test is about. */
export function isProbe({ headers }: IncomingMessage): boolean {
  return headers["user-agent"] === PROBE_AGENT;
}

/** Does the same for the head of a request as it was received. */
export function isProbeHead(head: string): boolean {
  return head.startsWith("HEAD / ") && head.includes(`: ${PROBE_AGENT}\r\n`);
}

export const PROBE_ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
