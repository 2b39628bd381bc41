// The fields of a course that its instructor writes, in groups, and how each is read from a course and compared.

import { t } from "../../lib/strings.js";
import { field } from "../../parts/form.js";

export const LEVELS = ["BEGINNER", "INTERMEDIATE", "ADVANCED"];
const long = { rows: 3 };
/** Forms drop blank ends, and the server stores letters composed (NFC): a text that differs by these alone was not edited. */
const plain = (text) => (text ?? "").trim().normalize("NFC");
const isSameText = (one, other) => plain(one) === plain(other);
const isSameNumber = (one, other) => (one === null || other === null ? one === other : Number(one) === Number(other));

/** `{ name, type, isSame, attributes, hint }` by group; the label of a field is the text `f_<name>`, its hint `h_<name>`. */
export const GROUPS = {
  basics: [
    { name: "title", required: true, attributes: { maxlength: 200, dir: "auto" } },
    { name: "short_description", type: "textarea", hasHint: true, attributes: { rows: 2, maxlength: 500, dir: "auto" } },
    { name: "description", type: "textarea", hasHint: true, attributes: { rows: 6, maxlength: 20000, dir: "auto" } },
    { name: "category_id", isHalf: true, type: "select", of: (course) => course.category?.id ?? null },
    { name: "level", isHalf: true, type: "select", required: true },
    { name: "duration_hours", isHalf: true, type: "number", isSame: isSameNumber, attributes: { min: 0, step: "0.5", inputmode: "decimal" } },
    { name: "preview_video", type: "url", hasHint: true, attributes: { inputmode: "url", placeholder: "https://" } },
    { name: "slug", required: true, hasHint: true, attributes: { maxlength: 220, dir: "ltr", spellcheck: "false", autocapitalize: "none" } },
  ],
  audience: ["target_audience", "who_can_join", "requirements", "learning_outcomes"].map((name) => ({ name, type: "textarea", hasHint: true, attributes: { ...long, maxlength: 5000, dir: "auto" } })),
  schedule: [
    { name: "admission_deadline", isHalf: true, type: "date", hasHint: true },
    { name: "class_starts", isHalf: true, type: "date", hasHint: true },
    { name: "schedule", hasHint: true, attributes: { maxlength: 1000, dir: "auto" } },
    { name: "venue", hasHint: true, attributes: { maxlength: 500, dir: "auto" } },
    { name: "total_seats", isHalf: true, type: "number", hasHint: true, isSame: isSameNumber, attributes: { min: 1, step: 1, inputmode: "numeric" } },
    { name: "enforce_order", type: "checkbox", hasHint: true, isSame: (one, other) => one === other },
  ],
  price: [
    { name: "price", isHalf: true, hasHint: true, required: true, isSame: isSameNumber, attributes: { inputmode: "decimal", dir: "ltr" } },
    { name: "currency", isHalf: true, type: "select", required: true },
  ],
};

const ALL = Object.fromEntries(Object.values(GROUPS).flat().map((each) => [each.name, each]));
/** The value of a field of a course as the API takes it. */
export const valueOf = (course, name) => (ALL[name].of ? ALL[name].of(course) : course[name]);
export const isSame = (name, one, other) => (ALL[name].isSame ?? isSameText)(one, other);
export const labelOf = (name) => t(`teaching.f_${name}`);

/** The controls of a group, each with `read()` as the API takes it and `write(value)`. */
export function controls(group, course, choices) {
  return GROUPS[group].map((each) => control(each, valueOf(course, each.name), choices));
}

/** One control by its name, for pages that need only some. */
export const controlOf = (name, value, choices, more = {}) => control({ ...ALL[name], ...more }, value, choices);

function control({ name, type = "text", hasHint = false, isHalf = false, required = false, attributes = {} }, value, choices) {
  const options = choices[name] ?? [];
  const element = field({ name, label: labelOf(name), type, hint: hasHint ? t(`teaching.h_${name}`) : null, value, required, options, attributes });
  if (isHalf) element.dataset.half = "";
  const plain = element.read;
  return Object.assign(element, {
    read: () => meant(name, type, plain()),
    write(to) {
      if (type === "checkbox") element.control.checked = Boolean(to);
      else element.control.value = to ?? "";
    },
  });
}

const NULLED = new Set(["category_id", "preview_video", "admission_deadline", "class_starts"]);

/** What was typed as the API takes it: nothing is null where it may be, and a decimal comma is a point. */
function meant(name, type, value) {
  if (name === "price" && /^\d+,\d{1,2}$/.test(value)) return value.replace(",", ".");
  return NULLED.has(name) && value === "" ? null : value;
}

/** The options of the fields that have some: categories (with the course's own, even when it is no longer offered). */
export function choicesOf(categories, course = null) {
  const own = course?.category;
  const all = own && !categories.some(({ id }) => id === own.id) ? [own, ...categories] : categories;
  return {
    category_id: [["", t("teaching.no_category")], ...all.map(({ id, name }) => [id, name])],
    level: LEVELS.map((level) => [level, t(`catalogue.${level}`)]),
    currency: currencies(course?.currency),
  };
}

function currencies(own) {
  const names = new Intl.DisplayNames(document.documentElement.lang, { type: "currency" });
  const codes = new Set([...(own ? [own] : []), ...Intl.supportedValuesOf("currency")]);
  return [...codes].sort().map((code) => [code, `${code} · ${names.of(code)}`]);
}

/** A value in words, for a comparison of two versions. */
export function inWords(name, value, choices) {
  if (name === "enforce_order") return t(value ? "teaching.yes" : "teaching.no");
  if (value === null || value === undefined || value === "") return "";
  return choices[name]?.find(([of]) => of === value)?.[1] ?? String(value);
}
