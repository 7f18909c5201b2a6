import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Lender, type Loan } from "../../../src/lend/lender.ts";
import { until } from "../../support/flow.ts";

const SHELF = { bytes: 1024, most: 3, kept: 2 };

function lent(lender: Lender): Loan {
  const loan = lender.lend();
  assert.ok(loan !== undefined);
  return loan;
}

test("a buffer that is given back is lent again, and no other is made", () => {
  const lender = new Lender([SHELF]);
  const first = lent(lender);
  first.end();
  assert.equal(lent(lender).bytes, first.bytes);
  assert.notEqual(lent(lender).bytes, first.bytes);
  assert.equal(lender.lent, 2);
});

test("a buffer with a held part is not lent again before that is released", () => {
  const lender = new Lender([SHELF]);
  const loan = lent(lender);
  const [one, other] = [loan.share(), loan.share()];
  loan.end();
  one();
  assert.notEqual(lent(lender).bytes, loan.bytes);
  other();
  assert.equal(lent(lender).bytes, loan.bytes);
});

test("a part that is released twice counts once", () => {
  const lender = new Lender([SHELF]);
  const loan = lent(lender);
  const [one, other] = [loan.share(), loan.share()];
  loan.end();
  one();
  one();
  assert.equal(lender.lent, 1);
  other();
  other();
  assert.equal(lender.lent, 0);
  const again = lent(lender);
  assert.equal(again.bytes, loan.bytes);
  other();
  assert.equal(lender.lent, 1, "what was released under an earlier borrower says nothing now");
});

test("a borrower knows whether anybody else holds a part", () => {
  const loan = lent(new Lender([SHELF]));
  assert.equal(loan.shared, false);
  const release = loan.share();
  assert.equal(loan.shared, true);
  release();
  assert.equal(loan.shared, false);
});

test("nothing is lent beyond the bound until a buffer comes back", () => {
  const lender = new Lender([SHELF]);
  const loans = [lent(lender), lent(lender), lent(lender)];
  assert.equal(lender.lend(), undefined);
  loans[1]?.end();
  assert.notEqual(lender.lend(), undefined);
  assert.equal(lender.lend(), undefined);
});

test("the buffers of the first shelf are lent first, and others while those are out", () => {
  const lender = new Lender([
    { bytes: 8192, most: 1, kept: 1 },
    { bytes: 4096, most: 2, kept: 2 },
    { bytes: 1024, most: 1, kept: 1 },
  ]);
  const sizes = [8192, 4096, 4096, 1024];
  const loans = sizes.map(() => lent(lender));
  assert.deepEqual(
    loans.map(({ bytes }) => bytes.length),
    sizes,
  );
  assert.equal(lender.lend(), undefined);
  assert.equal(lender.lent, 4);
  loans[1]?.end();
  assert.equal(lent(lender), loans[1]);
  for (const loan of loans) loan.end();
  assert.equal(lender.lent, 0);
  const again = sizes.map(() => lent(lender));
  assert.deepEqual(new Set(again), new Set(loans), "all four were kept");
  assert.deepEqual(
    again.map(({ bytes }) => bytes.length),
    sizes,
  );
});

test("no more buffers are kept than may be", () => {
  const lender = new Lender([SHELF]);
  const loans = [lent(lender), lent(lender), lent(lender)];
  for (const loan of loans) loan.end();
  assert.equal(lender.lent, 0);
  const known = new Set(loans.map(({ bytes }) => bytes));
  const next = [lent(lender), lent(lender), lent(lender)];
  assert.equal(next.filter(({ bytes }) => known.has(bytes)).length, 2);
  assert.equal(lender.lend(), undefined);
});

test("a buffer that is never returned does not count as lent for ever", async () => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  assert.ok(typeof collect === "function");
  const lender = new Lender([SHELF]);
  const lose = (): void => {
    for (let i = 0; i < SHELF.most; i++) lent(lender).share();
  };
  lose();
  assert.equal(lender.lend(), undefined);
  await until(() => {
    Reflect.apply(collect, undefined, []);
    return lender.lent === 0;
  });
});
