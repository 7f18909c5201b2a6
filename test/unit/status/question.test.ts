import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import type { ExplainQuestion } from "../../../src/explain/request.ts";
import { commandOf, queryOf, questionInForm } from "../../../src/status/question.ts";

const QUESTIONS: readonly ExplainQuestion[] = [
  { as: "lab:reader", ip: "198.51.100.7", request: "DELETE /photos/a%20b?versionId=x" },
  {
    anonymous: true,
    at: "2026-11-22T12:00:00Z",
    action: "s3:GetObject",
    resource: "arn:aws:s3:::b/'k",
  },
  { as: "lab", request: "PUT /b/k", header: ["x-amz-acl: private", "x-amz-copy-source: /b/s"] },
];
for (const question of QUESTIONS) {
  test(`questionInForm() reads what queryOf() wrote: ${JSON.stringify(question)}`, () => {
    assert.deepEqual(questionInForm(new URLSearchParams(queryOf(question))), question);
  });
}

test("questionOf() takes empty fields for fields not filled in", () => {
  const form = new URLSearchParams("as=+&ip=&at=&request=&action=&resource=&header=%0D%0A");
  assert.equal(questionInForm(form), undefined);
  assert.equal(questionInForm(new URLSearchParams("colour=red")), undefined);
});

test("questionOf() makes a header of each line, as browsers end them", () => {
  const form = new URLSearchParams({ header: "a: 1\r\nb: 2\r\n\r\n" });
  assert.deepEqual(questionInForm(form), { header: ["a: 1", "b: 2"] });
});

test("commandOf() is for a shell, whatever is in it", () => {
  const question = { as: "$(id)", request: "GET /b/it's `x` \\", header: ["a: \n;b"] };
  const words = commandOf(question).replace("s3warden explain", "printf '%s\\0'");
  const told = execFileSync("/bin/sh", ["-c", words], { encoding: "utf8" }).split("\0");
  const { as, request, header } = question;
  const expected = [
    "--config",
    "gateway.yaml",
    "--as",
    as,
    "--request",
    request,
    "--header",
    ...header,
  ];
  assert.deepEqual(told, [...expected, ""]);
});
