import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CEPH, startCeph, type Ceph } from "../stores/ceph.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { skipUnless, type Requirement } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { DAY, sha256, type Outcome, type Site } from "./day.ts";
import { DIFFERENCES, type Difference } from "./differences.ts";
import type { Day } from "./steps.ts";

/** An S3 client, and its way to spend a day. */
export type Client = {
  /** The name in differences.ts. */
  readonly name: string;
  readonly needs: readonly Requirement[];
  readonly day: (site: Site) => Promise<Day>;
  /** The steps that it cannot do, each with the reason. */
  readonly cannot: Readonly<Record<string, string>>;
};

/**
 * The key that clients use at the gateway. The store does not know it: the gateway signs with
 * alice's own.
 */
const WARDEN_KEY = {
  accessKey: "AKWARDEN000000000000",
  secretKey: "SKwarden/+00000000000000000000000",
};
const DOMAIN = "s3.example.org";
const LARGE_BYTES = 64 * 1024 * 1024;

/**
 * Runs the client's day on a real Ceph and again through the gateway, and makes a test of each
 * step: both must have the outcome of DAY, and the same one. `S3WARDEN_CLIENTS=direct` leaves the
 * gateway out, to learn the store's own behaviour.
 */
export function compareDays(client: Client): void {
  const directOnly = process.env["S3WARDEN_CLIENTS"] === "direct";
  describe(client.name, { skip: skipUnless([CEPH, ...client.needs]) }, () => {
    const days = new Map<string, Day>();
    let ceph: Ceph | undefined;
    let gateway: Gateway | undefined;

    before(async () => {
      ceph = await startCeph();
      const scratch = scratchFolder("client");
      const large = writeLarge(join(scratch, "large"));
      const direct = { endpoint: ceph.endpoint, ...ceph.users("alice") };
      days.set("direct", await client.day(siteOf("direct", direct, scratch, large)));
      if (directOnly) return;
      gateway = await startGateway(gatewayOptions(ceph));
      const through = { endpoint: gateway.endpoint, ...WARDEN_KEY };
      days.set("gateway", await client.day(siteOf("warden", through, scratch, large)));
    });
    after(async () => {
      await gateway?.stop();
      await ceph?.stop();
    });

    for (const name of Object.keys(DAY)) {
      const reason = client.cannot[name];
      if (reason !== undefined) continue;
      test(`${client.name} ${name} directly`, () => expectStep(days, client, "direct", name));
      if (directOnly) continue;
      test(`${client.name} ${name} through the gateway`, () => {
        expectStep(days, client, "gateway", name);
        const differs = differencesOf(client, name).some((one) => one.way !== "both");
        if (differs) return;
        const [direct, through] = [days.get("direct")?.get(name), days.get("gateway")?.get(name)];
        assert.deepEqual(through, direct, "the outcome is not the same as directly");
      });
    }
  });
}

function gatewayOptions(ceph: Ceph): Parameters<typeof startGateway>[0] {
  return {
    upstream: ceph.endpoint,
    accounts: [{ name: "lab", upstream: ceph.users("alice"), keys: [WARDEN_KEY] }],
    listen: { domains: [DOMAIN] },
    // The store decides on anonymous requests; s3cmd's signurl knows SigV2 only.
    policy: { anonymous: "upstream", signatures: ["v4", "v2"] },
  };
}

function siteOf(
  bucket: string,
  way: Pick<Site, "endpoint" | "accessKey" | "secretKey">,
  folder: string,
  large: Pick<Site, "large" | "largeSha256">,
): Site {
  const scratch = join(folder, bucket);
  mkdirSync(scratch);
  return { ...way, ...large, domain: DOMAIN, bucket, scratch };
}

/** Writes 64 MiB that would not look right after any compression, repetition or shift. */
function writeLarge(path: string): Pick<Site, "large" | "largeSha256"> {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
  const bytes = cipher.update(Buffer.alloc(LARGE_BYTES));
  writeFileSync(path, bytes);
  return { large: path, largeSha256: sha256(bytes) };
}

function differencesOf(client: Client, step: string): readonly Difference[] {
  return DIFFERENCES.filter((one) => one.step === step && one.clients.includes(client.name));
}

/**
 * Checks that every fact that the client could see is as expected; `ok` and `code` must be among
 * them.
 */
function expectStep(
  days: ReadonlyMap<string, Day>,
  client: Client,
  way: "direct" | "gateway",
  step: string,
): void {
  const usual = new Map<string, Outcome>(Object.entries(DAY)).get(step);
  const other = differencesOf(client, step).find((one) => one.way === way || one.way === "both");
  const expected = other?.outcome ?? usual;
  const outcome = days.get(way)?.get(step);
  assert.ok(expected !== undefined && outcome !== undefined, `the client did not report "${step}"`);
  const seen = Object.entries(expected).filter(
    ([fact]) => fact in outcome || fact === "ok" || fact === "code",
  );
  const facts = Object.fromEntries(Object.entries(outcome).filter(([fact]) => fact in expected));
  assert.deepEqual(facts, Object.fromEntries(seen), JSON.stringify(outcome));
}
