import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Allowance, Allowances } from "../../../src/config/limits.ts";
import { Limiter } from "../../../src/limiter/limiter.ts";
import { Usage } from "../../../src/limiter/usage.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const NONE: Allowance = {
  requestsPerSecond: undefined,
  concurrentRequestsMax: undefined,
  bytesPerSecond: undefined,
};

const allowing = (more: Partial<Allowances>): Allowances => ({
  account: NONE,
  subuser: NONE,
  accounts: new Map(),
  ...more,
});

type Who = { readonly account: string | undefined; readonly subuser: string | undefined };
const LAB: Who = { account: "lab", subuser: undefined };
const READER: Who = { account: "lab", subuser: "reader" };
const WRITER: Who = { account: "lab", subuser: "writer" };
const OTHER: Who = { account: "other", subuser: undefined };
const NOBODY: Who = { account: undefined, subuser: undefined };

/** Which limit refused, or that it went through. */
function ask(limiter: Limiter, allowances: Allowances, who: Who, nowMs = 0): string {
  const begun = limiter.begin(allowances, who, nowMs);
  return begun instanceof Usage ? "begun" : `${begun.limit} ${begun.retryAfterSeconds}`;
}

function begin(limiter: Limiter, allowances: Allowances, who: Who, nowMs = 0): Usage {
  const begun = limiter.begin(allowances, who, nowMs);
  if (begun instanceof Usage) return begun;
  throw new Error(`Refused: ${begun.limit}`);
}

test("an account with all its subusers has one rate, and others have theirs", () => {
  const limiter = new Limiter();
  const two = allowing({ account: { ...NONE, requestsPerSecond: 2 } });
  assert.equal(ask(limiter, two, LAB), "begun");
  assert.equal(ask(limiter, two, READER), "begun");
  assert.equal(ask(limiter, two, WRITER), "requests_per_account 1");
  assert.equal(ask(limiter, two, OTHER), "begun");
  assert.equal(ask(limiter, two, NOBODY), "begun");
  assert.equal(ask(limiter, two, LAB, 500), "begun");
});

test("a subuser that is refused takes nothing of its account", () => {
  const limiter = new Limiter();
  const one = allowing({
    account: { ...NONE, requestsPerSecond: 2 },
    subuser: { ...NONE, requestsPerSecond: 1 },
  });
  assert.equal(ask(limiter, one, READER), "begun");
  assert.equal(ask(limiter, one, READER), "requests_per_subuser 1");
  assert.equal(ask(limiter, one, READER), "requests_per_subuser 1");
  assert.equal(ask(limiter, one, WRITER), "begun");
  assert.equal(ask(limiter, one, LAB), "requests_per_account 1");
});

test("requests at a time count until they end", () => {
  const limiter = new Limiter();
  const two = allowing({
    account: { ...NONE, concurrentRequestsMax: 2 },
    subuser: { ...NONE, concurrentRequestsMax: 1 },
  });
  const reader = begin(limiter, two, READER);
  assert.equal(ask(limiter, two, READER), "concurrent_requests_per_subuser 1");
  const lab = begin(limiter, two, LAB);
  assert.equal(ask(limiter, two, WRITER), "concurrent_requests 1");
  reader.end();
  assert.equal(ask(limiter, two, READER), "begun");
  lab.end();
  assert.equal(ask(limiter, two, LAB), "begun");
  assert.equal(ask(limiter, two, LAB), "concurrent_requests 1");
});

test("bytes are charged after the fact, and make later requests wait", () => {
  const limiter = new Limiter();
  const slow = allowing({ account: { ...NONE, bytesPerSecond: 1000 } });
  const reader = begin(limiter, slow, READER);
  assert.equal(reader.metered, true);
  reader.charge(1000, 0);
  assert.equal(ask(limiter, slow, LAB), "begun");
  // A running request is never refused, and what it takes is owed by its whole account.
  reader.charge(5000, 0);
  assert.equal(ask(limiter, slow, LAB, 500), "bytes_per_account 5");
  assert.equal(ask(limiter, slow, WRITER, 4999), "bytes_per_account 1");
  assert.equal(ask(limiter, slow, WRITER, 5000), "begun");
  assert.equal(begin(limiter, allowing({}), OTHER).metered, false);
});

test("accounts.yaml may say otherwise of an account and of a subuser", () => {
  const limiter = new Limiter();
  const some = allowing({
    account: { ...NONE, requestsPerSecond: 1 },
    subuser: { ...NONE, requestsPerSecond: 1 },
    accounts: new Map([
      [
        "lab",
        {
          own: { ...NONE, requestsPerSecond: 10 },
          subusers: new Map([["reader", { ...NONE, requestsPerSecond: 3 }]]),
        },
      ],
    ]),
  });
  for (const expected of ["begun", "begun", "begun", "requests_per_subuser 1"]) {
    assert.equal(ask(limiter, some, READER), expected);
  }
  assert.equal(ask(limiter, some, WRITER), "begun");
  assert.equal(ask(limiter, some, WRITER), "requests_per_subuser 1");
  assert.equal(ask(limiter, some, OTHER), "begun");
  assert.equal(ask(limiter, some, OTHER), "requests_per_account 1");
});

test("other limits count what was taken under those before", () => {
  const limiter = new Limiter();
  const rate = (account: number, subuser: number): Allowances =>
    allowing({
      account: { ...NONE, concurrentRequestsMax: account },
      subuser: { ...NONE, concurrentRequestsMax: subuser },
    });
  const first = begin(limiter, rate(3, 2), READER);
  begin(limiter, rate(3, 2), READER);
  assert.equal(ask(limiter, rate(2, 9), READER), "concurrent_requests 1");
  assert.equal(ask(limiter, rate(9, 2), READER), "concurrent_requests_per_subuser 1");
  assert.equal(ask(limiter, rate(9, 3), READER), "begun");
  first.end();
  assert.equal(ask(limiter, rate(3, 9), READER), "begun");
});

test("another rate leaves what is owed, and is paid off by it; no limit forgets it", () => {
  const limiter = new Limiter();
  const rate = (bytesPerSecond: number): Allowances =>
    allowing({ account: { ...NONE, bytesPerSecond } });
  const running = begin(limiter, rate(1000), READER);
  running.charge(100_000, 0);
  assert.equal(ask(limiter, rate(1000), LAB), "bytes_per_account 99");
  limiter.follow(rate(33_000), 0);
  assert.equal(ask(limiter, rate(33_000), LAB), "bytes_per_account 3");
  assert.equal(ask(limiter, rate(500), LAB), "bytes_per_account 198");
  assert.equal(ask(limiter, rate(500), LAB, 100_000), "bytes_per_account 98");
  limiter.follow(undefined, 100_000);
  assert.equal(ask(limiter, rate(1000), LAB, 100_000), "begun");
});

test("anonymous requests have a limit of their own, whatever accounts are called", () => {
  const limiter = new Limiter();
  const one = allowing({ account: { ...NONE, requestsPerSecond: 1 } });
  for (const account of ["", "anonymous", "undefined"]) {
    assert.equal(ask(limiter, one, { account, subuser: undefined }), "begun");
  }
  assert.equal(ask(limiter, one, NOBODY), "begun");
  assert.equal(ask(limiter, one, NOBODY), "requests_per_account 1");
});

test("a million accounts and a million subusers of one leave no more than the bounds", () => {
  const limiter = new Limiter();
  const one = allowing({ account: { ...NONE, requestsPerSecond: 1_000_000 } });
  const heapBytes = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const filled = (from: number, until: number): number => {
    for (let i = from; i < until; i++) {
      limiter.begin(one, { account: `account-${i}`, subuser: undefined }, i);
      limiter.begin(one, { account: "lab", subuser: `subuser-${i}` }, i);
    }
    return heapBytes();
  };
  const before = filled(0, 100_000);
  const after = filled(100_000, 1_000_000);
  assert.equal(limiter.size, 65_536);
  // Without bounds it would be more than 200 MiB.
  assert.ok(after - before < 8 * 1024 * 1024, `${(after - before) / 2 ** 20} MiB more`);
});
