import type { Page } from "playwright-core";

/** The least contrast of text (WCAG 2.2, success criterion 1.4.3). */
const CONTRAST_MIN = 4.5;

/** Returns texts that are hard to read on their background, each with its contrast. */
export async function lowContrasts(page: Page): Promise<readonly string[]> {
  const found: readonly [text: string, contrast: number][] = await page.evaluate(CONTRASTS);
  if (found.length < 50) throw new Error(`Only ${found.length} texts were found`);
  return found
    .filter(([, contrast]) => contrast < CONTRAST_MIN)
    .map(([text, contrast]) => `${contrast.toFixed(2)}: ${text}`);
}

/** Returns elements that are wider than the window, or than their own box. */
export async function overflowing(page: Page): Promise<readonly string[]> {
  return page.evaluate(OVERFLOWS);
}

/** Returns cells with a long text that is set in a column of a few letters. */
export async function squeezed(page: Page): Promise<readonly string[]> {
  return page.evaluate(SQUEEZED);
}

/** Returns links, buttons, fields and pictures without a name for people who cannot see them. */
export async function unnamedControls(page: Page): Promise<readonly string[]> {
  const roles = ["link", "button", "textbox", "checkbox", "img"] as const;
  const unnamed: string[] = [];
  for (const role of roles) {
    const all = page.getByRole(role);
    const named = page.getByRole(role, { name: /\S/ });
    if ((await all.count()) === 0) unnamed.push(`${role}: there is none`);
    if ((await all.count()) !== (await named.count())) unnamed.push(role);
  }
  return unnamed;
}

// The code that runs in the page is text, since the tests' types know no DOM.

/** Relative luminance and contrast as WCAG 2.2 defines them; the first opaque colour behind counts. */
const CONTRASTS = `(() => {
  const numbers = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [r, g, b] = numbers(color).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (numbers(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const texts = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
    const text = own.map((node) => node.data.trim()).join("") || element.placeholder;
    if (!text || !element.checkVisibility() || element.closest("svg")) continue;
    texts.push([text.slice(0, 40), contrast(getComputedStyle(element).color, behind(element))]);
  }
  return texts;
})()`;

const OVERFLOWS = `(() => {
  const wide = [];
  for (const element of document.body.querySelectorAll("*")) {
    const { right, left } = element.getBoundingClientRect();
    if (element.closest("svg, .scroll, thead") || element.closest("details:not([open])")) continue;
    if (right > innerWidth + 1 || left < -1) wide.push(element.outerHTML.slice(0, 80));
  }
  if (document.documentElement.scrollWidth > innerWidth) wide.push("the page itself");
  return wide;
})()`;

const SQUEEZED = `[...document.querySelectorAll("td > div, dd")]
  .filter((cell) => cell.checkVisibility() && cell.textContent.trim().length > 20)
  .filter((cell) => cell.clientWidth < 90)
  .map((cell) => cell.clientWidth + ": " + cell.textContent.trim().slice(0, 40))`;
