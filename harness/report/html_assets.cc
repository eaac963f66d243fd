// SPDX-License-Identifier: MIT
#include "harness/report/html_assets.h"

namespace procmark::report {

const char* const kHtmlStyle = R"css(
:root {
  color-scheme: light dark;
  --bg: #fbfbfa; --card: #ffffff; --ink: #1c1f23; --soft: #5b636d; --line: #e1e4e8;
  --stripe: #f5f6f7; --accent: #0b63b0; --bad: #b3261e; --badbg: #fce8e6; --good: #1d6f42;
  --goodbg: #e4f4ea; --warn: #8a5a00; --warnbg: #fdf1d8; --dull: #5b636d; --dullbg: #eceff1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #14171a; --card: #1b1f24; --ink: #e4e7ea; --soft: #9aa4af; --line: #30363d;
    --stripe: #20252b; --accent: #6cb2f5; --bad: #ff8a80; --badbg: #43201f; --good: #7ad19a;
    --goodbg: #173323; --warn: #f2c468; --warnbg: #3a2e14; --dull: #9aa4af; --dullbg: #272d34;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
header, main, footer { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
h1 { font-size: 26px; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 19px; margin: 40px 0 10px; padding-top: 12px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 22px 0 8px; }
p { margin: 6px 0; }
a { color: var(--accent); }
code, pre, td.num, td.name, td.code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
code, pre, td.name, td.code { font-size: 13px; }
.soft { color: var(--soft); }
.headline { font-size: 17px; margin: 10px 0 0; }
nav { margin: 14px 0 0; display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 14px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 12px;
  margin: 20px 0 8px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 10px 14px; }
.tile b { display: block; font-size: 24px; font-weight: 600; line-height: 1.2; }
.tile span { color: var(--soft); font-size: 13px; }
.tile.bad b { color: var(--bad); } .tile.warn b { color: var(--warn); }
.tile.good b { color: var(--good); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { padding: 5px 12px; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th { font-weight: 600; color: var(--soft); font-size: 12.5px; background: var(--stripe);
  white-space: nowrap; }
td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.num { font-size: 13px; }
td.name { white-space: nowrap; }
td.plot { white-space: nowrap; }
td.prose { min-width: 20em; } td.prose, p.prose { white-space: pre-line; }
td.code { white-space: pre-wrap; overflow-wrap: anywhere; }
.pill { display: inline-block; padding: 0 9px; border-radius: 10px; font-size: 12.5px;
  font-weight: 600; line-height: 20px; white-space: nowrap; }
.bad { color: var(--bad); } .pill.bad { background: var(--badbg); }
.good { color: var(--good); } .pill.good { background: var(--goodbg); }
.warn { color: var(--warn); } .pill.warn { background: var(--warnbg); }
.dull { color: var(--dull); } .pill.dull { background: var(--dullbg); }
pre { background: var(--stripe); border: 1px solid var(--line); border-radius: 6px;
  padding: 10px 12px; overflow-x: auto; margin: 6px 0; white-space: pre-wrap;
  overflow-wrap: anywhere; }
details { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  margin: 8px 0; padding: 6px 14px; }
details[open] { padding-bottom: 14px; }
summary { cursor: pointer; padding: 3px 0; }
details .scroll { margin-top: 8px; }
.record { background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  padding: 8px 14px; margin: 10px 0; }
.charts { display: grid; grid-template-columns: 3fr 2fr; gap: 20px; }
.charts > div { position: relative; height: 280px; min-width: 0; }
@media (max-width: 800px) { .charts { grid-template-columns: 1fr; } }
.forest { vertical-align: middle; margin-right: 8px; }
.forest .axis { stroke: var(--line); } .forest .zero { stroke: var(--soft); }
.forest .band { fill: var(--dullbg); }
.forest line.bad, .forest circle.bad { stroke: var(--bad); fill: var(--bad); }
.forest line.good, .forest circle.good { stroke: var(--good); fill: var(--good); }
.forest line.warn, .forest circle.warn { stroke: var(--warn); fill: var(--warn); }
.forest line.dull, .forest circle.dull { stroke: var(--dull); fill: var(--dull); }
ul { padding-left: 20px; margin: 6px 0; }
footer { padding: 32px 24px 48px; color: var(--soft); font-size: 13px; }
@media print { details { break-inside: avoid; } nav { display: none; } }
)css";

const char* const kHtmlScript = R"js(
(function () {
  "use strict";
  if (typeof Chart === "undefined") return;
  var data = JSON.parse(document.getElementById("samples-data").textContent);
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var light_colours = ["#0b63b0", "#c2571a", "#1d7a46", "#8a3fa0", "#9c2b4a", "#55707f"];
  var dark_colours = ["#6cb2f5", "#f0a06a", "#79d19b", "#cf97e0", "#f08ca8", "#a6bdc9"];
  function style(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
  function number(value) {
    return value.toLocaleString("en", { maximumFractionDigits: value >= 1000 ? 0 : 2 });
  }
  function axis(text) {
    return { title: { display: text !== "", text: text, color: style("--soft") },
             ticks: { color: style("--soft") }, grid: { color: style("--line") } };
  }
  function colour(index) {
    var colours = dark.matches ? dark_colours : light_colours;
    return colours[index % colours.length];
  }
  // Samples by slice. Samples above the 99th percentile are drawn at the upper edge.
  function strip(entry) {
    var top = Math.max.apply(null, entry.cells.map(function (cell) { return cell.p99; })) * 1.08;
    var sets = entry.cells.map(function (cell, index) {
      var points = [];
      cell.points.forEach(function (slice) {
        slice.values.forEach(function (value, i) {
          var shift = entry.cells.length > 1 ? (index + 0.5) / entry.cells.length - 0.5 : 0;
          var jitter = (((i * 7) % 16) / 16 - 0.5) * 0.6 / entry.cells.length;
          points.push({ x: slice.slice + shift * 0.8 + jitter, y: Math.min(value, top),
                        value: value, slice: slice.slice, sample: i });
        });
      });
      return { label: cell.cell, data: points, backgroundColor: colour(index) + "99",
               borderWidth: 0, pointRadius: points.length > 800 ? 1.3 : 2,
               pointStyle: points.map(function (p) {
                 return p.value > top ? "triangle" : "circle"; }) };
    });
    var y = axis(entry.unit + " per operation");
    y.max = top;
    y.ticks.includeBounds = false;
    var x = axis("slice");
    var last = Math.max.apply(null, entry.cells.map(function (cell) {
      return Math.max.apply(null, cell.points.map(function (slice) { return slice.slice; })); }));
    x.min = -0.6;
    x.max = last + 0.6;
    x.afterBuildTicks = function (scale) {
      scale.ticks = scale.ticks.filter(function (tick) {
        return tick.value >= 0 && Number.isInteger(tick.value); });
    };
    return { type: "scatter", data: { datasets: sets }, options: {
      animation: false, maintainAspectRatio: false, scales: { x: x, y: y },
      plugins: { legend: { labels: { color: style("--ink"), boxWidth: 10 } }, tooltip: { callbacks: {
        label: function (item) {
          var point = item.raw;
          return item.dataset.label + ", slice " + point.slice + ", sample " + point.sample + ": " +
                 number(point.value) + " " + entry.unit;
        } } } } } };
  }
  // One bar from minimum to p90 for each cell, with q25 and median marked.
  function cells(entry) {
    var labels = entry.cells.map(function (cell) { return cell.cell; });
    var x = axis(entry.unit + " per operation");
    x.beginAtZero = false;
    x.ticks.maxTicksLimit = 5;
    function dots(key, label, shape) {
      return { type: "line", label: label, showLine: false, pointStyle: shape, pointRadius: 5,
               borderColor: style("--ink"), backgroundColor: style("--ink"),
               data: entry.cells.map(function (cell) { return cell[key]; }) };
    }
    return { type: "bar", data: { labels: labels, datasets: [
      dots("q25", "q25", "circle"), dots("median", "median", "line"),
      { label: "min to p90", barPercentage: 0.5, maxBarThickness: 28,
        backgroundColor: entry.cells.map(function (c, i) { return colour(i) + "66"; }),
        data: entry.cells.map(function (cell) { return [cell.min, cell.p90]; }) } ] },
      options: { animation: false, indexAxis: "y", maintainAspectRatio: false,
        scales: { x: x, y: axis("") },
        plugins: { legend: { labels: { color: style("--ink"), boxWidth: 7, boxHeight: 7, usePointStyle: true } },
          tooltip: { callbacks: { label: function (item) {
            var raw = item.raw;
            return item.dataset.label + ": " + (Array.isArray(raw) ?
              number(raw[0]) + " to " + number(raw[1]) : number(raw)) + " " + entry.unit;
          } } } } } };
  }
  var drawn = {};
  function draw(index) {
    (drawn[index] || []).forEach(function (chart) { chart.destroy(); });
    drawn[index] = [new Chart(document.getElementById("strip" + index), strip(data[index])),
                    new Chart(document.getElementById("cells" + index), cells(data[index]))];
  }
  document.querySelectorAll("details[data-chart]").forEach(function (details) {
    var index = Number(details.dataset.chart);
    function show() { if (details.open && !drawn[index]) draw(index); }
    details.addEventListener("toggle", show);
    show();
  });
  dark.addEventListener("change", function () { Object.keys(drawn).forEach(draw); });
})();
)js";

}  // namespace procmark::report
