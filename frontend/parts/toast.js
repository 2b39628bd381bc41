// One sentence that floats above the page, with at most one act (Undo) and a button that closes it.
//
// It goes by itself, but not while the pointer or the focus is in it, and not before its act was answered.

import { h } from "../lib/dom.js";
import { t } from "../lib/strings.js";
import { icon } from "./icons.js";

const SHOWN_FOR = 6000;
const box = document.querySelector("#toast");
const words = box.querySelector("span");
const button = box.querySelector("button");
const cross = h("button.btn.x", { type: "button", "data-kind": "quiet", onclick: close }, icon("cross"));
let [timer, isShown, cameFrom] = [null, false, null];

/** Say `text`. `act` is `{ label, run }`. */
export function toast(text, act = null) {
  // What is beside an open dialog is out of reach, for screen readers too.
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
  if (box.matches(":popover-open")) box.hidePopover();
  if (box.parentElement !== (dialog ?? document.body)) (dialog ?? document.body).append(box);
  dialog?.addEventListener("close", leave, { once: true });
  // Shown first: a screen reader hears what changes in a region that is there.
  box.showPopover();
  isShown = true;
  words.textContent = text;
  button.hidden = !act;
  if (act) {
    button.textContent = act.label;
    button.onclick = () => {
      close();
      act.run();
    };
  }
  cross.setAttribute("aria-label", t("common.close"));
  goSoon();
}

function close() {
  clearTimeout(timer);
  const hadFocus = box.contains(document.activeElement);
  isShown = false;
  box.hidePopover();
  if (hadFocus) (cameFrom?.isConnected ? cameFrom : document.querySelector("#main")).focus({ preventScroll: true });
}

/** Its dialog has closed: it stays for the rest of its time above the page. */
function leave({ currentTarget }) {
  if (box.parentElement !== currentTarget) return;
  document.body.append(box);
  if (isShown) box.showPopover();
}

const stay = () => clearTimeout(timer);

function goSoon() {
  stay();
  if (isShown && button.hidden && !box.matches(":hover, :focus-within")) timer = setTimeout(close, SHOWN_FOR);
}

box.append(cross);
box.addEventListener("pointerenter", stay);
box.addEventListener("pointerleave", goSoon);
box.addEventListener("focusin", ({ relatedTarget }) => {
  stay();
  if (!box.contains(relatedTarget)) cameFrom = relatedTarget;
});
box.addEventListener("focusout", goSoon);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  // Not the dialog below it.
  event.preventDefault();
  close();
});
