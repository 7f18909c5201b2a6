/** docs/migrate.md: its configurations are good and say what the page says of them. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { goodConfig } from "../../support/config.ts";
import { blocks, pageOf } from "./page.ts";

const [GATEWAY = "", ACCOUNTS = "", ENFORCE = "", CLOSED = ""] = blocks(
  pageOf("migrate.md"),
  "yaml",
);
const ENV = { RGW_ADMIN_SECRET: "s", LAB_STORE_KEY: "STORE", LAB_STORE_SECRET: "s" };

test("docs/migrate.md: the first configuration judges and refuses nothing", () => {
  const config = goodConfig({ "gateway.yaml": GATEWAY }, ENV);
  assert.equal(config.policy.mode, "report");
  assert.equal(config.ceph.length, 1);
});

test("docs/migrate.md: enforcing is one word of it", () => {
  assert(GATEWAY.includes("  mode: report\n"));
  assert.equal(ENFORCE, "policy:\n  mode: enforce\n");
  const enforced = GATEWAY.replace("mode: report", "mode: enforce");
  assert.equal(goodConfig({ "gateway.yaml": enforced }, ENV).policy.mode, "enforce");
});

test("docs/migrate.md: an account signs with the client's key first, and at last with its own", () => {
  const upstreamOf = (accounts: string): string | undefined =>
    goodConfig({ "accounts.yaml": accounts, "lab.secret": "s3cr3t" }, ENV).accounts[0]?.upstream
      ?.accessKey;
  assert.equal(upstreamOf(ACCOUNTS), undefined);
  assert.equal(upstreamOf(CLOSED), "STORE");
});

/** A heading as it is linked to. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, "")
    .replaceAll(" ", "-");
}

describe("links of the operator's pages lead somewhere", () => {
  for (const name of ["migrate.md", "operate.md", "troubleshoot.md"]) {
    const links = [...pageOf(name).matchAll(/\]\(([^)#:]*)(?:#([^)]*))?\)/g)];
    for (const [, file = "", anchor] of links) {
      test(`${name}: ${file}${anchor === undefined ? "" : `#${anchor}`}`, () => {
        const url = new URL(`../../../docs/${file === "" ? name : file}`, import.meta.url);
        assert(existsSync(url));
        if (anchor === undefined) return;
        const headings = readFileSync(url, "utf8").matchAll(/^#+ (.*)$/gm);
        assert([...headings].some(([, heading = ""]) => anchorOf(heading) === anchor));
      });
    }
  }
});
