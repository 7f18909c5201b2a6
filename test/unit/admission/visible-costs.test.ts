/** The cost of filtering a list of buckets: its end, and the turns that others have meanwhile. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ListingFilter } from "../../../src/admission/reply-plan.ts";
import { visibleBuckets } from "../../../src/admission/visible-buckets.ts";
import { allow, deny, everythingIn, filterFor, FILTERED, listingOf, policyOf } from "./listings.ts";
import { gatewayOf } from "./people.ts";
import { NOW } from "./world.ts";

/** The result of each test of a bucket, and the turns that others had. */
function judged(
  { keeps }: ListingFilter,
  names: readonly string[],
): { readonly results: readonly (boolean | "spent")[]; readonly turns: number } {
  let turns = 0;
  const results = names.map((name) => {
    const judging = keeps(name, undefined);
    for (;;) {
      const step = judging.next();
      if (step.done === true) return step.value;
      turns++;
    }
  });
  return { results, turns };
}

describe("a list that costs much", () => {
  const names = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, i) => `bucket-${i}`);

  test("leaves a turn to others after each evaluation of the costliest kind, and has 250", () => {
    const patterns = Array.from({ length: 30 }, (_, i) => `*${"a?".repeat(127)}${i}*`);
    const costly = policyOf({
      ...deny("s3:*", "own"),
      ...everythingIn("own"),
      Condition: { StringLike: { "aws:UserAgent": patterns } },
    });
    const snapshot = gatewayOf({
      policy: FILTERED,
      accounts: { lab: {}, guest: {} },
      buckets: { own: { account: "lab", policy: costly } },
    });
    const headers = { "user-agent": "a".repeat(14_500) };
    const filter = filterFor(snapshot, "guest", { headers });
    const { results, turns } = judged(
      filter,
      Array.from({ length: 50 }, () => "own"),
    );
    const at = results.indexOf("spent");
    assert.ok(at > 0, "it has an end");
    assert.deepEqual(new Set(results.slice(0, at)), new Set([false]));
    assert.deepEqual(new Set(results.slice(at)), new Set(["spent"]));
    assert.ok(turns >= 200 && turns <= 300, `${turns} turns`);
  });

  test("leaves a turn to others after 400 operations at most", () => {
    const closed = (name: string): object =>
      policyOf({ ...deny("s3:*", name), ...everythingIn(name) });
    const all = names(60);
    const snapshot = gatewayOf({
      policy: FILTERED,
      accounts: { lab: {}, guest: {} },
      buckets: Object.fromEntries(
        all.map((name) => [name, { account: "lab", policy: closed(name) }]),
      ),
    });
    let operations = 0;
    const subject = listingOf(snapshot, "guest");
    const head = {
      ...subject.head,
      // Asked for by a gate, once each time that one request is judged.
      get sourceAddress(): string {
        operations++;
        return "192.0.2.1";
      },
    };
    const filter = visibleBuckets(snapshot, { ...subject, head }, NOW);
    operations = 0;
    const { results, turns } = judged(filter, all);
    assert.deepEqual(new Set(results), new Set([false]));
    assert.ok(operations > 2_000, `${operations} operations`);
    assert.ok(turns >= Math.floor(operations / 400), `${turns} turns in ${operations} operations`);
    assert.ok(turns <= operations / 200, `${turns} turns in ${operations} operations`);
  });

  test("ends, and leaves turns to others, though all it does is look for statements", () => {
    const opened = Array.from({ length: 150 }, (_, i) => allow("s3:GetObject", `*-x/k${i}`));
    const snapshot = gatewayOf({
      policy: FILTERED,
      accounts: { lab: { users: { alice: { policy: [...opened, deny("s3:GetObject", "*")] } } } },
    });
    // Each key in each bucket is looked for; what is found differs by the key alone.
    const all = names(400).map((name) => `${name}-x`);
    const { results, turns } = judged(filterFor(snapshot, "lab:alice"), all);
    const at = results.indexOf("spent");
    assert.ok(at > 0, "it has an end");
    assert.deepEqual(new Set(results.slice(0, at)), new Set([false]));
    assert.deepEqual(new Set(results.slice(at)), new Set(["spent"]));
    assert.ok(turns >= 200 && turns <= 300, `${turns} turns`);
  });

  test("leaves turns to others, though all buckets have one answer", () => {
    const policy = Array.from({ length: 400 }, (_, i) => allow("s3:ListBucket", `*-x${i}`));
    const snapshot = gatewayOf({
      policy: FILTERED,
      accounts: { lab: { users: { alice: { policy: [allow("s3:ListBucket", "*"), ...policy] } } } },
    });
    const { results, turns } = judged(filterFor(snapshot, "lab:alice"), names(100));
    assert.deepEqual(new Set(results), new Set([true]));
    assert.ok(turns >= 2, `${turns} turns`);
  });
});
