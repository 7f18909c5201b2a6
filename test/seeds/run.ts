import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CEPH } from "../stores/ceph.ts";
import { MINIO } from "../stores/minio.ts";
import { skipUnless, type Requirement } from "../support/requirement.ts";
import { debianProgram } from "../tools/programs.ts";
import { DOCUMENTS } from "./documents.ts";
import { exceptionOf } from "./exceptions.ts";
import { CONFIGURATION_NAMES, type Configuration, type SeedDocument } from "./row.ts";
import { startSite, type Site } from "./site.ts";
import { startStore, type RunningStore } from "./stores.ts";

const CLIENTS: readonly Requirement[] = [
  debianProgram("aws", "awscli"),
  debianProgram("s3cmd", "s3cmd"),
  debianProgram("rclone", "rclone"),
  debianProgram("curl", "curl"),
  debianProgram("openssl", "openssl"),
];

/** Makes a test of every row of every document in front of one store. */
export function runSeeds(configuration: Configuration): void {
  const needs = [...CLIENTS, configuration === "minio" ? MINIO : CEPH];
  describe(CONFIGURATION_NAMES[configuration], { skip: skipUnless(needs) }, () => {
    let store: RunningStore;
    before(async () => {
      store = await startStore(configuration);
    });
    after(() => store.stop());
    for (const document of DOCUMENTS) {
      describe(document.title, () => runDocument(document, configuration, () => store));
    }
  });
}

function runDocument(
  { title, provider, prepare, rows }: SeedDocument,
  configuration: Configuration,
  store: () => RunningStore,
): void {
  let site: Site;
  let held = 0;
  before(async () => {
    site = await startSite(configuration, provider, store());
    await prepare(site);
  });
  after(async () => {
    console.log(`${title}, ${CONFIGURATION_NAMES[configuration]}: ${held} of ${rows.length} hold`);
    await site.stop();
  });
  for (const row of rows) {
    test(row.says, async (t) => {
      const exception = exceptionOf(title, row.says, configuration);
      if (exception === undefined) {
        await row.holds(site);
        held++;
        return;
      }
      t.diagnostic(`${exception.kind}: ${exception.reason}`);
      await assert.rejects(
        row.holds(site),
        (error) => !String(error).includes("boto3 has ended"),
        "The row holds now: remove its exception, and make the table anew",
      );
    });
  }
}
