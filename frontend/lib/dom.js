// Elements without HTML strings: text is always text, so stored markup is inert and Trusted Types never complain.

const PROPERTIES = new Set(["value", "checked", "selected", "indeterminate", "srcObject"]);
const SVG = "http://www.w3.org/2000/svg";

/**
 * Create an element: `h("a.btn#next", { href, onclick, "data-kind": "primary" }, "Next")`.
 *
 * Attributes that are null, undefined or false are left out; true is an empty attribute; `on…` adds a listener; `style`
 * takes an object of CSS properties. Children may be nodes, text, numbers, arrays of these, or null.
 */
export function h(selector, attributes, ...children) {
  const [, tag, rest] = /^([a-z][\w-]*)?(.*)$/.exec(selector);
  const element = document.createElement(tag || "div");
  for (const [, kind, name] of rest.matchAll(/([.#])([^.#]+)/g)) {
    if (kind === ".") element.classList.add(name);
    else element.id = name;
  }
  if (isAttributes(attributes)) set(element, attributes);
  else children.unshift(attributes);
  element.append(...nodes(children));
  return element;
}

function isAttributes(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Node);
}

/** Set attributes, properties and listeners of an element that exists. */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [property, of] of Object.entries(value)) element.style.setProperty(property, of);
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else if (PROPERTIES.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : name === "datetime" ? inMilliseconds(value) : value);
  }
  return element;
}

/** HTML allows three digits of a second; the API writes six. */
const inMilliseconds = (moment) => moment.replace(/(\.\d{3})\d+/, "$1");

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== true && child !== "")
    .map((child) => (child instanceof Node ? child : String(child)));
}

/** Put new children in place of the old ones. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

/** A button, link or field as it is on the page now, where its row (`data-id`) was drawn again; null where it is gone. */
export function drawnAgain(element) {
  if (!element || element.isConnected) return element;
  const controls = (row) => [...row.querySelectorAll("a, button, input, select, textarea")];
  const row = element.closest("[data-id]");
  const now = row && document.querySelector(`[data-id="${CSS.escape(row.dataset.id)}"]`);
  return now ? (controls(now)[controls(row).indexOf(element)] ?? null) : null;
}

/** Create an SVG element; the attributes are set as they are. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) element.setAttribute(name, value);
  element.append(...nodes(children));
  return element;
}

/** Text for screen readers only (visually hidden). */
export const hidden = (...text) => h("span.vh", ...text);

/** A person's name or another text of unknown direction. */
export const bdi = (text) => h("bdi", String(text ?? ""));

let serial = 0;
/** An id that no other element has. */
export const uid = (prefix) => `${prefix}-${++serial}`;

/** Call `act` once, `ms` after the last call. */
export function debounce(act, ms = 200) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), ms);
  };
}
