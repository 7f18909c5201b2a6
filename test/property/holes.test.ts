/** Holes that the rules once had, each put back: a unit test must notice. `npm run holes` asks the rest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { survives } from "../mutation/hole.ts";
import { HOLES } from "../mutation/hole-list.ts";

for (const hole of HOLES) {
  const unit = hole.test.startsWith("test/unit/") ? hole.test : hole.unit;
  if (unit === undefined) continue;
  test(`a hole is noticed: ${hole.name}`, async () => {
    assert.equal(await survives({ ...hole, test: unit }), undefined);
  });
}
