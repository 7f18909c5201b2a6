import { REFUSERS, type Refuser } from "../observe/recent-requests.ts";
import { OUTCOMES } from "../observe/record.ts";
import type { Minute } from "../observe/recent.ts";
import { bars, chart, type Series } from "./chart.ts";
import { bytes, countText, milliseconds, percent } from "./format.ts";
import { html, type Html } from "./html.ts";

const OUTCOME_SERIES: readonly Series[] = [
  {
    name: "served",
    paint: "served",
    of: ({ outcomes }) => outcomes.forwarded + outcomes.answered,
  },
  { name: "refused", paint: "refused", of: ({ outcomes }) => outcomes.refused },
  {
    name: "failed",
    paint: "failed",
    of: ({ outcomes }) => outcomes.failed + outcomes.gateway_fault,
  },
  { name: "aborted", paint: "aborted", of: ({ outcomes }) => outcomes.aborted },
];

const ERROR_SERIES: readonly Series[] = [
  { name: "4xx", paint: "refused", of: ({ clientErrors }) => clientErrors },
  { name: "5xx", paint: "failed", of: ({ serverErrors }) => serverErrors },
];

/** The hour at a glance. */
export function totals(minutes: readonly Minute[]): Html {
  const sum = (of: (minute: Minute) => number): number =>
    minutes.reduce((before, minute) => before + of(minute), 0);
  const requests = sum(requestsOf);
  const refused = sum(denialsOf);
  const failed = sum(({ serverErrors }) => serverErrors);
  const answers = sum(({ storeAnswers }) => storeAnswers);
  const mean = sum(({ storeMs }) => storeMs) / answers;
  return html`<dl class="tiles">
    ${tile("Requests", countText(requests), "in the last hour")}
    ${tile("Denials", countText(refused), `${percent(refused, requests)} of the requests`)}
    ${tile("Server errors", countText(failed), `${percent(failed, requests)} of the requests`)}
    ${tile("Uploaded", bytes(sum(({ bytesIn }) => bytesIn)), "from clients")}
    ${tile("Downloaded", bytes(sum(({ bytesOut }) => bytesOut)), "to clients")}
    ${tile("Store answers after", answers === 0 ? "–" : milliseconds(mean), "on average")}
  </dl>`;
}

function tile(name: string, value: string, more: string): Html {
  return html`<div class="tile">
    <dt>${name}</dt>
    <dd><b>${value}</b><span class="muted">${more}</span></dd>
  </div>`;
}

/** Requests and errors, minute by minute. */
export function traffic(minutes: readonly Minute[]): Html {
  const busy = minutes.some((minute) => requestsOf(minute) > 0);
  if (!busy) return html`<p class="empty">No requests in the last hour.</p>`;
  return html`<div class="charts">
    ${chart("Requests", minutes, OUTCOME_SERIES)} ${chart("Errors", minutes, ERROR_SERIES)}
  </div>`;
}

/** Returns each gate that refused anything, in the order of decision. */
export function denialsByGate(minutes: readonly Minute[]): Html {
  const gates = REFUSERS.map((gate) => ({ gate, series: seriesOf(gate) }))
    .map((one) => ({ ...one, values: minutes.map(one.series.of) }))
    .map((one) => ({ ...one, sum: one.values.reduce((a, b) => a + b, 0) }))
    .filter(({ sum }) => sum > 0);
  const all = gates.reduce((before, { sum }) => before + sum, 0);
  if (all === 0) return html`<p class="empty">No denials in the last hour.</p>`;
  return html`<table class="gates">
    <thead>
      <tr>
        <th scope="col">Gate</th>
        <th scope="col" class="number">Denials</th>
        <th scope="col" class="number">Share</th>
        <th scope="col" class="wide">Last hour</th>
      </tr>
    </thead>
    <tbody>
      ${gates.map(
        ({ gate, series, values, sum }) =>
          html`<tr>
            <th scope="row"><code>${gate}</code></th>
            <td class="number">${countText(sum)}</td>
            <td class="number">${percent(sum, all)}</td>
            <td class="wide">
              ${bars(minutes, [series], Math.max(...values), `${gate}: ${countText(sum)} in the last hour`)}
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function seriesOf(gate: Refuser): Series {
  return { name: gate, paint: "refused", of: ({ denials }) => denials[gate] ?? 0 };
}

function requestsOf({ outcomes }: Minute): number {
  return OUTCOMES.reduce((sum, outcome) => sum + outcomes[outcome], 0);
}

function denialsOf({ denials }: Minute): number {
  return REFUSERS.reduce((sum, gate) => sum + (denials[gate] ?? 0), 0);
}
