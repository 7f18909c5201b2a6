import type { Explanation } from "../explain/explain.ts";
import type { ExplainQuestion } from "../explain/request.ts";
import type { Result } from "../lib/result.ts";
import { html, type Html } from "./html.ts";
import { commandOf } from "./question.ts";

/** A question and its answer; the error is a sentence about the question. */
export type Explained = {
  readonly question: ExplainQuestion;
  readonly answer: Result<Explanation, string>;
};

/**
 * Returns a link to the form, on a page that refreshes itself: the page would lose what is being
 * written.
 */
export function askLink(): Html {
  return html`<p class="muted">
    What would become of a request, decided by the very code that serves clients:
    <a href="/?refresh=off#explain">ask about a request</a>. Each denial above has a link that asks
    about it.
  </p>`;
}

/** Returns the form of `explain`, with the last question and its answer. */
export function explainForm(explained: Explained | undefined): Html {
  return html`<p class="muted">
      What would become of a request: it is signed here with the identity's own key and put through
      the very code that serves clients. Nothing is sent to the store. What you write here becomes
      part of this page's address.
    </p>
    ${explained === undefined ? undefined : answerOf(explained)}
    ${formOf(explained?.question ?? {})}`;
}

function formOf(question: ExplainQuestion): Html {
  const { as, anonymous, ip, at, request, action, resource, header = [] } = question;
  return html`<form method="get" action="/#explain">
    <fieldset>
      <legend>Who</legend>
      ${field("as", "Identity", as, { hint: "lab, lab:reader or a key id", size: "m" })}
      <label class="check">
        <input type="checkbox" name="anonymous" ${anonymous === true ? html`checked` : undefined} />
        Anonymous
      </label>
      ${field("ip", "Source address", ip, { hint: "198.51.100.7", size: "m" })}
      ${field("at", "Time, if not now", at, { hint: "2026-11-22T12:00:00Z", size: "m" })}
    </fieldset>
    <fieldset>
      <legend>What</legend>
      ${field("request", "Request", request, { hint: "PUT /bucket/key?acl", size: "xl" })}
      <p class="or muted">or, for one permission alone</p>
      ${field("action", "Action", action, { hint: "s3:GetObject", size: "l" })}
      ${field("resource", "Resource", resource, { hint: "arn:aws:s3:::bucket/key", size: "l" })}
      <div class="field xl">
        <label for="header">Headers, one a line</label>
        <textarea
          id="header"
          name="header"
          rows="2"
          spellcheck="false"
          placeholder="x-amz-acl: private"
        >
${header.map((line) => html`${line}&#10;`)}</textarea>
      </div>
    </fieldset>
    <button type="submit">Explain</button>
  </form>`;
}

function field(
  name: string,
  label: string,
  value: string | undefined,
  { hint, size }: { readonly hint: string; readonly size: "m" | "l" | "xl" },
): Html {
  return html`<div class="field ${size}">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      value="${value}"
      placeholder="${hint}"
      autocomplete="off"
      autocapitalize="none"
      spellcheck="false"
    />
  </div>`;
}

function answerOf({ question, answer }: Explained): Html {
  const command = html`<details>
    <summary>The same on the command line</summary>
    <pre tabindex="0"><code>${commandOf(question)}</code></pre>
  </details>`;
  if (!answer.ok) {
    return html`<div class="answer wrong" role="status">
      <p><b>Cannot say.</b> ${answer.error}.</p>
    </div>`;
  }
  const { decision, operation, identity, code, message, detail, note, asks, gates } = answer.value;
  const { looks, word } = DECISIONS[decision];
  return html`<div class="answer ${looks}" role="status">
    <p class="verdict">
      <b>${word}</b> ${code === undefined ? undefined : html`<code>${code}</code>`}
    </p>
    ${message === undefined ? undefined : html`<p>${message}</p>`}
    ${detail === undefined ? undefined : html`<p>${detail}</p>`}
    ${note === undefined ? undefined : html`<p>${note}.</p>`}
    <dl class="facts">
      <div>
        <dt>Operation</dt>
        <dd>${operation}</dd>
      </div>
      <div>
        <dt>As</dt>
        <dd>${identity}</dd>
      </div>
      ${asks.map(
        ({ action, resource, allowedBy }) =>
          html`<div>
            <dt>Needs</dt>
            <dd>
              <code>${action}</code> on <code>${resource}</code>
              <span class="muted">(allowed by ${allowedBy ?? "nothing"})</span>
            </dd>
          </div>`,
      )}
    </dl>
    ${gateTable(gates)} ${command}
  </div>`;
}

const DECISIONS = {
  allow: { looks: "allowed", word: "Allowed" },
  deny: { looks: "denied", word: "Denied" },
  undecided: { looks: "wrong", word: "Undecided" },
} as const;

/**
 * Returns the table of gates. The first one that refuses decides; the results of later ones are
 * shown as well.
 */
function gateTable(gates: Explanation["gates"]): Html {
  const first = gates.findIndex(({ outcome }) => outcome === "refused");
  return html`<table class="trace">
    <thead>
      <tr>
        <th scope="col">Gate</th>
        <th scope="col">Outcome</th>
      </tr>
    </thead>
    <tbody>
      ${gates.map(
        ({ gate, outcome, rule }, i) =>
          html`<tr class="${outcome} ${i === first ? "decides" : ""}">
            <th scope="row"><code>${gate}</code></th>
            <td>${outcome === "passed" ? "✓ passed" : "✗ refused"} <span>${rule}</span></td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
