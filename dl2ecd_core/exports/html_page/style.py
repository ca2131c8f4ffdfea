"""The page's style sheet."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #fbfaf8; --card: #ffffff; --ink: #1d2226; --soft: #59626a; --line: #e2dfd9;
  --accent: #0b6470; --wash: #eef4f4; --error: #b3261e; --warning: #8a5300; --note: #2f5f98;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181b; --card: #1c2226; --ink: #e9ecee; --soft: #a3adb5; --line: #333b41;
    --accent: #6cc5d0; --wash: #1b2a2d; --error: #ff9d94; --warning: #f1bd72; --note: #9cc4f4;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 400 1.0625rem/1.6 var(--sans); overflow-wrap: anywhere;
}
main, footer { max-width: 60rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
.strip { display: block; width: 100%; height: 0.625rem; }
header { padding: clamp(2rem, 6vw, 4rem) 0 0; }
.over {
  margin: 0 0 0.5rem; color: var(--accent); font-size: 0.8125rem; font-weight: 600;
  letter-spacing: 0.06em; text-transform: uppercase;
}
h1 {
  margin: 0; font-size: clamp(2rem, 1.4rem + 3vw, 3.25rem); line-height: 1.1; font-weight: 700;
  letter-spacing: -0.02em; text-wrap: balance;
}
.lead { margin: 0.875rem 0 0; max-width: 42rem; color: var(--soft); font-size: 1.25rem;
  line-height: 1.45; }
h2 { margin: 0 0 1.125rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -0.01em; }
h3 { margin: 0; font-size: 1.0625rem; line-height: 1.4; }
section { margin-top: clamp(2.75rem, 7vw, 4.5rem); }
p { margin: 0 0 0.75rem; max-width: 44rem; }
code, .mono { font-family: var(--mono); font-size: 0.9em; }
.soft { color: var(--soft); }
.text { white-space: pre-wrap; }

.facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1px;
  margin: 2.25rem 0 0; overflow: hidden; border: 1px solid var(--line); border-radius: 0.75rem;
  background: var(--line);
}
.facts div { padding: 0.875rem 1.125rem; background: var(--card); }
.facts dt { color: var(--soft); font-size: 0.8125rem; }
.facts dd { margin: 0; font-size: 1.1875rem; font-weight: 600; line-height: 1.35;
  font-variant-numeric: tabular-nums; }

table { width: 100%; border-collapse: collapse; text-align: start; }
caption { padding: 0 0 0.75rem; color: var(--soft); text-align: start; }
th, td { padding: 0.5rem 0.75rem; border-bottom: 1px solid var(--line); text-align: start;
  vertical-align: middle; }
thead th { padding-top: 0; color: var(--soft); font-size: 0.8125rem; font-weight: 600; }
tbody th { font-weight: 600; }
td.number, th.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:first-child, th:first-child { padding-inline-start: 0; }
.legend .swatch { display: block; width: 9rem; height: 3.25rem; }
.legend .swatch rect { stroke: var(--ink); stroke-opacity: 0.18; }
.legend .swatch text { font: 500 0.875rem var(--mono); }
.legend .none { fill: none; stroke-dasharray: 5 4; }
.legend .none + text { fill: var(--soft); }
.legend td.color { width: 9.75rem; padding-inline-end: 0.75rem; }
.legend tbody th { font-size: 1.1875rem; line-height: 1.35; }
.legend td.number, .legend th.number { width: 6rem; }
.dense td, .dense th { padding-block: 0.25rem; }
.dense .swatch { width: 6rem; height: 1.75rem; }
.dense .swatch text { font-size: 0.75rem; }
.legend .dense tbody th { font-size: 1rem; }
.legend .dense td.color { width: 6.75rem; }

.flow {
  display: flex; align-items: flex-start; justify-content: space-between; gap: 1rem;
  padding: clamp(1.25rem, 4vw, 2.25rem); border-radius: 1rem; background: var(--wash);
}
.flow > div { display: flex; flex-direction: column; gap: 1.5rem; flex: 1 1 0; min-width: 0; }
.flow > .arrow { flex: none; margin-top: 4rem; }
figure { margin: 0; text-align: center; }
figure svg { max-width: 100%; height: auto; overflow: visible; }
figcaption { margin-top: 0.75rem; line-height: 1.4; }
figcaption strong { display: block; }
figcaption span { display: block; color: var(--soft); font-size: 0.9375rem; }
.arrow path { fill: none; stroke: var(--accent); stroke-width: 2.5; stroke-linecap: round;
  stroke-linejoin: round; }
.sheet { fill: var(--card); stroke: var(--accent); stroke-opacity: 0.55; }
.pixel { fill: var(--accent); }
.cropped { fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 5 4; }
.node { fill: var(--card); stroke: var(--accent); stroke-width: 2; }
.link { stroke: var(--accent); stroke-opacity: 0.35; }

.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr));
  gap: 1rem; margin: 1.25rem 0 0; padding: 0; list-style: none; }
.cards > * { padding: 1.125rem 1.25rem; border: 1px solid var(--line); border-radius: 0.75rem;
  background: var(--card); min-width: 0; }
.cards .kind { color: var(--soft); font-size: 0.8125rem; }
dl.pairs { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 1rem;
  margin: 0.625rem 0 0; font-size: 0.9375rem; }
dl.pairs dt { color: var(--soft); }
dl.pairs dd { margin: 0; }
.files { grid-template-columns: minmax(0, 1fr); }

.keys { margin-top: 1.5rem; }
.keys tbody th { width: 12rem; font-weight: 400; }
.keys tbody td + td { width: 38%; }

.findings ul { display: grid; gap: 0.75rem; margin: 0; padding: 0; list-style: none; }
.findings li { padding: 0.875rem 1.125rem; border: 1px solid var(--line);
  border-inline-start: 0.3125rem solid var(--note); border-radius: 0.5rem;
  background: var(--card); }
.findings p { margin: 0.125rem 0 0; max-width: none; }
.findings .badge { color: var(--note); font-size: 0.8125rem; font-weight: 700; }
.findings .warning { border-inline-start-color: var(--warning); }
.findings .warning .badge { color: var(--warning); }
.findings .error { border-inline-start-color: var(--error); }
.findings .error .badge { color: var(--error); }
.findings .where { color: var(--soft); font-size: 0.875rem; }

footer { margin-top: clamp(3rem, 8vw, 5rem); padding-block: 1.5rem 3rem; color: var(--soft);
  font-size: 0.875rem; }
footer p { padding-top: 1.25rem; border-top: 1px solid var(--line); max-width: none; }

@media (max-width: 40rem) {
  body { font-size: 1rem; }
  .lead { font-size: 1.125rem; }
  .facts { grid-template-columns: 1fr 1fr; }
  .facts div { padding: 0.75rem 0.875rem; }
  .facts div:last-child:nth-child(odd) { grid-column: 1 / -1; }
  .flow { flex-direction: column; align-items: center; }
  .flow > .arrow { transform: rotate(90deg); margin: 0.375rem 0; }
  th, td { padding-inline: 0.375rem; }
  td:last-child, th:last-child { padding-inline-end: 0; }
  .legend .swatch { width: 4.75rem; height: 2.75rem; }
  .legend .swatch text { font-size: 0.6875rem; }
  .legend td.color { width: 5.25rem; padding-inline-end: 0.5rem; }
  .legend td.number, .legend th.number { width: 2.5rem; padding-inline: 0.25rem; }
  .legend tbody th { font-size: 1.0625rem; }
  dl.pairs { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dl.pairs dd { margin-bottom: 0.5rem; }
  .keys th, .keys td { display: block; border: 0; padding: 0; }
  .keys tbody th, .keys tbody td, .keys tbody td + td { width: auto; }
  .keys td + td { padding-bottom: 0.875rem; }
  .keys thead { display: none; }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --accent: #0b6470;
    --wash: #fff; --error: #b3261e; --warning: #8a5300; --note: #2f5f98;
  }
  @page { margin: 16mm; }
  svg, .facts, .findings li { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  body { font-size: 10.5pt; line-height: 1.45; }
  main, footer { max-width: none; padding: 0; }
  header { padding-top: 1rem; }
  section { margin-top: 1.75rem; }
  h2, h3 { break-after: avoid; }
  tr, figure, .cards > *, .findings li, .flow { break-inside: avoid; }
  .flow { border: 1px solid var(--line); padding: 1rem; }
  .facts dd { font-size: 0.9375rem; white-space: nowrap; }
  .legend .swatch { height: 2.25rem; }
}
"""
