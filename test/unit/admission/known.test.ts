/** The tags in the store's answer: if they cannot be read, nothing is known, which is not none. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tagsOfAnswer } from "../../../src/admission/known.ts";

const NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const tag = (key: string, value: string): string =>
  `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
const document = (...tags: readonly string[]): string =>
  `<?xml version="1.0"?><Tagging ${NS}><TagSet>${tags.join("")}</TagSet></Tagging>`;

describe("tagsOfAnswer()", () => {
  const known = [
    [
      "two tags",
      200,
      document(tag("a", "b"), tag("c", "")),
      [
        ["a", "b"],
        ["c", ""],
      ],
    ],
    ["no tags", 200, document(), []],
    ["no object, whatever the error says", 404, document(tag("a", "b")), []],
  ] as const;
  for (const [what, status, body, expected] of known) {
    test(`reads ${what}`, () => {
      const tags = tagsOfAnswer(status, Buffer.from(body));
      assert.ok(tags.ok);
      assert.deepEqual([...tags.value], expected);
    });
  }

  const unknown = [
    ["a refusal", 403, document(tag("a", "b"))],
    ["a success of another kind", 204, ""],
    ["a part of the document", 206, document(tag("a", "b"))],
    ["a failure", 500, ""],
    ["an empty answer", 200, ""],
    ["another document", 200, `<AccessControlPolicy ${NS}/>`],
    ["the object itself", 200, "content"],
    ["one tag twice", 200, document(tag("a", "b"), tag("a", "c"))],
    ["no set of tags", 200, `<Tagging ${NS}/>`],
    ["a document that breaks off", 200, document(tag("a", "b")).slice(0, -10)],
  ] as const;
  for (const [what, status, body] of unknown) {
    test(`takes ${what} for no answer`, () => {
      const tags = tagsOfAnswer(status, Buffer.from(body));
      assert.ok(!tags.ok);
      assert.equal(tags.error.code, "ServiceUnavailable");
      assert.equal(tags.error.rule, `tags: status ${status}`);
    });
  }
});
