// One list, three ways: drag the handle, Alt with an arrow key on it, or the two buttons of a row.

import { debounce, h, hidden } from "../lib/dom.js";
import { t } from "../lib/strings.js";
import { icon } from "./icons.js";

const SETTLED = 600;

/** The handle of a row; `how` is the id of the text that explains it. */
export const grip = (name, how) => h("button.btn.x.grip", { type: "button", draggable: "true", "aria-describedby": how }, icon("grip"), hidden(t("common.move_of", { name })));

/** The two buttons that move a row by one place. */
export const movers = (name) => [
  h("button.btn.x.mover", { type: "button", "data-by": "-1" }, icon("up"), hidden(t("common.move_up", { name }))),
  h("button.btn.x.mover", { type: "button", "data-by": "1" }, icon("down"), hidden(t("common.move_down", { name }))),
];

/**
 * Let the rows of `list` be put into another order. Each row has `data-id` and `data-name`, a grip and movers.
 *
 * `onOrder(ids)` is called once the order has stood still for a moment, so that ten presses are one request. Lists may be
 * nested: a row moves within its own. Answers the live region that says where a row went; place it beside the list.
 */
export function reorder(list, onOrder) {
  const counted = h("p.vh", { role: "status" });
  const rows = () => [...list.children];
  const order = () => rows().map((row) => row.dataset.id);
  let sent = order().join();
  const settle = debounce(() => {
    const ids = order();
    if (ids.join() === sent) return;
    sent = ids.join();
    onOrder(ids);
  }, SETTLED);
  const own = (event, selector) => {
    const found = event.target.closest(selector);
    return found?.closest("ol.order") === list ? found : null;
  };
  const rowOf = (element) => rows().find((row) => row.contains(element));

  function settled(row) {
    counted.textContent = t("common.place_of", { name: row.dataset.name, place: rows().indexOf(row) + 1, count: rows().length });
    settle();
  }

  function move(row, by, control) {
    const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (other) other[by < 0 ? "before" : "after"](row);
    settled(row);
    control.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  list.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const handle = event.altKey && by && own(event, ".grip");
    if (!handle) return;
    event.preventDefault();
    move(rowOf(handle), by, handle);
  });
  list.addEventListener("click", (event) => {
    const button = own(event, "[data-by]");
    if (button) move(rowOf(button), Number(button.dataset.by), button);
  });
  drag(list, { own, rowOf, settled });
  return Object.assign(counted, { reset: () => (sent = order().join()) });
}

function drag(list, { own, rowOf, settled }) {
  let held = null;
  let from = null;
  list.addEventListener("dragstart", (event) => {
    if (!own(event, ".grip")) return;
    held = rowOf(event.target);
    from = held.nextElementSibling;
    held.dataset.held = "";
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.dataset.name);
    event.dataTransfer.setDragImage(held, 16, 16);
  });
  list.addEventListener("dragover", (event) => {
    if (!held) return;
    event.preventDefault();
    const over = rowOf(event.target);
    if (!over || over === held) return;
    const box = over.getBoundingClientRect();
    over[event.clientY > box.top + box.height / 2 ? "after" : "before"](held);
  });
  list.addEventListener("drop", (event) => held && event.preventDefault());
  list.addEventListener("dragend", (event) => {
    if (!held) return;
    // Escape, or a drop outside of the list: the row goes back to where it was.
    if (event.dataTransfer.dropEffect === "none") list.insertBefore(held, from);
    delete held.dataset.held;
    settled(held);
    held = null;
  });
}
