import type { Minute } from "../observe/recent.ts";
import { countText, hourMinute } from "./format.ts";
import { html, type Html } from "./html.ts";

/** A colour of a chart: the count it shows, and the class of the style that paints it. */
export type Series = {
  readonly name: string;
  readonly paint: string;
  readonly of: (minute: Minute) => number;
};

/** The height of a chart's drawing, in units of its own. */
const HEIGHT = 100;
/** A bar's share of its minute. */
const BAR_WIDTH = 0.8;
/** The least height of a bar: a count is visible, however much more there was in another minute. */
const BAR_HEIGHT_MIN = 1.5;

/**
 * Returns stacked bars, one a minute, the first series at the bottom; with a legend and the
 * numbers.
 */
export function chart(title: string, minutes: readonly Minute[], series: readonly Series[]): Html {
  const highest = Math.max(...minutes.map((minute) => total(minute, series)));
  const sums = series.map(({ name, paint, of }) => ({
    name,
    paint,
    sum: minutes.reduce((sum, minute) => sum + of(minute), 0),
  }));
  const told = sums.map(({ name, sum }) => `${name} ${countText(sum)}`).join(", ");
  return html`<figure class="chart">
    <figcaption>
      ${title} <span class="muted">per minute, highest ${countText(highest)}</span>
    </figcaption>
    <ul class="legend">
      ${sums.map(
        ({ name, paint, sum }) =>
          html`<li><span class="swatch ${paint}"></span>${name} <b>${countText(sum)}</b></li>`,
      )}
    </ul>
    ${bars(minutes, series, highest, `${title} of the last hour: ${told}`)}
    <div class="axis muted" aria-hidden="true">
      <span>${hourMinute(minutes[0]?.startMs ?? 0)}</span>
      <span>${hourMinute(minutes[30]?.startMs ?? 0)}</span>
      <span>${hourMinute(minutes.at(-1)?.startMs ?? 0)} UTC</span>
    </div>
    ${numbers(title, minutes, series)}
  </figure>`;
}

/** The bars alone; `highest`: what fills the height. */
export function bars(
  minutes: readonly Minute[],
  series: readonly Series[],
  highest: number,
  label: string,
): Html {
  return html`<svg
    class="bars"
    viewBox="0 0 ${minutes.length} ${HEIGHT}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${label}"
  >
    ${minutes.map((minute, i) => bar(minute, i, series, highest))}
  </svg>`;
}

function bar(minute: Minute, x: number, series: readonly Series[], highest: number): Html {
  const shown = series.filter(({ of }) => of(minute) > 0);
  if (shown.length === 0) return html``;
  let top = HEIGHT;
  const pieces = shown.map(({ paint, of }) => {
    const height = Math.max((HEIGHT * of(minute)) / highest, BAR_HEIGHT_MIN);
    top -= height;
    return html`<rect
      class="${paint}"
      x="${x + (1 - BAR_WIDTH) / 2}"
      y="${round(Math.max(top, 0))}"
      width="${BAR_WIDTH}"
      height="${round(height)}"
    />`;
  });
  const said = shown.map(({ name, of }) => `${name} ${countText(of(minute))}`).join(", ");
  return html`<g><title>${hourMinute(minute.startMs)} UTC: ${said}</title>${pieces}</g>`;
}

/** The same for who cannot see it, or wants it exactly. Minutes without anything are left out. */
function numbers(title: string, minutes: readonly Minute[], series: readonly Series[]): Html {
  const busy = minutes.filter((minute) => total(minute, series) > 0).toReversed();
  return html`<details>
    <summary>Numbers</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="${title} in numbers">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Minute (UTC)</th>
            ${series.map(({ name }) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${busy.map(
            (minute) =>
              html`<tr>
                <th scope="row">${hourMinute(minute.startMs)}</th>
                ${series.map(({ of }) => html`<td>${countText(of(minute))}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

function total(minute: Minute, series: readonly Series[]): number {
  return series.reduce((sum, { of }) => sum + of(minute), 0);
}

function round(number: number): string {
  return number.toFixed(2);
}
