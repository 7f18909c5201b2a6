/**
 * What the configuration contract has and this version has not. Each is recognised and refused in
 * one way: an operator who writes `proxyProtocol: true` must not believe that it is in force.
 * A row goes when its feature comes.
 */

/** By path; `[]` stands for any item of a list. */
const KEYS: ReadonlySet<string> = new Set([
  "listen.trustedProxies",
  "listen.proxyProtocol",
  "limits.requestsPerAccount",
  "limits.concurrentRequests",
]);

/** Whether the key at `path` (such as `listen.proxyProtocol`) belongs to a later version. */
export function isPlannedKey(path: string): boolean {
  return KEYS.has(path.replaceAll(/\[\d+\]/g, "[]"));
}
