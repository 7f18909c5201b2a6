import assert from "node:assert/strict";
import { test } from "node:test";
import { EndedCounts } from "../../../src/life/ended-counts.ts";
import { aggregate, Metrics } from "../../../src/observe/metrics.ts";
import { NAMED_BUCKETS_MAX } from "../../../src/observe/named-counts.ts";
import { until } from "../../support/flow.ts";
import { recordOf } from "../../support/record.ts";

test("of processes that have ended, so many buckets are kept, and every request counts", async () => {
  const ended = new EndedCounts();
  for (const process of ["a", "b"]) {
    const metrics = new Metrics();
    metrics.countByName({ accounts: false, buckets: { kind: "top", count: 10 } });
    for (let i = 0; i < NAMED_BUCKETS_MAX; i++) {
      metrics.requestStarted();
      metrics.requestEnded(recordOf({ bucket: `${process}-${i}` }));
    }
    ended.add(await metrics.export());
  }
  await until(() => ended.all.length === 1);
  const text = await aggregate(ended.all);
  const buckets = text.match(/^s3warden_bucket_requests_total\{bucket="[ab]-\d+"/gm);
  assert.equal(buckets?.length, NAMED_BUCKETS_MAX);
  const all = /^s3warden_requests_total\{.*\} (\d+)$/m.exec(text)?.[1];
  assert.equal(Number(all), 2 * NAMED_BUCKETS_MAX);
});
