import assert from "node:assert/strict";
import { test } from "node:test";
import { html } from "../../../src/status/html.ts";

const rows = [
  ["a tag", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"],
  ["quotes", `" onload='x'`, "&quot; onload=&#39;x&#39;"],
  ["an entity", "&lt;", "&amp;lt;"],
  ["a line break", "a\nb", "a\\u000ab"],
  ["a NUL", "a\0b", "a\\u0000b"],
  ["a change of the reading direction", "a\u202egpj", "a\\u202egpj"],
  ["letters of any script", "größe 大小 😀", "größe 大小 😀"],
  ["a comment's end", "-->]]>", "--&gt;]]&gt;"],
] as const;
for (const [name, text, expected] of rows) {
  test(`html escapes ${name}`, () => {
    assert.equal(
      html`<p title="${text}">${text}</p>`.text,
      `<p title="${expected}">${expected}</p>`,
    );
  });
}

test("html takes HTML as it is, lists in a row, and undefined for nothing", () => {
  const items = ["<", 2].map((item) => html`<i>${item}</i>`);
  const { text } = html`${items}${undefined}${html`<b>&amp;</b>`}`;
  assert.equal(text, "<i>&lt;</i><i>2</i><b>&amp;</b>");
});
