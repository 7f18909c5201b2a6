import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { InProcessOptions, Section } from "./in-process.ts";
import { scratchFolder } from "./scratch.ts";

/**
 * Writes gateway.yaml and the files that it names to a folder of their own, for commands; returns
 * its path.
 */
export function writeConfig(
  options: Partial<InProcessOptions> & { readonly accounts: readonly Section[] },
): string {
  const folder = scratchFolder("config");
  const {
    accounts,
    buckets = [],
    files = {},
    ceph = [],
    directories = [],
    upstream = "http://127.0.0.1:9",
  } = options;
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "accounts.yaml"), JSON.stringify({ accounts, buckets }));
  const gateway = {
    upstream: { endpoints: [upstream].flat(), store: "ceph", ...options.store },
    identities: [
      { accounts: "accounts.yaml" },
      ...ceph.map((source) => ({ ceph: source })),
      ...directories.map((source) => ({ http: source })),
    ],
    ...(options.policy && { policy: options.policy }),
    ...(options.state && { state: options.state }),
    ...(options.issuers && { issuers: options.issuers }),
    ...(options.sts && { sts: options.sts }),
    ...(options.audit && { log: { audit: { file: "-", ...options.audit } } }),
    ...(options.formSpool && { formSpool: options.formSpool }),
  };
  const file = join(folder, "gateway.yaml");
  writeFileSync(file, JSON.stringify(gateway));
  return file;
}
