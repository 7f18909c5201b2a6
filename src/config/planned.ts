/**
 * What the configuration contract has and this version has not. Each is recognised and refused in
 * one way: an operator who writes `proxyProtocol: true` must not believe that it is in force.
 * A row goes when its feature comes.
 */

/** Keys, by path; `[]` stands for any item of a list. */
const KEYS: ReadonlySet<string> = new Set([
  "listen.trustedProxies",
  "listen.proxyProtocol",
  "identities[].ceph",
  "state",
  "limits.requestsPerAccount",
  "limits.concurrentRequests",
  "passthrough",
  "accounts[].groups",
  "buckets",
]);

/** Values of keys that do exist, by path. */
const VALUES: ReadonlyMap<string, readonly string[]> = new Map([
  ["policy.provider", ["atman", "lumi-o", "qumulo", "coscine", "nutanix"]],
  ["policy.tierMode", ["union"]],
  ["policy.anonymous", ["policy"]],
  ["policy.bucketPolicies", ["gateway"]],
]);

/** Whether the key at `path` (such as `identities[0].ceph`) belongs to a later version. */
export function isPlannedKey(path: string): boolean {
  return KEYS.has(path.replaceAll(/\[\d+\]/g, "[]"));
}

/** Whether `value` is one that the key at `path` takes in a later version. */
export function isPlannedValue(path: string, value: unknown): value is string {
  return typeof value === "string" && VALUES.get(path)?.includes(value) === true;
}
