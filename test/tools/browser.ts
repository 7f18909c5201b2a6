import type { TestContext } from "node:test";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { findProgram } from "../support/program.ts";
import type { Requirement } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";

const executablePath = findProgram("chromium");

export const CHROMIUM: Requirement = {
  name: "chromium",
  present: executablePath !== undefined,
  install: "apt-get install -y --no-install-recommends chromium",
};

/** A window, and the actions of its page that an operator's page must not take. */
export type Window = {
  readonly page: Page;
  /** Errors and warnings in the console, exceptions, and what the page's policy has blocked. */
  readonly complaints: readonly string[];
  /** The URL of every request that it sent. */
  readonly requests: readonly string[];
};

export type WindowOptions = {
  readonly colorScheme?: "light" | "dark";
  /** The width in CSS pixels. */
  readonly width?: number;
  readonly javaScriptEnabled?: boolean;
};

/** Opens a window of its own browser, which ends with the test. */
export async function openWindow(t: TestContext, options: WindowOptions = {}): Promise<Window> {
  const { width = 1280, ...others } = options;
  const context = await openBrowser({ viewport: { width, height: 900 }, ...others });
  t.after(() => context.close());
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "log") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => requests.push(request.url()));
  return { page, complaints, requests };
}

/** Opens a browser with a fresh profile and without Chromium's own requests to the network. */
function openBrowser(
  options: Parameters<typeof chromium.launchPersistentContext>[1],
): Promise<BrowserContext> {
  return chromium.launchPersistentContext(scratchFolder("chromium"), {
    executablePath: executablePath ?? "",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    ...options,
  });
}
