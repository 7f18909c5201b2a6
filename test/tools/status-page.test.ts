/** Tests the status page in a real browser. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Page } from "playwright-core";
import type { Status } from "../../src/status/status.ts";
import { startRecordingStore } from "../stores/recording.ts";
import { READER, startFlow, until } from "../support/flow.ts";
import { skipUnless } from "../support/requirement.ts";
import { busyStatus, longNamedStatus, servedStatus, statusOf } from "../support/status.ts";
import { CHROMIUM, openWindow, type Window, type WindowOptions } from "./browser.ts";
import { lowContrasts, overflowing, squeezed, unnamedControls } from "./page-checks.ts";

/** Opens the page with `status`, in a window of its own. */
async function opened(
  t: TestContext,
  status: Status,
  options?: WindowOptions,
): Promise<Window & { readonly url: string }> {
  const url = await servedStatus(t, status);
  const window = await openWindow(t, options);
  await window.page.goto(url);
  return { ...window, url };
}

/** Checks that the page had no complaint, and asked for nothing except itself and its icon. */
function assertClean({ complaints, requests }: Window, url: string): void {
  assert.deepEqual(complaints, []);
  assert.deepEqual(
    requests.filter((request) => new URL(request).origin !== url),
    [],
  );
}

/** Returns the text of the element that `selector` finds, with single blanks. */
async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).innerText()).replace(/\s+/g, " ");
}

describe("the status page in Chromium", { skip: skipUnless([CHROMIUM]) }, () => {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`can be read in ${colorScheme} colours, and runs and loads nothing`, async (t) => {
      const window = await opened(t, busyStatus(), { colorScheme });
      const { page, url } = window;
      await page.locator("summary").first().click();
      await page.goto(`${url}/?as=lab:reader&request=PUT%20/b/k#explain`);
      assert.deepEqual(await lowContrasts(page), []);
      const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      assert.equal(background, colorScheme === "light" ? "rgb(246, 247, 249)" : "rgb(16, 20, 24)");
      assertClean(window, url);
    });
  }

  test("shows names chosen by a client as text, whatever they are", async (t) => {
    const window = await opened(t, busyStatus());
    const { page, url } = window;
    const denials = await textOf(page, "#denials");
    assert(denials.includes('<script>alert("from a key")</script><img src=x onerror=alert(1)>'));
    assert(denials.includes("evil\\u202egpj.exe\\u0000"));
    assert.equal(await page.locator("#denials img, script").count(), 0);
    assertClean(window, url);
  });

  test("would not run a script even if one got in", async (t) => {
    const { page, complaints } = await opened(t, busyStatus());
    await page.evaluate(
      `document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=alert(1)>")`,
    );
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement("script"), { text: "alert(2)" }))`,
    );
    assert(complaints.some((complaint) => complaint.includes("Content Security Policy")));
    assert(!complaints.some((complaint) => complaint.startsWith("dialog")), complaints.join("\n"));
  });

  for (const [name, status] of [
    ["busy", busyStatus()],
    ["new", statusOf()],
    ["long-named", longNamedStatus()],
  ] as const) {
    for (const width of [360, 880]) {
      test(`fits a window of ${width} pixels: of a ${name} gateway`, async (t) => {
        const { page, url } = await opened(t, status, { width });
        assert.deepEqual(await overflowing(page), []);
        assert.deepEqual(await squeezed(page), []);
        await page.goto(`${url}/?as=lab:reader&request=PUT%20/b/${"k".repeat(500)}#explain`);
        assert.deepEqual(await overflowing(page), []);
      });
    }
  }

  // S3WARDEN_SHOTS=FOLDER keeps them for a look: nothing depends on their pixels.
  const shots = process.env["S3WARDEN_SHOTS"];
  for (const [name, options] of [
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["telephone", { colorScheme: "light", width: 360 }],
    ["long names", { colorScheme: "light", width: 880 }],
  ] as const) {
    test(`is drawn whole: ${name}`, async (t) => {
      const status = name === "long names" ? longNamedStatus() : busyStatus();
      const { page } = await opened(t, status, options);
      const path = shots === undefined ? {} : { path: `${shots}/${name}.png` };
      const png = await page.screenshot({ ...path, fullPage: true });
      const shown = await page.evaluate("document.documentElement.scrollHeight");
      // PNG (third edition), 11.2.1: the height is the second number of the first chunk.
      assert.equal(png.readUInt32BE(20), shown);
    });
  }

  test("reloads itself, without a script, until it is paused", async (t) => {
    const window = await openWindow(t, { javaScriptEnabled: false });
    const { page, requests } = window;
    // Chromium waits for the time in the page: a tenth of it shows the same.
    await page.route("**/", async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace('content="30"', 'content="1"');
      await route.fulfill({ response, body });
    });
    const url = await servedStatus(t, busyStatus());
    const asked = (): number => requests.filter((request) => request === `${url}/`).length;
    await page.goto(`${url}/`);
    await until(() => asked() >= 3);
    await page.getByRole("link", { name: "Pause" }).click();
    await page.waitForURL(/refresh=off/);
    assert.equal(await page.getByRole("button", { name: "Explain" }).count(), 1);
    assert.equal(await page.locator("meta[http-equiv]").count(), 0);
    assertClean(window, url);
  });

  test("explains by its form, with the keyboard alone and without JavaScript", async (t) => {
    const url = await servedStatus(t, busyStatus());
    const window = await openWindow(t, { javaScriptEnabled: false });
    const { page } = window;
    await page.goto(url);
    await page.getByRole("link", { name: "ask about a request" }).click();
    await page.getByLabel("Identity").focus();
    await page.keyboard.type("lab:reader");
    await page.getByLabel("Request", { exact: true }).focus();
    await page.keyboard.type("DELETE /photos/cat.jpg");
    await page.keyboard.press("Enter");
    await page.waitForURL(/as=lab/);
    assert.match(page.url(), /#explain$/);
    const answer = await textOf(page, ".answer");
    assert.match(answer, /^Denied AccessDenied The tier READ of this key does not include/);
    assert.match(answer, /tier ✗ refused lab:reader: READ/);
    // The question stands there to be changed.
    assert.equal(await page.getByLabel("Identity").inputValue(), "lab:reader");
    assert.equal(
      await page.getByLabel("Request", { exact: true }).inputValue(),
      "DELETE /photos/cat.jpg",
    );
    assertClean(window, url);
  });

  test("explains several headers, which stay in their field as they were written", async (t) => {
    const { page } = await opened(t, statusOf());
    await page.getByRole("link", { name: "Pause" }).click();
    await page.getByLabel("Identity").fill("lab");
    await page.getByLabel("Request", { exact: true }).fill("PUT /b-1/k");
    await page.getByLabel("Headers").fill("x-amz-copy-source: /b-2/s\nx-amz-meta-a: <b>");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.waitForURL(/header=/);
    assert.match(
      await textOf(page, ".answer"),
      /Allowed Operation CopyObject .*arn:aws:s3:::b-2\/s/,
    );
    const headers = await page.getByLabel("Headers").inputValue();
    assert.equal(headers.trimEnd(), "x-amz-copy-source: /b-2/s\nx-amz-meta-a: <b>");
  });

  test("reports the mistake in a question", async (t) => {
    const { page } = await opened(t, statusOf());
    await page.getByRole("link", { name: "Pause" }).click();
    await page.getByLabel("Identity").fill("nobody");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.waitForURL(/as=nobody/);
    assert.match(await textOf(page, ".answer"), /^Cannot say\. Give either a request/);
  });

  test("has a name for every control and chart, and an order of headings", async (t) => {
    const { page, url } = await opened(t, busyStatus());
    await page.goto(`${url}/?as=lab&request=GET%20/b/k`);
    assert.deepEqual(await unnamedControls(page), []);
    assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
    const chart = page.getByRole("img", {
      name: /^Requests of the last hour: served [\d,]+, refused/,
    });
    assert.equal(await chart.count(), 1);
    for (const region of [
      "Last hour",
      "Latest denials",
      "Latest failures",
      "Explain",
      "Store",
      "Configuration",
      "Identities",
    ]) {
      assert.equal(
        await page.getByRole("region", { name: region, exact: true }).count(),
        1,
        region,
      );
    }
    // The same holds where its rows are cards.
    await page.setViewportSize({ width: 360, height: 900 });
    assert.equal(await page.getByRole("columnheader", { name: "Who" }).count(), 2);
  });

  test("shows a real gateway's denial, which its link explains", async (t) => {
    const store = await startRecordingStore();
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint);
    await flow.exchange("DELETE", "/photos/a%20cat.jpg?versionId=7", { key: READER });
    await flow.gateway.records(1);
    const window = await openWindow(t);
    const { page } = window;
    const url = `http://${flow.gateway.adminAddress}`;
    await page.goto(url);
    assert.match(
      await textOf(page, "#denials tbody tr"),
      /lab:reader .*photos\/a cat\.jpg version 7 tier/,
    );
    assert.match(await textOf(page, "#gates tbody tr"), /^tier 1 100 %/);
    await page.getByRole("link", { name: /^Explain request/ }).click();
    await page.waitForURL(/#explain$/);
    assert.match(await textOf(page, ".answer"), /^Denied AccessDenied .*s3:DeleteObjectVersion on/);
    assertClean(window, url);
  });
});
