import type { RecentDenial, RecentFailure } from "../observe/recent-requests.ts";
import { countText, dateTime, iso } from "./format.ts";
import { html, type Html } from "./html.ts";

type Request = RecentDenial | RecentFailure;

/** The cells of a request's row: who asked, what for, and what became of it. */
export type RequestCells = readonly [who: Html, what: Html, outcome: Html, request: Html];

/**
 * The requests shown at once: the parts below the table should be found without going through a
 * hundred of them.
 */
const SHOWN_AT_ONCE = 10;

/**
 * Returns requests as a table, which becomes a list of cards if the window is narrow. `outcome`:
 * the heading of that column.
 */
export function requestTable<T extends Request>(
  requests: readonly T[],
  outcome: string,
  cellsOf: (request: T) => RequestCells,
): Html {
  const columns = ["Time (UTC)", "Who", "What", outcome, "Request"];
  const table = (shown: readonly T[]): Html =>
    tableOf(
      columns,
      shown.map((request) => [time(request), ...cellsOf(request)]),
    );
  const more = requests.slice(SHOWN_AT_ONCE);
  return html`${table(requests.slice(0, SHOWN_AT_ONCE))}
  ${
    more.length === 0
      ? undefined
      : html`<details>
          <summary>${countText(more.length)} more</summary>
          ${table(more)}
        </details>`
  }`;
}

function tableOf(columns: readonly string[], rows: readonly (readonly Html[])[]): Html {
  // Without the roles it would be no table any more where the style makes cards of its rows.
  return html`<table class="requests" role="table">
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (cells) =>
          html`<tr role="row">
            ${cells.map((cell, i) => html`<td role="cell" data-name="${columns[i]}"><div>${cell}</div></td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function time({ timeMs }: Request): Html {
  const [day, clock] = dateTime(timeMs).split(" ");
  return html`<time datetime="${iso(timeMs)}">${clock}${mutedLine(day)}</time>`;
}

/** Returns the text of a sender; `name`: its name. */
export function who({ accessKeyId, sourceAddress }: Request, name: string): Html {
  return html`<b>${name}</b>
    ${accessKeyId === undefined ? undefined : html`<code class="line">${accessKeyId}</code>`}
    ${mutedLine(sourceAddress ?? "address unknown")}`;
}

export function what({ method, operation, bucket, key, versionId }: Request): Html {
  const name = operation === "Unknown" ? `${method}, no S3 operation` : operation;
  const path = key === undefined ? bucket : `${bucket}/${key}`;
  return html`<span>${name}</span>
    ${path === undefined ? undefined : html`<code class="path">${path}</code>`}
    ${mutedLine(versionId && `version ${versionId}`)}`;
}

/** Returns `account` or `account:subuser`; `undefined` if nobody was proved. */
export function nameOfHolder({ account, subuser }: Request): string | undefined {
  return subuser === undefined ? account : `${account}:${subuser}`;
}

export function mutedLine(text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<span class="line muted">${text}</span>`;
}
