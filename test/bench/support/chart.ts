import { GATEWAY, PEERS, SYSTEM_NAMES, type CellName, type SystemName } from "./cells.ts";
import { rowOf } from "./aims.ts";
import type { Figures, Row } from "./figures.ts";
import { cpuPerGb } from "./report.ts";

/** Draws the chart that README shows, as SVG: three lists of bars. */

type Panel = {
  readonly title: string;
  readonly cell: CellName;
  readonly of: (row: Row) => number;
  readonly say: (value: number) => string;
};

const PANELS: readonly Panel[] = [
  {
    title: "1 KiB GET, requests per second (more is better)",
    cell: "get-small",
    of: (row) => row.requests.median,
    say: (value) => Math.round(value).toLocaleString("en-US"),
  },
  {
    title: "64 MiB GET, seconds of CPU per GB (less is better)",
    cell: "get-large",
    of: cpuPerGb,
    say: (value) => `${value.toFixed(2)} s`,
  },
  {
    title: "64 MiB PUT, seconds of CPU per GB (less is better)",
    cell: "put-large",
    of: cpuPerGb,
    say: (value) => `${value.toFixed(2)} s`,
  },
];

/**
 * The systems in the chart. The store has no proxy in front of it, and the audit log and workers
 * are figures of the gateway.
 */
const SHOWN = SYSTEM_NAMES.filter(
  (name) => name !== "the store directly" && !name.startsWith("s3warden,"),
);
const VERIFYING: ReadonlySet<SystemName> = new Set([GATEWAY, ...PEERS]);

const WIDTH = 720;
const MARGIN = 16;
/** The width of the names, left of the bars, and of the figures, right of them. */
const NAMES_WIDTH = 190;
const FIGURES_WIDTH = 80;
const TITLE_HEIGHT = 30;
const BAR_HEIGHT = 18;
const BAR_STEP = 24;
const PANEL_GAP = 18;

/** The style. Colours come in pairs, for a light and a dark page. */
const STYLE = `
    .page { fill: #ffffff; }
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; }
    .note { fill: #57606a; }
    .unchecked { fill: #afb8c1; }
    .peer { fill: #d4a72c; }
    .own { fill: #0969da; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; }
      text { fill: #e6edf3; }
      .note { fill: #8b949e; }
      .unchecked { fill: #57606a; }
      .peer { fill: #bb8009; }
      .own { fill: #388bfd; }
    }`;

type Bar = { readonly name: SystemName; readonly value: number };

/** Returns the whole file. */
export function chartOf(figures: Figures): string {
  const lines: string[] = [];
  let y = MARGIN;
  for (const panel of PANELS) {
    const bars = barsOf(figures, panel);
    if (bars.length === 0) continue;
    lines.push(`<text class="title" x="${MARGIN}" y="${y + 14}">${panel.title}</text>`);
    y += TITLE_HEIGHT;
    const most = Math.max(...bars.map(({ value }) => value));
    for (const bar of bars) {
      lines.push(...barLines(bar, panel.say(bar.value), bar.value / most, y));
      y += BAR_STEP;
    }
    y += PANEL_GAP;
  }
  lines.push(...legendLines(y));
  const height = y + BAR_HEIGHT + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    "<title>s3warden beside plain proxies and other gateways</title>",
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}" rx="6"/>`,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

function barsOf(figures: Figures, { cell, of }: Panel): readonly Bar[] {
  return SHOWN.flatMap((name) => {
    const row = rowOf(figures, cell, name);
    const value = row === undefined ? NaN : of(row);
    return Number.isNaN(value) ? [] : [{ name, value }];
  });
}

function barLines({ name }: Bar, figure: string, share: number, y: number): readonly string[] {
  const from = MARGIN + NAMES_WIDTH;
  const width = Math.max(1, Math.round((WIDTH - from - FIGURES_WIDTH - MARGIN) * share));
  const middle = y + 14;
  const weight = name === GATEWAY ? ' class="title"' : "";
  return [
    `<text${weight} x="${from - 8}" y="${middle}" text-anchor="end">${name}</text>`,
    `<rect class="${colourOf(name)}" x="${from}" y="${y}" width="${width}" height="${BAR_HEIGHT}"/>`,
    `<text${weight} x="${from + width + 6}" y="${middle}">${figure}</text>`,
  ];
}

function colourOf(name: SystemName): string {
  if (name === GATEWAY) return "own";
  return VERIFYING.has(name) ? "peer" : "unchecked";
}

function legendLines(y: number): readonly string[] {
  const entries = [
    ["unchecked", "checks nothing", 0],
    ["own", "verifies, decides, signs again", 140],
    ["peer", "verifies and signs again", 380],
  ] as const;
  return entries.flatMap(([colour, text, offset]) => {
    const x = MARGIN + offset;
    return [
      `<rect class="${colour}" x="${x}" y="${y}" width="12" height="12"/>`,
      `<text class="note" x="${x + 18}" y="${y + 11}">${text}</text>`,
    ];
  });
}
