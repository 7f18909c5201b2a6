import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkCoverage,
  parseSignedHeaders,
  repeatedNames,
} from "../../../src/signature/v4-claim.ts";

// Long lists are looked through in another way than short ones: each rule holds for both.
const COUNTS = Array.from({ length: 60 }, (_, n) => n + 1);
const namesUpTo = (count: number) =>
  Array.from({ length: count }, (_, n) => (n === 0 ? "host" : `x-amz-meta-${n}`));
const headersOf = (names: readonly string[]) => names.flatMap((name) => [name, "v"]);

test("parseSignedHeaders() reads lists of any length", () => {
  for (const count of COUNTS) {
    const names = namesUpTo(count);
    const read = parseSignedHeaders(names.join(";"), headersOf(names));
    assert.deepEqual(read, { ok: true, value: names });
  }
});

test("parseSignedHeaders() refuses a name that stands twice, wherever it does", () => {
  for (const count of COUNTS)
    for (const twice of new Set([0, count >> 1, count - 1])) {
      const names = namesUpTo(count);
      const text = [...names, names[twice]].join(";");
      assert.equal(parseSignedHeaders(text, headersOf(names)).ok, false, text);
    }
});

test("parseSignedHeaders() lets eight names lack in the request, and no more", () => {
  const text = (absent: number) =>
    ["host", ..."a b c d e f g h i".split(" ").slice(0, absent)].join(";");
  assert.equal(parseSignedHeaders(text(8), ["host", "h"]).ok, true);
  assert.equal(parseSignedHeaders(text(9), ["host", "h"]).ok, false);
});

for (const text of ["", ";", ";host", "host;", "host;;a", "Host", "host;a b", "host;a:b"]) {
  test(`parseSignedHeaders() refuses "${text}"`, () =>
    assert.equal(parseSignedHeaders(text, ["host", "h"]).ok, false));
}

test("checkCoverage() finds the one header that is not signed among any number", () => {
  for (const count of COUNTS) {
    const names = namesUpTo(count);
    const headers = headersOf(names);
    assert.equal(checkCoverage(headers, names, "header").ok, true);
    for (const unsigned of names.slice(1)) {
      const signed = names.filter((name) => name !== unsigned);
      const covered = checkCoverage(headers, signed, "query");
      assert.ok(!covered.ok);
      assert.deepEqual(covered.error.elements, [["HeadersNotSigned", unsigned]]);
    }
  }
});

test("repeatedNames() finds the one name that is repeated among any number", () => {
  for (const count of COUNTS) {
    const names = namesUpTo(count);
    assert.deepEqual([...repeatedNames(headersOf(names))], []);
    for (const again of names) {
      assert.deepEqual([...repeatedNames(headersOf([...names, again]))], [again]);
      assert.deepEqual([...repeatedNames(headersOf([again, ...names, again]))], [again]);
    }
  }
});

test("repeatedNames() does not take values for names", () => {
  assert.deepEqual([...repeatedNames(["a", "b", "b", "a", "c", "c"])], []);
});

test("checkCoverage() refuses a signed header that is repeated among any number", () => {
  for (const count of COUNTS) {
    const names = [...namesUpTo(count), "range"];
    const covered = checkCoverage(headersOf([...names, "range"]), names, "header");
    assert.equal(covered.ok ? "ok" : covered.error.code, "InvalidRequest");
    assert.equal(
      checkCoverage(headersOf([...names, "x-amz-meta-1"]), [...names, "x-amz-meta-1"], "header").ok,
      true,
    );
  }
});
