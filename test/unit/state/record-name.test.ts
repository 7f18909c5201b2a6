import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { recordFile, recordNameOf } from "../../../src/state/record-name.ts";

describe("the file of a record", () => {
  test("has the name in it, whatever the name is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 16 }), (text) => {
        const name = text.toWellFormed();
        assert.deepEqual(recordNameOf(recordFile(name)), { ok: true, value: name });
      }),
    );
  });
  test("reports a name that is too long for it", () => {
    const file = recordFile(`${"T".repeat(60)}:photos`);
    assert.deepEqual(recordNameOf(file), {
      ok: false,
      error: `The record ${file} does not tell the whole name`,
    });
  });
  const others = [
    "photos",
    "photos.json.lock",
    "Photos.json",
    "photos~3a.json",
    "photos~61.json",
    "photos~FF.json",
    "photos~.json",
    "photos~4.json",
    ".json",
    "a/b.json",
  ];
  for (const file of others) {
    test(`${file} keeps no record`, () => {
      assert.deepEqual(recordNameOf(file), { ok: true, value: undefined });
    });
  }
});
