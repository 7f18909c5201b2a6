/**
 * Measures the cost of answers about all requests: 1,000 identities with 1,000 statements in 100
 * buckets, every operation. Prints the CPU time of a claim and of a comparison, and the memory of
 * it all.
 */

import { compileSnapshot } from "../../src/config/compile.ts";
import type { Config } from "../../src/config/config.ts";
import { readClaims } from "../../src/prove/claim-reader.ts";
import { gainedBy } from "../../src/prove/compare.ts";
import { knownIn } from "../../src/prove/known-names.ts";
import { prove } from "../../src/prove/prove.ts";
import { sceneOf, type Scene } from "../../src/prove/scene.ts";
import { goodConfig } from "../support/config.ts";

const ACCOUNTS = 100;
const SUBUSERS = 9;
/**
 * A condition in the statements of each account: one for each subuser, and one in its bucket's
 * policy.
 */
const OFFICE = { IpAddress: { "aws:SourceIp": ["198.51.100.0/24", "2001:db8::/32"] } };
const NOW_MS = Date.parse("2026-11-22T12:00:00Z");

/** Claims that all hold, so that everything must be examined. */
const CLAIMS = [
  "nobody may s3:DeleteObjectVersion on *",
  "nobody but account7:* and account8 may s3:GetObject on arn:aws:s3:::bucket7/*",
  "nothing is public on arn:aws:s3:::bucket7/private/*",
  "account7:user3 may nothing but s3:GetObject, s3:PutObject, s3:ListBucket on *",
] as const;

/** Returns the configuration. `open`: the rights that each account shares with the next one. */
function configOf(open: string, networks: readonly string[]): Config {
  const files: Record<string, string> = {};
  const numbers = Array.from({ length: ACCOUNTS }, (_, i) => i);
  const accounts = numbers.map((i) => ({
    name: `account${i}`,
    upstream: { accessKey: `STORE${i}`, secretKey: "secret" },
    keys: [{ accessKey: `AKIDACCOUNT${i}`, secretKey: "secret" }],
    subusers: Array.from({ length: SUBUSERS }, (_, n) => {
      const policies = [`account${i}-user${n}.json`];
      files[policies[0] ?? ""] = document([
        {
          Effect: "Allow",
          Action: ["s3:GetObject", "s3:PutObject"],
          Resource: `arn:aws:s3:::bucket${i}/team${n}/*`,
          Condition: OFFICE,
        },
      ]);
      const keys = [{ accessKey: `AKIDACCOUNT${i}USER${n}`, secretKey: "secret" }];
      return { name: `user${n}`, policies, keys };
    }),
  }));
  const buckets = numbers.map((i) => {
    const policy = `bucket${i}.json`;
    files[policy] = document([
      {
        Effect: "Allow",
        Principal: { AWS: `account${(i + 1) % ACCOUNTS}` },
        Action: "s3:GetObject",
        Resource: `arn:aws:s3:::bucket${i}/${open}/*`,
      },
    ]);
    return { name: `bucket${i}`, account: `account${i}`, policy };
  });
  const policy = {
    bucketPolicies: "gateway",
    anonymous: "policy",
    networks: { allow: networks },
    blockedActions: ["s3:DeleteObjectVersion"],
  };
  return goodConfig({
    ...files,
    "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: aws }
identities: [{ accounts: accounts.yaml }]
policy: ${JSON.stringify(policy)}
`,
    "accounts.yaml": JSON.stringify({ accounts, buckets }),
  });
}

function document(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

function sceneFor(config: Config): Scene {
  return sceneOf(compileSnapshot(config, 1), undefined, NOW_MS);
}

function timed<T>(what: string, work: () => T): T {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${((user + system) / 1e6).toFixed(2).padStart(7)} s  ${what}\n`);
  return result;
}

const config = configOf("open", ["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"]);
const claims = readClaims(CLAIMS.join("\n"), "claims.txt", knownIn(config));
if (!claims.ok) throw new Error(JSON.stringify(claims.error));
for (const claim of claims.value) {
  const { kind } = timed(claim.text, () => prove(sceneFor(config), claim));
  if (kind !== "holds") throw new Error(`It ${kind}: ${claim.text}`);
}
const networks = ["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"];
const CHANGES = [
  ["nothing changed", configOf("open", networks)],
  ["every bucket's policy changed", configOf("o*", networks)],
  ["a network for everybody changed", configOf("open", ["192.0.2.0/23", ...networks.slice(1)])],
] as const;
for (const [what, changed] of CHANGES) {
  const { findings } = timed(`--no-new-access, ${what}`, () =>
    gainedBy(sceneFor(config), sceneFor(changed), () => undefined),
  );
  process.stdout.write(`           ${findings.length} findings\n`);
}
process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / 1024)} MB at most\n`);
