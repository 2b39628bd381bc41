// Everything the client says, by language and area: strings/<language>/<area>.js exports { key: text }.
//
// A text is a template ("{count} courses"), or an object of plural forms chosen by `count`: { one, other, … }.

import { number } from "./format.js";

export const LANGUAGES = { en: "English", de: "Deutsch", ar: "العربية" };
const areas = new Map();

/** The language in use: the user's choice, else the browser's first that we have, else English. */
export const language = chosen();

function chosen() {
  const wanted = [localStorage.getItem("language"), ...navigator.languages].filter(Boolean);
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in LANGUAGES) ?? "en";
}

/** Load the texts of areas ("catalogue", "learning", …); an area is fetched once. */
export async function load(...names) {
  await Promise.all(
    names.map(async (name) => {
      if (!areas.has(name)) areas.set(name, (await import(`../strings/${language}/${name}.js`)).default);
    }),
  );
}

/** The text `area.key` with its values put in; numbers are written as the language writes them. */
export function t(path, values = {}) {
  const at = path.indexOf(".");
  let text = areas.get(path.slice(0, at))?.[path.slice(at + 1)];
  if (text === undefined) throw new Error(`No text ${path} in ${language}`);
  if (typeof text === "object") text = text[new Intl.PluralRules(language).select(values.count)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? number(values[name]) : String(values[name] ?? "")));
}

/** The text, or `fallback` when the area has no such key (codes that the server may add). */
export function tOr(path, fallback, values) {
  const at = path.indexOf(".");
  return areas.get(path.slice(0, at))?.[path.slice(at + 1)] === undefined ? fallback : t(path, values);
}

/** Choose another language; the page is loaded again in it. */
export function choose(tag) {
  localStorage.setItem("language", tag);
  location.reload();
}

document.documentElement.lang = language;
document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
