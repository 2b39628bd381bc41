// Markdown as elements: marked's tokens, never its HTML. Markup that an author typed is shown as text.

import { h } from "../lib/dom.js";
import { t } from "../lib/strings.js";
import { marked } from "../vendor/marked.esm.js";

const LINKS = new Set(["http:", "https:", "mailto:"]);
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "©", reg: "®", trade: "™", hellip: "…", mdash: "—", ndash: "–", lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”", laquo: "«", raquo: "»", euro: "€", pound: "£", times: "×", divide: "÷", deg: "°", middot: "·", bull: "•", sect: "§", plusmn: "±", larr: "←", rarr: "→", minus: "−" };

/** The elements of a Markdown text. `top` is the level of its highest heading: below the heading of the page. */
export function markdown(source, top = 2) {
  let tokens;
  try {
    tokens = marked.lexer(source);
  } catch {
    return [h("p.plain", { dir: "auto" }, source)]; // nested deeper than the lexer can follow
  }
  return blocks(tokens, headings(tokens, top));
}

/** Levels of headings without a gap, whatever the author skipped. */
function headings(tokens, top) {
  const depths = [...new Set(tokens.filter(({ type }) => type === "heading").map(({ depth }) => depth))].sort();
  let last = top - 1;
  return (depth) => (last = Math.min(top + Math.max(0, depths.indexOf(depth)), last + 1, 6));
}

const blocks = (tokens, level) => tokens.map((token) => BLOCKS[token.type]?.(token, level) ?? null);
const inline = (tokens) => tokens.map((token) => (INLINE[token.type] ?? INLINE.text)(token));

const BLOCKS = {
  paragraph: ({ tokens }) => h("p", { dir: "auto" }, inline(tokens)),
  heading: ({ depth, tokens }, level) => h(`h${level(depth)}`, { dir: "auto" }, inline(tokens)),
  blockquote: ({ tokens }, level) => h("blockquote", { dir: "auto" }, blocks(tokens, level)),
  code: ({ text }) => h("pre", { dir: "ltr", tabindex: "0" }, h("code", text)),
  hr: () => h("hr"),
  html: ({ text }) => h("p.plain", { dir: "auto" }, text.trim()),
  text: (token) => (token.tokens ? inline(token.tokens) : decoded(token)),
  checkbox: ({ checked }) => h("span", checked ? "☑ " : "☐ "),
  list: ({ ordered, start, items }, level) => h(ordered ? "ol" : "ul", { dir: "auto", start: ordered && start !== 1 ? start : null }, items.map(({ tokens }) => h("li", blocks(tokens, level)))),
  table: ({ header, rows }) =>
    h(
      "div.scroll",
      { tabindex: "0", role: "region", "aria-label": t("common.table") },
      h("table", { dir: "auto" }, h("thead", h("tr", header.map((cell) => h("th", { scope: "col", "data-align": cell.align }, inline(cell.tokens))))), h("tbody", rows.map((row) => h("tr", row.map((cell) => h("td", { "data-align": cell.align }, inline(cell.tokens))))))),
    ),
};

const INLINE = {
  text: (token) => (token.tokens ? inline(token.tokens) : decoded(token)),
  escape: ({ text }) => text,
  html: ({ text }) => text,
  strong: ({ tokens }) => h("strong", inline(tokens)),
  em: ({ tokens }) => h("em", inline(tokens)),
  del: ({ tokens }) => h("del", inline(tokens)),
  codespan: ({ text }) => h("code", { dir: "ltr" }, text),
  br: () => h("br"),
  checkbox: BLOCKS.checkbox,
  link({ href, title, tokens }) {
    const url = safe(href, LINKS);
    return url ? h("a", { href: url, title, rel: "noopener noreferrer" }, inline(tokens)) : h("span", inline(tokens));
  },
  image({ href, title, text }) {
    const url = safe(href, new Set(["https:"]));
    return url ? h("img", { src: url, alt: text, title, loading: "lazy", referrerpolicy: "no-referrer" }) : text;
  },
};

/** The address when its scheme is one of these, else null. */
function safe(href, schemes) {
  const url = URL.parse(href, location.origin);
  return url && schemes.has(url.protocol) ? url.href : null;
}

/** Text with its character references: `&amp;` and `&#8212;` stand for a character in Markdown. */
function decoded({ text }) {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,8}));/gi, (whole, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : null;
    if (code !== null) return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
    return ENTITIES[name] ?? whole;
  });
}
