/** The names of actions and operations stand in three tables, which must not drift apart. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { NARROWER_ACTIONS, OPERATION_ALIASES } from "../../../src/lib/operation-aliases.ts";
import { OPERATION_NAMES } from "../../../src/policy/action-names.ts";
import { KNOWN_ACTIONS } from "../../../src/policy/actions.ts";
import { ACTIONS } from "../../../src/s3/actions.ts";
import { isOperationName, OPERATION_LIST } from "../../../src/s3/operations.ts";

/** Operations whose action has another service's prefix or, for the last, that ask for none. */
const NOT_IN_POLICIES = [
  "CreateSession",
  "ListDirectoryBuckets",
  "Preflight",
  "WriteGetObjectResponse",
];

test("every alias means operations of the table", () => {
  const operations = [...OPERATION_ALIASES.values()].flat();
  assert.deepEqual(
    [...operations, ...NARROWER_ACTIONS.values()].filter((name) => !isOperationName(name)),
    [],
  );
});

test("a policy can name every action that a request asks for", () => {
  assert.deepEqual(
    ACTIONS.filter((action) => !KNOWN_ACTIONS.has(action)),
    [],
  );
});

test("a policy can name every operation whose name is no action's", () => {
  const actions = new Set([...KNOWN_ACTIONS].map((action) => action.toLowerCase()));
  const others = OPERATION_LIST.map(({ name }) => name).filter(
    (name) => !actions.has(`s3:${name}`.toLowerCase()),
  );
  assert.deepEqual(others.toSorted(), [...OPERATION_NAMES, ...NOT_IN_POLICIES].toSorted());
});
