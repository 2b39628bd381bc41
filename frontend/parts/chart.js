// Charts drawn from the very table that is beside them: bars, columns by month, lines. The table is the accessible form.

import { fill, h, svg } from "../lib/dom.js";
import { number } from "../lib/format.js";
import { t } from "../lib/strings.js";

const SPACE = { start: 44, foot: 24, head: 8, bar: 30, tail: 64, letter: 6.7 };
const NARROWEST = 54;

/**
 * A figure with its heading, plot, key and table.
 *
 * `columns` are `{ label, isSeries, write }` after the first, which `rowLabel` names; the plot draws those with
 * `isSeries`. `rows` are `{ label, short, href, values }`: a value is a number or null, `write` makes its text. `kind` is
 * bars, columns or line. `note` and `extra` stand beside the heading.
 */
export function chart({ title, kind, rowLabel, columns, rows, level = "h2", note = null, extra = null }) {
  const drawn = columns.map((column, at) => ({ ...column, at })).filter((column) => column.isSeries ?? true);
  const series = kind === "bars" ? drawn.slice(0, 1) : drawn;
  const table = tableOf({ title, rowLabel, columns, rows });
  const plot = h("div.plot");
  if (kind === "bars") plot.style.setProperty("block-size", `${Math.max(3, rows.length) * SPACE.bar}px`);
  const figure = h(
    "figure.chart",
    h("figcaption", h(level, title), series.length > 1 && key(series), note && h("p.soft.small", note), extra),
    plot,
    h("div.scroll.figures", { tabindex: "0", role: "region", "aria-label": t("charts.table_of", { title }) }, table),
  );
  const marks = rows.map(() => []);
  watch(plot, (width, height) => {
    for (const list of marks) list.length = 0;
    fill(plot, draw({ kind, table, series, width, height, marks }));
  });
  light(table, plot, marks);
  return figure;
}

const key = (series) => h("ul.key", { "aria-hidden": "true" }, series.map(({ label }, at) => h("li", h(`i.s${at}`), label)));

function tableOf({ title, rowLabel, columns, rows }) {
  const head = h("tr", h("th", { scope: "col" }, rowLabel), columns.map(({ label }) => h("th.num", { scope: "col" }, label)));
  const cell = (value, { write = number }) => h("td.num", { "data-n": value ?? "" }, value === null || value === undefined ? "–" : write(value));
  const line = ({ label, short, href, values }) =>
    h("tr", h("th", { scope: "row", "data-short": short }, href ? h("a", { href, dir: "auto" }, label) : h("span", { dir: "auto" }, label)), values.map((value, at) => cell(value, columns[at])));
  return h("table", h("caption.vh", title), h("thead", head), h("tbody", rows.map(line)));
}

/** Draw once the plot has a size, and again whenever it has another. */
function watch(plot, act) {
  const observer = new ResizeObserver(([{ contentRect: { width, height } }]) => {
    if (!plot.isConnected) observer.disconnect();
    else if (width > 0) act(Math.floor(width), Math.floor(height));
  });
  observer.observe(plot);
}

/** A row and its marks light up together, whichever the pointer is on. */
function light(table, plot, marks) {
  const rows = [...table.tBodies[0].rows];
  const set = (at, isOn) => {
    rows[at]?.toggleAttribute("data-on", isOn);
    for (const mark of marks[at] ?? []) mark.classList.toggle("on", isOn);
  };
  rows.forEach((row, at) => {
    row.addEventListener("pointerenter", () => set(at, true));
    row.addEventListener("pointerleave", () => set(at, false));
  });
  for (const [event, isOn] of [["pointerover", true], ["pointerout", false]]) {
    plot.addEventListener(event, ({ target }) => target.dataset?.row && set(Number(target.dataset.row), isOn));
  }
}

function draw({ kind, table, series, width, height, marks }) {
  const rows = [...table.tBodies[0].rows].map((row) => ({
    label: row.cells[0].textContent,
    short: row.cells[0].dataset.short ?? row.cells[0].textContent,
    values: series.map(({ at }) => Number(row.cells[at + 1].dataset.n) || 0),
    text: row.cells[(series[0]?.at ?? 0) + 1].textContent,
  }));
  const isMirrored = document.documentElement.dir === "rtl";
  const flip = (x, wide = 0) => (isMirrored ? width - x - wide : x);
  const parts = (kind === "bars" ? bars : axes)({ kind, rows, series, width, height, flip, mark: (at, element) => {
    element.dataset.row = at;
    marks[at].push(element);
    return element;
  } });
  return svg("svg", { width, height, role: "img", "aria-label": t("charts.picture_of", { title: table.caption.textContent }) }, parts);
}

const words = (attributes, text) => svg("text", { "dominant-baseline": "central", ...attributes }, text);

function bars({ rows, width, height, flip, mark }) {
  const most = Math.max(1, ...rows.map(({ values: [value] }) => value));
  const step = height / Math.max(1, rows.length);
  const room = Math.min(width * 0.42, Math.max(...rows.map(({ short }) => short.length)) * SPACE.letter + 12);
  const span = width - room - SPACE.tail;
  return rows.map(({ short, values: [value], text }, at) => {
    const [wide, middle] = [Math.max(2, (value / most) * span), at * step + step / 2];
    return [
      words({ x: flip(0), y: middle, "text-anchor": "start" }, shortened(short, room)),
      mark(at, svg("rect", { x: flip(room, wide), y: middle - step * 0.3, width: wide, height: step * 0.6, rx: 2, class: "s0" })),
      words({ x: flip(room + wide + 8), y: middle, "text-anchor": "start", class: "value" }, text),
    ];
  });
}

function shortened(text, room) {
  const most = Math.floor((room - 12) / SPACE.letter);
  return text.length > most + 1 ? `${text.slice(0, Math.max(1, most - 1)).trimEnd()}…` : text;
}

/** The step between two lines of the grid: 1, 2, 2.5 or 5 times a power of ten, and never with a fraction. */
function unitOf(most) {
  const power = 10 ** Math.floor(Math.log10(most / 4 || 1));
  const steps = power < 10 ? [1, 2, 5, 10] : [1, 2, 2.5, 5, 10];
  return Math.max(1, steps.map((each) => each * power).find((each) => each >= most / 4));
}

function axes({ kind, rows, series, width, height, flip, mark }) {
  const most = Math.max(1, ...rows.flatMap(({ values }) => values));
  const unit = unitOf(most);
  const lines = Math.max(1, Math.ceil(most / unit));
  const [span, deep] = [width - SPACE.start - 4, height - SPACE.foot - SPACE.head];
  const y = (value) => SPACE.head + deep - (value / (unit * lines)) * deep;
  const step = span / Math.max(1, rows.length);
  const x = (at) => SPACE.start + step * (at + 0.5);
  const every = Math.max(1, Math.ceil(NARROWEST / step));
  const compact = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" });
  const place = { rows, x, y, step, flip, mark, count: series.length };
  return [
    Array.from({ length: lines + 1 }, (_, at) => [
      svg("line", { x1: flip(SPACE.start), x2: flip(width), y1: y(unit * at), y2: y(unit * at), class: at ? "grid" : "axis" }),
      words({ x: flip(SPACE.start - 8), y: y(unit * at), class: "tick-label", "text-anchor": "end" }, compact.format(unit * at)),
    ]),
    rows.map(({ short }, at) => at % every === 0 && svg("text", { x: flip(x(at)), y: height - 6, class: "tick-label", "text-anchor": "middle" }, short)),
    series.map((_, at) => (kind === "line" ? line : columns)(at, place)),
  ];
}

function line(of, { rows, x, y, flip, mark }) {
  const points = rows.map(({ values }, at) => `${flip(x(at))},${y(values[of])}`);
  const ends = [`${flip(x(0))},${y(0)}`, `${flip(x(rows.length - 1))},${y(0)}`];
  const radius = rows.length > 60 ? 2 : 3.5;
  return [
    of === 0 && svg("polygon", { class: "area", points: [ends[0], ...points, ends[1]].join(" ") }),
    svg("polyline", { class: `l${of}`, points: points.join(" ") }),
    rows.map(({ values }, at) => mark(at, svg("circle", { cx: flip(x(at)), cy: y(values[of]), r: radius, class: `s${of}` }))),
  ];
}

function columns(of, { rows, x, y, step, flip, mark, count }) {
  const each = (step * 0.68) / count;
  return rows.map(({ values }, at) => {
    const [from, top] = [x(at) - step * 0.34 + each * of, Math.min(y(values[of]), y(0) - 1)];
    const wide = Math.max(1, each - 1);
    return mark(at, svg("rect", { x: flip(from, wide), y: top, width: wide, height: Math.max(1, y(0) - top), rx: 1, class: `s${of}` }));
  });
}
