import { createHash } from "node:crypto";
import { latestDenials } from "./denials.ts";
import { explainForm, type Explained } from "./explain-form.ts";
import { configFacts, endpointTable, processTable } from "./facts.ts";
import { dateTime, iso } from "./format.ts";
import { Html, html } from "./html.ts";
import type { Status } from "./status.ts";
import { STYLE } from "./style.ts";
import { denialsByGate, totals, traffic } from "./traffic.ts";

/** In one piece, since a single blank more would be another style, which the policy forbids. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/**
 * What the page may do (Content Security Policy Level 3): show its own style and icon, and send its
 * form back. No script, whoever wrote it, and nothing from anywhere else.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The whole page. `explained`: what its form was asked, if anything. */
export function statusPage(status: Status, explained: Explained | undefined): string {
  const { timeMs, version, activity, endpoints, config } = status;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>s3warden: ${stateOf(status)}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <h1>s3warden</h1>
          ${badge(status)}
          <p class="muted">
            version ${version} · <time datetime="${iso(timeMs)}">${dateTime(timeMs)} UTC</time> ·
            <a href="/">Refresh</a>
          </p>
          <nav aria-label="Sections">
            ${SECTIONS.map(({ id, name }) => html`<a href="#${id}">${name}</a>`)}
          </nav>
        </header>
        <main>
          ${notReady(status)}
          ${section("traffic", html`${totals(activity.minutes)} ${traffic(activity.minutes)}`)}
          ${section("gates", denialsByGate(activity.minutes))}
          ${section("denials", latestDenials(activity.denials))}
          ${section("explain", explainForm(explained))}
          <div class="columns">
            ${section("store", endpointTable(endpoints))}
            ${section("configuration", configFacts(config))}
          </div>
          ${section("processes", processTable(status))}
        </main>
        <footer class="muted">
          The same for tools: <a href="/status.json">/status.json</a>,
          <a href="/metrics">/metrics</a>
        </footer>
      </body>
    </html> `.text;
}

const SECTIONS = [
  { id: "traffic", name: "Last hour" },
  { id: "gates", name: "Denials by gate" },
  { id: "denials", name: "Latest denials" },
  { id: "explain", name: "Explain" },
  { id: "store", name: "Store" },
  { id: "configuration", name: "Configuration" },
  { id: "processes", name: "Processes" },
] as const;

function section(id: (typeof SECTIONS)[number]["id"], content: Html): Html {
  const name = SECTIONS.find((one) => one.id === id)?.name;
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${name}</h2>
    ${content}
  </section>`;
}

function stateOf({ notReady }: Status): string {
  return notReady === undefined ? "ready" : "not ready";
}

function badge(status: Status): Html {
  const state = status.notReady === undefined ? "good" : "bad";
  return html`<span class="state ${state}">${stateOf(status)}</span>`;
}

function notReady({ notReady }: Status): Html | undefined {
  if (notReady === undefined) return undefined;
  return html`<p class="banner" role="alert"><b>Not ready:</b> ${notReady}.</p>`;
}

/** A shield, drawn for both colour schemes. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#2f6fb0" d="M16 2 4 6v9c0 8 5 13 12 15 7-2 12-7 12-15V6z"/><path fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" d="m10 16 4.500 4.500L22 12"/></svg>
`;
