// Dialogs: a question before an act that cannot be undone, and any other content.

import { drawnAgain, h, uid } from "../lib/dom.js";
import { t } from "../lib/strings.js";
import { messageOf, traceOf } from "./states.js";
import { toast } from "./toast.js";

/** Open a dialog with a heading; answers the element. It is gone when it closes, and focus goes back; it closes with its page. */
export function open(title, content, { kind = "" } = {}) {
  const id = uid("dialog");
  const opener = document.activeElement;
  const dialog = h(`dialog.stack${kind}`, { "aria-labelledby": id }, h("h2", { id }, title), content);
  let isLeft = false;
  const leave = () => {
    isLeft = true;
    dialog.close();
  };
  addEventListener("page", leave);
  dialog.addEventListener("close", () => {
    removeEventListener("page", leave);
    dialog.remove();
    if (!isLeft) drawnAgain(opener)?.focus?.();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Ask before `act` runs: what happens, to how many, and what stays. Focus starts on the safe answer.
 *
 * Answers what `act` answered, or null when the user said no. A refusal is shown in the dialog, which stays open.
 */
export function ask({ title, text, yes, no = t("common.cancel"), act, danger = true, content = null }) {
  return new Promise((resolve) => {
    let result = null;
    const error = h("div", { role: "alert" });
    const button = h("button.btn", { type: "button", "data-kind": danger ? "danger" : "primary" }, yes);
    const keep = h("button.btn", { type: "button", autofocus: true, onclick: () => dialog.close() }, no);
    const dialog = open(title, [text && h("p", text), content, error, h("div.row", button, keep)]);
    button.addEventListener("click", () =>
      busy(button, async () => {
        try {
          result = (await act()) ?? true;
          dialog.close();
        } catch (refusal) {
          error.replaceChildren(h("div.notice", { "data-tone": "bad" }, h("p", messageOf(refusal)), traceOf(refusal)));
        }
      }),
    );
    dialog.addEventListener("close", () => resolve(result));
  });
}

/**
 * Run `act` with the button busy: a second press is ignored, the width is kept, `text` says what happens.
 *
 * A failure that `act` does not show itself is said in a toast; then the answer is undefined.
 */
export async function busy(button, act, text = null) {
  if (button.getAttribute("aria-busy") === "true") return undefined;
  const before = [...button.childNodes];
  button.setAttribute("aria-busy", "true");
  button.style.setProperty("min-inline-size", `${button.offsetWidth}px`);
  if (text) button.textContent = text;
  try {
    return await act();
  } catch (error) {
    sayFailure(error);
    return undefined;
  } finally {
    button.removeAttribute("aria-busy");
    button.style.removeProperty("min-inline-size");
    if (text) button.replaceChildren(...before);
  }
}

/** Say in a toast what went wrong, unless the page was left. */
export function sayFailure(error) {
  if (error?.name === "AbortError") return;
  if (error?.status === undefined) reportError(error);
  toast(messageOf(error));
}
