/**
 * Tests against real stores the headers that `storeTraits` lists as ignored by a kind of store: a
 * rule may rest on all others.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isIgnored } from "../../src/s3/ignored-headers.ts";
import { storeTraits } from "../../src/s3/stores.ts";
import { measureHeaders, type HeaderMeasured } from "../support/measure-headers.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`${name}, as store: ${kind}`, { skip }, () => {
    const { ignoredHeaders } = storeTraits(kind);
    let store: Running;
    let measured: readonly HeaderMeasured[];
    before(async () => {
      store = await start();
      measured = await measureHeaders(store);
    });
    after(() => store.stop());

    test("ignores exactly the headers that are listed as ignored", () => {
      assert(measured.length > 50);
      const wrong = measured.filter(
        ({ operation, header, ignored }) =>
          ignored !== isIgnored(ignoredHeaders, operation, header),
      );
      assert.deepEqual(wrong, []);
    });
    test("ignores no header that a generic store is listed to act on", () => {
      const { ignoredHeaders: least } = storeTraits("generic");
      const wrong = measured.filter(
        ({ operation, header, ignored }) => ignored && !isIgnored(least, operation, header),
      );
      assert.deepEqual(wrong, []);
    });
  });
}
