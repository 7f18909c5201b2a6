/**
 * The one style of the page, and its two palettes. The colours of the charts are told apart with any
 * kind of colour vision; text has a contrast of 4.5 : 1 at least (WCAG 2.2, 1.4.3).
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #d9dee4; --soft: #eef1f4;
  --text: #1a2027; --muted: #56606b; --link: #1f5fa8; --focus: #1f5fa8;
  --served: #4a86c5; --refused: #d9820f; --failed: #b3202c; --aborted: #8a939d;
  --good: #136c35; --good-soft: #e1f3e7; --bad: #a11b27; --bad-soft: #fbe6e7;
  --warn: #7a4a00; --warn-soft: #fdeed3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101418; --card: #181d23; --line: #313942; --soft: #20272e;
    --text: #e7ebef; --muted: #a3adb8; --link: #82b6f0; --focus: #82b6f0;
    --served: #5b9bdd; --refused: #eba23b; --failed: #ef6b73; --aborted: #77818c;
    --good: #7fd49b; --good-soft: #17301f; --bad: #ff9aa0; --bad-soft: #3a1b1f;
    --warn: #f3c06b; --warn-soft: #38290f;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 3rem;
  background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, p, dl, dd, figure, ul { margin: 0; padding: 0; }
h1 { font-size: 1.5rem; line-height: 1.2; letter-spacing: -0.015em; }
h2 { font-size: 1.0625rem; line-height: 1.3; margin-bottom: 0.75rem; }
a { color: var(--link); text-underline-offset: 0.15em; }
a:hover { text-decoration-thickness: 2px; }
code, pre, textarea, input { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code, pre { font-size: 0.875em; }
code, .line, td, dd, tbody th { overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
.muted { color: var(--muted); }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; margin-bottom: 1.25rem; }
header p { margin-left: auto; }
nav { flex-basis: 100%; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding-top: 0.75rem; border-top: 1px solid var(--line); }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
main { display: grid; gap: 1.25rem; }
section { min-width: 0; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.columns { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); }
footer { margin-top: 1.5rem; }
.state { display: inline-block; padding: 0.05rem 0.6rem; border-radius: 1rem; font-size: 0.8125rem; font-weight: 600; white-space: nowrap; }
.good { color: var(--good); background: var(--good-soft); }
.bad { color: var(--bad); background: var(--bad-soft); }
.warn { color: var(--warn); background: var(--warn-soft); }
.banner { padding: 0.75rem 1.25rem; border-radius: 10px; overflow-wrap: anywhere; }
.reasons { margin: 0.35rem 0 0; padding-left: 1.25rem; }
.empty { padding: 1.25rem; color: var(--muted); text-align: center; background: var(--soft); border-radius: 8px; }
.tiles { display: grid; gap: 1rem; grid-template-columns: repeat(6, minmax(0, 1fr)); margin-bottom: 1.5rem; }
.tile dt { color: var(--muted); font-size: 0.875rem; }
.tile dd { display: grid; }
.tile b { font-size: 1.5rem; line-height: 1.3; font-weight: 600; letter-spacing: -0.01em; }
.tile span { font-size: 0.8125rem; }
.charts { display: grid; gap: 1.5rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
.chart { min-width: 0; }
figcaption { font-weight: 600; }
figcaption .muted { font-weight: 400; font-size: 0.875rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; margin: 0.25rem 0 0.6rem; list-style: none; font-size: 0.875rem; }
.swatch { display: inline-block; width: 0.7rem; height: 0.7rem; margin-right: 0.4rem; border-radius: 2px; }
.bars { display: block; width: 100%; height: 9rem; background: var(--soft); border-radius: 6px 6px 0 0; border-bottom: 1px solid var(--line); }
g:hover rect { opacity: 0.7; }
.axis { display: flex; justify-content: space-between; padding-top: 0.25rem; font-size: 0.8125rem; }
.served { fill: var(--served); background: var(--served); }
.refused { fill: var(--refused); }
.failed { fill: var(--failed); }
.aborted { fill: var(--aborted); }
.swatch.refused { background: var(--refused); }
.swatch.failed { background: var(--failed); }
.swatch.aborted { background: var(--aborted); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.45rem 0.75rem 0.45rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--muted); font-size: 0.8125rem; font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; }
.number { text-align: right; white-space: nowrap; }
.gates td, .gates th { vertical-align: middle; }
.gates .wide { width: 50%; padding-left: 1rem; }
.gates .bars { height: 1.75rem; border-radius: 4px; border: 0; }
.numbers { width: auto; }
.numbers th, .numbers td { padding-right: 1.5rem; text-align: right; }
.scroll { max-height: 20rem; overflow: auto; }
details { margin-top: 0.75rem; }
summary { width: fit-content; color: var(--link); cursor: pointer; font-size: 0.875rem; }
pre { margin: 0.5rem 0 0; padding: 0.75rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--soft); border-radius: 6px; }
.line { display: block; }
.requests { table-layout: fixed; }
.requests th:nth-child(1) { width: 6.25rem; }
.requests th:nth-child(2) { width: 20%; }
.requests th:nth-child(4) { width: 26%; }
.requests th:nth-child(5) { width: 10.5rem; }
.requests .id { white-space: nowrap; }
.requests code { font-size: 0.8125rem; }
.path { display: block; }
.gate { font-weight: 600; }
.note { margin-left: 0.4rem; font-size: 0.8125rem; color: var(--muted); }
.facts { display: grid; gap: 0.35rem; }
.facts > div { display: grid; grid-template-columns: minmax(6.5rem, max-content) 1fr; gap: 0.75rem; }
.facts dt { color: var(--muted); }
.facts dd { min-width: 0; }
form { display: grid; gap: 1rem; margin-top: 1rem; }
fieldset { min-width: 0; margin: 0; padding: 0; border: 0; display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); align-items: end; gap: 0.75rem 1rem; }
legend { padding: 0 0 0.35rem; font-weight: 600; }
.field { display: grid; gap: 0.2rem; min-width: 0; }
.field.m, .check { grid-column: span 3; }
.field.l { grid-column: span 6; }
.field.xl, .or { grid-column: 1 / -1; }
.field label { font-size: 0.875rem; }
input:not([type]), textarea {
  width: 100%; min-width: 0; padding: 0.45rem 0.6rem; font-size: 0.875rem; line-height: 1.5;
  color: var(--text); background: var(--page); border: 1px solid var(--muted); border-radius: 6px;
}
textarea { resize: vertical; }
::placeholder { color: var(--muted); opacity: 1; }
.check { padding-bottom: 0.5rem; }
.or { font-size: 0.875rem; }
button {
  justify-self: start; padding: 0.5rem 1.4rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--card); background: var(--link); border: 0; border-radius: 6px;
}
button:hover { opacity: 0.9; }
.answer { display: grid; gap: 0.6rem; margin-top: 1rem; padding: 1rem 1.25rem; border: 1px solid var(--line); border-left: 5px solid var(--muted); border-radius: 6px; overflow-wrap: anywhere; }
.answer.allowed { border-left-color: var(--good); }
.answer.denied, .answer.wrong { border-left-color: var(--bad); }
.verdict b { font-size: 1.25rem; }
.allowed .verdict b { color: var(--good); }
.denied .verdict b { color: var(--bad); }
.trace { width: auto; }
.trace th, .trace td { padding: 0.2rem 1.5rem 0.2rem 0; border: 0; }
.trace th { white-space: nowrap; }
.trace span { margin-left: 0.5rem; }
.trace tr.refused td { color: var(--bad); }
.trace tr.decides { font-weight: 600; }
@media (max-width: 64rem) { .tiles { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
@media (max-width: 52rem) { .field.m, .check { grid-column: span 6; } }
@media (max-width: 60rem) {
  .requests, .requests tbody, .requests tr, .requests td { display: block; width: auto; }
  .requests thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .requests tr { padding: 0.75rem 0; border-bottom: 1px solid var(--line); }
  .requests tr:last-child { border-bottom: 0; }
  .requests tbody td, .requests tbody td:nth-child(n) { display: grid; grid-template-columns: 5.5rem minmax(0, 1fr); gap: 0.75rem; width: auto; padding: 0.15rem 0; border: 0; white-space: normal; }
  .requests td::before { content: attr(data-name); color: var(--muted); font-size: 0.8125rem; }
}
@media (max-width: 36rem) {
  body { padding: 1rem 0.75rem 2rem; }
  section { padding: 1rem; }
  header p { margin-left: 0; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .gates .wide { display: none; }
  .field.m, .field.l, .check { grid-column: 1 / -1; }
  thead th { white-space: normal; }
  th, td { padding-right: 0.5rem; }
  .facts > div { grid-template-columns: 1fr; gap: 0; }
  .answer { padding: 0.75rem; }
  .trace th, .trace td { padding-right: 0.6rem; font-size: 0.875rem; }
  .trace span { display: block; margin: 0; }
}
`;
