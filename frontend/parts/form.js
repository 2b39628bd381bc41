// Forms: labels above, hints between, errors below the field and in a summary above the form, in the server's own words.

import { fill, h, uid } from "../lib/dom.js";
import { t } from "../lib/strings.js";
import { busy } from "./dialog.js";
import { messageOf, traceOf } from "./states.js";

/**
 * A field: `{ name, label, type, hint, value, required, options, attributes, optional }`.
 *
 * `type` is an input type, or textarea, select, checkbox, radios, password (with a button that shows it), file. `options`
 * of a select or of radios are `[value, text]` pairs. Answers an element with `name`, `control`, `read()` and `fail(text)`.
 */
export function field({ name, label, type = "text", hint = null, value = null, required = false, options = [], attributes = {}, isOptional = !required }) {
  const id = uid(name.replace(/\W/g, "-"));
  const error = h("p.error", { id: `${id}-error`, hidden: true });
  const hinted = hint && h("p.hint", { id: `${id}-hint` }, hint);
  const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  const common = { id, name, required, "aria-describedby": described, ...attributes };
  const control = CONTROLS[type]?.(common, { value, options }) ?? h("input", { type, value: value ?? "", ...common });
  const inner = control.querySelector?.("input, select, textarea") ?? control;
  const mark = isOptional && type !== "checkbox" ? h("span.soft", ` (${t("common.optional")})`) : null;
  const element =
    type === "checkbox"
      ? h("div.field", h("label.tick", control, h("span", label)), hinted, error)
      : type === "radios"
        ? h("fieldset.field", { "aria-describedby": described }, h("legend", label, mark), hinted, control, error)
        : h("div.field", h("label", { for: id }, label, mark), hinted, control, error);
  const target = inner.matches("input, select, textarea") ? inner : control;
  return Object.assign(element, {
    field: name,
    control: target,
    label,
    isRequired: required,
    read: () => readControl(type, control, target),
    fail(text) {
      error.hidden = !text;
      error.textContent = text ?? "";
      target.setAttribute("aria-invalid", String(Boolean(text)));
    },
  });
}

const CONTROLS = {
  textarea: (common, { value }) => h("textarea", { ...common, value: value ?? "" }),
  // Only a choice that begins with none may be required: HTML takes any other for made.
  select: (common, { value, options }) => h("select", { ...common, required: common.required && options[0]?.[0] === "" }, options.map(([of, text]) => h("option", { value: of, selected: of === (value ?? "") }, text))),
  checkbox: (common, { value }) => h("input", { type: "checkbox", ...common, required: false, checked: Boolean(value) }),
  radios: (common, { value, options }) =>
    h("div.radios", options.map(([of, text, hint]) => h("label.tick", h("input", { type: "radio", name: common.name, value: of, checked: of === value }), h("span", text, hint && h("span.hint.block", hint))))),
  password(common, { value }) {
    const input = h("input", { type: "password", value: value ?? "", ...common });
    const button = h("button.btn", { type: "button", "aria-pressed": "false" }, t("common.show"), h("span.vh", ` ${t("common.the_password")}`));
    button.addEventListener("click", () => {
      const isHidden = input.type === "password";
      input.type = isHidden ? "text" : "password";
      button.setAttribute("aria-pressed", String(isHidden));
    });
    return h("div.with", input, button);
  },
};

function readControl(type, control, input) {
  if (type === "checkbox") return input.checked;
  if (type === "radios") return control.querySelector("input:checked")?.value ?? null;
  if (type === "file") return input.files[0] ?? null;
  if (type === "number") return input.value === "" ? null : Number(input.value);
  return type === "password" ? input.value : input.value.trim();
}

/**
 * A form of fields: `{ fields, submit, busyText, kind, onSubmit(values), extra }`.
 *
 * `onSubmit` gets `{ name: value }` and may throw an ApiError: its `details` go to their fields and to the summary, which
 * takes focus. A field that was wrong is looked at again at each change. Nothing that was typed is cleared.
 */
export function form({ fields, submit, busyText = null, onSubmit, extra = null, check = () => ({}) }) {
  const summary = h("div.notice.summary", { "data-tone": "bad", tabindex: "-1", role: "alert", hidden: true });
  const button = h("button.btn", { "data-kind": "primary" }, submit);
  const all = [fields].flat(Infinity).flatMap((each) => (each.field ? [each] : [...each.querySelectorAll(".field")].filter((inner) => inner.field)));
  const element = h("form.stack", { novalidate: true }, summary, fields, h("div.row.acts", button, extra));
  const values = () => Object.fromEntries(all.map((each) => [each.field, each.read()]));
  /** What was typed is no number: then the value of the field is empty. */
  const isUnread = ({ control }) => control.validity?.badInput ?? false;
  const missing = (each) => each.isRequired && (each.read() === "" || each.read() === null);
  const wrongs = () => ({ ...Object.fromEntries(all.filter(missing).map((each) => [each.field, t("common.required", { field: each.label })])), ...Object.fromEntries(all.filter(isUnread).map((each) => [each.field, t("common.not_a_number")])), ...check(values()) });
  let wasWrong = false;
  element.addEventListener("input", () => wasWrong && show(wrongs(), { quiet: true }));

  function show(errors, { quiet = false, title = null, error = null } = {}) {
    const rest = { ...errors };
    for (const each of all) {
      each.fail(rest[each.field] ?? null);
      delete rest[each.field];
    }
    const count = Object.keys(errors).length;
    wasWrong ||= count > 0;
    if (quiet && count === 0) summary.hidden = true;
    if (quiet) return;
    const lines = all.filter((each) => errors[each.field]).map((each) => h("li", h("a", { href: `#${each.control.id}`, onclick: (event) => focus(event, each) }, errors[each.field])));
    const others = Object.entries(rest).map(([path, text]) => h("li", `${path}: ${text}`));
    fill(summary, h("h2", title ?? t("common.to_mend", { count })), lines.length + others.length > 0 && h("ul", lines, others), error && traceOf(error));
    summary.hidden = false;
    summary.focus();
  }

  function focus(event, each) {
    event.preventDefault();
    each.control.focus();
  }

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const errors = wrongs();
    if (Object.keys(errors).length) return show(errors);
    return busy(
      button,
      async () => {
        try {
          await onSubmit(values());
          summary.hidden = true;
        } catch (error) {
          const details = flat(error.details ?? {});
          show(details, { title: Object.keys(details).length && error.code === "invalid_request" ? null : messageOf(error), error });
        }
      },
      busyText,
    );
  });
  return Object.assign(element, { values, show, button, summary });
}

/** The server's details as one text a field: `{email: ["…"], lessons: {0: {title: ["…"]}}}` becomes `email`, `lessons.0.title`. */
export function flat(details, path = "") {
  const found = {};
  for (const [name, value] of Object.entries(details)) {
    const at = path ? `${path}.${name}` : name;
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) found[at] = value.join(" ");
    else if (value && typeof value === "object") Object.assign(found, flat(value, at));
    else if (typeof value === "string") found[at] = value;
  }
  return found;
}
