import { createHash } from "node:crypto";
import { latestDenials } from "./denials.ts";
import { explainForm, askLink, type Explained } from "./explain-form.ts";
import { latestFailures } from "./failures.ts";
import { configFacts, endpointTable, processTable, reasons, sourceTable } from "./facts.ts";
import { dateTime, iso } from "./format.ts";
import { Html, html } from "./html.ts";
import type { Status } from "./status.ts";
import { STYLE } from "./style.ts";
import { denialsByGate, totals, traffic } from "./traffic.ts";

/** In one piece, since a single blank more would be another style, which the policy forbids. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/**
 * The rights of the page (Content Security Policy Level 3): show its own style and icon, and send
 * its form back. No script, whoever wrote it, and nothing from anywhere else.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The view of the status that somebody wants to see. */
export type View = {
  /**
   * True if the page asks for itself again, without its form, which would lose what is being
   * written.
   */
  readonly refreshes: boolean;
  /** The question of the form and its answer, if there is any. */
  readonly explained: Explained | undefined;
};

/** The seconds after which the page asks for itself again. */
const REFRESH_SECONDS = 30;

/** The whole page. */
export function statusPage(status: Status, { refreshes, explained }: View): string {
  const { timeMs, version, activity, endpoints } = status;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${refreshes ? html`<meta http-equiv="refresh" content="${REFRESH_SECONDS}" />` : undefined}
        <title>s3warden: ${stateOf(status).word}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <h1>s3warden</h1>
          ${badge(status)}
          <p class="muted">
            version ${version} · <time datetime="${iso(timeMs)}">${dateTime(timeMs)} UTC</time> ·
            ${refreshes ? PAUSE : RESUME}
          </p>
          <nav aria-label="Sections">
            ${SECTIONS.map(({ id, name }) => html`<a href="#${id}">${name}</a>`)}
          </nav>
        </header>
        <main>
          ${notReady(status)} ${reloadRefused(status)}
          ${section("traffic", html`${totals(activity.minutes)} ${traffic(activity.minutes)}`)}
          ${section("gates", denialsByGate(activity.minutes))}
          ${section("denials", latestDenials(activity.denials))}
          ${section("failures", latestFailures(activity.failures))}
          ${section("explain", refreshes ? askLink() : explainForm(explained))}
          <div class="columns">
            ${section("store", endpointTable(endpoints))}
            ${section("configuration", configFacts(status))}
          </div>
          ${section("sources", sourceTable(status) ?? ALL_CONFIGURED)}
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
  { id: "failures", name: "Latest failures" },
  { id: "explain", name: "Explain" },
  { id: "store", name: "Store" },
  { id: "configuration", name: "Configuration" },
  { id: "sources", name: "Identities" },
  { id: "processes", name: "Processes" },
] as const;

function section(id: (typeof SECTIONS)[number]["id"], content: Html): Html {
  const name = SECTIONS.find((one) => one.id === id)?.name;
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${name}</h2>
    ${content}
  </section>`;
}

/** A gateway that serves by a configuration which is not that of its files is not all right. */
function stateOf({ notReady, config }: Status): { readonly looks: string; readonly word: string } {
  if (notReady !== undefined) return { looks: "bad", word: "not ready" };
  if (config.refusedMs !== undefined) return { looks: "warn", word: "ready, reload refused" };
  return { looks: "good", word: "ready" };
}

function badge(status: Status): Html {
  const { looks, word } = stateOf(status);
  return html`<span class="state ${looks}">${word}</span>`;
}

function notReady({ notReady }: Status): Html | undefined {
  if (notReady === undefined) return undefined;
  return html`<p class="banner bad" role="alert"><b>Not ready:</b> ${notReady}.</p>`;
}

function reloadRefused({ config }: Status): Html | undefined {
  if (config.refusedMs === undefined) return undefined;
  return html`<div class="banner warn" role="alert">
    <p><b>The files are not in force:</b> they were refused, and the configuration before stays.</p>
    ${reasons(config)}
  </div>`;
}

const PAUSE = html`refreshes every ${REFRESH_SECONDS} s · <a href="/?refresh=off">Pause</a>`;
const RESUME = html`does not refresh · <a href="/">Resume</a>`;
const ALL_CONFIGURED = html`<p class="empty">
  All keys are in the configuration, and no issuer of tokens is trusted.
</p>`;

/** A shield, drawn for both colour schemes. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#2f6fb0" d="M16 2 4 6v9c0 8 5 13 12 15 7-2 12-7 12-15V6z"/><path fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" d="m10 16 4.500 4.500L22 12"/></svg>
`;
