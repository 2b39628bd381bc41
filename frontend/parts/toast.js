// One sentence that floats above the page, with at most one act (Undo), which stays until it is answered.

const box = document.querySelector("#toast");
const words = box.querySelector("span");
const button = box.querySelector("button");
let timer;

/** Say `text`. `act` is `{ label, run }`. */
export function toast(text, act = null) {
  clearTimeout(timer);
  // Shown first: a screen reader hears what changes in a region that is there.
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
  words.textContent = text;
  button.hidden = !act;
  if (act) {
    button.textContent = act.label;
    button.onclick = () => {
      box.hidePopover();
      act.run();
    };
  }
  if (!act) timer = setTimeout(() => box.hidePopover(), 6000);
}
