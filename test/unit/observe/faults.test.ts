import assert from "node:assert/strict";
import { test } from "node:test";
import { Faults } from "../../../src/observe/faults.ts";
import { recordOf } from "../../support/record.ts";

const SECOND = 1000;

type Asked = { readonly by: string; readonly faults?: number; readonly good?: number };

/** A gateway whose callers asked so, one request a millisecond, and whether it says it fails. */
function failing(asked: readonly Asked[], laterMs = 0): boolean {
  const faults = new Faults(() => undefined);
  let nowMs = 1_000_000;
  for (const { by, faults: failed = 0, good = 0 } of asked) {
    const account = by === "nobody" ? undefined : by.split(":")[0];
    const whose = { account, subuser: by.split(":")[1] };
    for (let i = 0; i < failed; i++) {
      faults.ended(recordOf({ ...whose, outcome: "gateway_fault", fault: "dispatch" }), nowMs++);
    }
    for (let i = 0; i < good; i++) faults.ended(recordOf(whose), nowMs++);
  }
  return faults.failing(nowMs + laterMs);
}

const rows: readonly (readonly [string, boolean, readonly Asked[], number?])[] = [
  ["nothing happened", false, []],
  ["all is well", false, [{ by: "lab", good: 100 }]],
  [
    "everybody's requests fail",
    true,
    [
      { by: "lab", faults: 3 },
      { by: "uni", faults: 3 },
    ],
  ],
  [
    "an owner's and a subuser's fail",
    true,
    [
      { by: "lab", faults: 3 },
      { by: "lab:a", faults: 3 },
    ],
  ],
  [
    "four requests fail",
    false,
    [
      { by: "lab", faults: 2 },
      { by: "uni", faults: 2 },
    ],
  ],
  ["one client floods the gateway with a bug", false, [{ by: "lab", faults: 9999 }]],
  [
    "one client floods it while others are served",
    false,
    [
      { by: "lab", faults: 9999 },
      { by: "uni", good: 3 },
      { by: "nobody", good: 1 },
    ],
  ],
  [
    "somebody floods it without a key, too",
    false,
    [
      { by: "lab", faults: 99 },
      { by: "nobody", faults: 99 },
      { by: "uni", good: 1 },
      { by: "x", good: 1 },
    ],
  ],
  [
    "most of the callers cannot be served",
    true,
    [
      { by: "lab", faults: 9 },
      { by: "uni", faults: 9, good: 1 },
      { by: "x", good: 9 },
    ],
  ],
  [
    "it is half a minute ago",
    false,
    [
      { by: "lab", faults: 9 },
      { by: "uni", faults: 9 },
    ],
    36 * SECOND,
  ],
  [
    "it is some seconds ago",
    true,
    [
      { by: "lab", faults: 9 },
      { by: "uni", faults: 9 },
    ],
    10 * SECOND,
  ],
];
for (const [what, expected, asked, laterMs] of rows) {
  test(`faults ${expected ? "" : "do not "}keep on where ${what}`, () => {
    assert.equal(failing(asked, laterMs), expected);
  });
}

test("a fault is logged with its stack, and without what the error carries besides", () => {
  const lines: string[] = [];
  const faults = new Faults((what) => lines.push(JSON.stringify(what)));
  const error = Object.assign(new TypeError("a bug"), {
    code: "E",
    request: "Authorization: secret",
  });
  faults.happened("dispatch", error, "ID");
  faults.happened("answer", "a secret text that was thrown", "ID");
  assert.match(lines[0] ?? "", /"where":"dispatch".*"stack":"TypeError: a bug/);
  assert.doesNotMatch(lines.join(), /secret/);
});
