/**
 * Makes and checks the screenshot of README: a denial and its explanation, as the status page has
 * them. A picture depends on fonts, so its text is kept beside it and compared with the page of
 * today.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test, type TestContext } from "node:test";
import type { Page } from "playwright-core";
import { ROOT } from "../support/deploy.ts";
import { skipUnless } from "../support/requirement.ts";
import { activityOf, denialOf, servedStatus, statusOf } from "../support/status.ts";
import { CHROMIUM, openWindow } from "./browser.ts";

const IMAGES = `${ROOT}docs/images/`;
const SCHEMES = ["light", "dark"] as const;
/** True if `npm run screenshots` has set it. */
const WRITE = process.env["S3WARDEN_SCREENSHOTS"] === "write";

describe("the screenshot in README", { skip: skipUnless([CHROMIUM]) }, () => {
  test("shows the status page's present text for a denial", async (t) => {
    const { page, texts } = await denialExplained(t, "light");
    if (WRITE) writeFileSync(`${IMAGES}denied.txt`, texts);
    const kept = readFileSync(`${IMAGES}denied.txt`, "utf8");
    assert.equal(texts, kept, "the page has changed: npm run screenshots");
    assert.equal(await page.locator(".answer.denied").count(), 1);
  });

  for (const scheme of SCHEMES) {
    test(`has the pixels of its part of the page, in ${scheme} colours`, async (t) => {
      const { page, clip } = await denialExplained(t, scheme);
      if (WRITE) await page.screenshot({ path: fileOf(scheme), clip, fullPage: true });
      const { width, height } = sizeOf(readFileSync(fileOf(scheme)));
      assert.equal(width, Math.round(clip.width));
      assert.ok(height > 300);
    });
  }
});

function fileOf(scheme: (typeof SCHEMES)[number]): string {
  return `${IMAGES}denied-${scheme}.png`;
}

/**
 * Returns the page after a click on "Explain", the text of its picture, and the picture's place.
 */
async function denialExplained(
  t: TestContext,
  colorScheme: (typeof SCHEMES)[number],
): Promise<{ readonly page: Page; readonly texts: string; readonly clip: Box }> {
  const denial = denialOf({ accessKeyId: "AKIDREADER" });
  const url = await servedStatus(t, statusOf({ activity: activityOf(() => ({}), [denial]) }));
  const { page } = await openWindow(t, { colorScheme, width: 1024 });
  await page.goto(url);
  await page.getByRole("link", { name: /^Explain request/ }).click();
  await page.waitForURL(/#explain$/);
  const [first, last] = [page.locator("#denials"), page.locator(".answer")];
  const texts = await Promise.all([first.innerText(), last.innerText()]);
  const [top, bottom] = [await boxOf(first), await boxOf(last)];
  const scrolled = Number(await page.evaluate("scrollY"));
  const height = bottom.y + bottom.height - top.y + 12;
  const clip = { x: top.x, y: top.y + scrolled, width: top.width, height };
  return { page, clip, texts: `${texts.join("\n\n").replaceAll(/[ \t]+\n/g, "\n")}\n` };
}

type Box = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

async function boxOf(found: ReturnType<Page["locator"]>): Promise<Box> {
  return (await found.boundingBox()) ?? assert.fail("it is not on the page");
}

/** Returns width and height of a PNG, in pixels (PNG, section 11.2.2). */
function sizeOf(png: Buffer): { readonly width: number; readonly height: number } {
  assert.equal(png.toString("latin1", 12, 16), "IHDR");
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}
