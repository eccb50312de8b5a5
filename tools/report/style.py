"""How the page looks: on a light and on a dark screen, and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --quiet: #5d6875; --paper: #f3f5f8; --card: #ffffff;
  --line: #dfe4ea; --accent: #2f6fc0; --warn: #9a5b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --quiet: #9aa6b4; --paper: #14181e;
  --card: #1c222b; --line: #303947; --accent: #7db2f5; --warn: #f0b45c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 40px; }
h1 { font-size: 27px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 20px; margin: 0; }
h3 { font-size: 13px; font-weight: 600; margin: 0 0 10px; color: var(--quiet); }
p { margin: 4px 0; }
a { color: var(--accent); }
.quiet, footer { color: var(--quiet); font-size: 13.5px; }
.remark { color: var(--warn); margin-top: 12px; }
nav { margin-top: 10px; display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 14px; }
section { margin-top: 30px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px;
  margin-top: 14px; overflow: hidden; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(118px, 1fr)); gap: 12px;
  margin-top: 18px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
.tile b { display: block; font-size: 28px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--quiet); font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 6px 7px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--quiet); font-weight: 600; font-size: 12.5px; white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr:last-child td { border-bottom: 0; }
tr.all td { font-weight: 650; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; }
.pair .card { min-width: 0; }
.shape { position: relative; max-height: 620px; margin: 0 auto; max-width: 100%; }
.shape > div { position: absolute; inset: 0; }
video { display: block; width: 100%; border-radius: 6px; background: #000; }
footer { margin-top: 30px; border-top: 1px solid var(--line); padding-top: 14px; }
.xtick text, .ytick text, .x2tick text, .y2tick text, .g-xtitle text, .g-x2title text, .g-ytitle text,
  .g-y2title text, .legendtext, .annotation-text { fill: var(--ink) !important; }
@media screen and (max-width: 760px) { .pair { grid-template-columns: 1fr; } }
@media print {
  @page { size: A4; margin: 10mm; }
  :root { color-scheme: light; --ink: #000; --quiet: #444; --paper: #fff; --card: #fff; --line: #ccc; }
  main { padding: 0; width: 1080px; zoom: 0.66; }
  nav, .video { display: none; }
  .card, .tile { break-inside: avoid; }
}
"""
