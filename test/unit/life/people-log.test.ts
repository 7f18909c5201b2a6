import assert from "node:assert/strict";
import { test } from "node:test";
import { forPeople } from "../../../src/life/people-log.ts";

test("a line for people has the time of day, the level, the message and the rest", () => {
  const time = new Date(2026, 10, 30, 3, 4, 5).getTime();
  const entry = { level: 30, time, address: "127.0.0.1:8080", msg: "listening" };
  assert.equal(
    forPeople(JSON.stringify(entry)),
    '03:04:05 info listening address="127.0.0.1:8080"\n',
  );
});

test("an error is logged by its message, and no value begins a line", () => {
  const err = { type: "Error", message: "a\nb\u009B2J", stack: "Error: …\n  at x" };
  const line = forPeople(JSON.stringify({ level: 50, time: 0, err, msg: "Cannot\u001B[2J" }));
  assert.equal(line.split("\n").length, 2);
  assert(line.endsWith('error\u001B[0m Cannot\\u001b[2J err="a\\nb\\u009b2J"\n'), line);
});
