// What is typed into a form, kept in this tab until it is sent: leaving the page, or loading it again, does not lose it.

import * as session from "../lib/session.js";

const open = new Set();
addEventListener("beforeunload", (event) => [...open].some((each) => each.isUnsent()) && event.preventDefault());

const keyOf = (name) => `draft ${session.user().id} ${name}`;

/** Whether something typed under this name waits to be sent. */
export const hasDraft = (name) => sessionStorage.getItem(keyOf(name)) !== null;

/**
 * Put back what was typed into `controls` under this name, and keep it from now on; `clear()` once it is sent or dropped.
 *
 * A name is what the form is about, such as `homework <id of the lesson>`; drafts are kept by user.
 */
export function draft(name, controls) {
  const key = keyOf(name);
  const read = () => JSON.stringify(Object.entries(controls).map(([field, { value }]) => [field, value]));
  const start = read();
  let isCleared = false;
  for (const [field, value] of JSON.parse(sessionStorage.getItem(key) ?? "[]")) if (controls[field]) controls[field].value = value;

  const all = Object.values(controls);
  const isUnsent = () => !isCleared && all[0].isConnected && read() !== start;
  const keep = () => (read() === start ? sessionStorage.removeItem(key) : sessionStorage.setItem(key, read()));
  for (const control of all) control.addEventListener("input", keep);
  for (const each of open) if (each.isGone()) open.delete(each);
  open.add({ isUnsent, isGone: () => !all[0].isConnected });
  return {
    clear() {
      isCleared = true;
      sessionStorage.removeItem(key);
    },
  };
}
