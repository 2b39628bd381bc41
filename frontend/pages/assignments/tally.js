// The counts of a run as one bar, and as buttons that filter the ledger.

import { fill, h, svg } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { colourOf, grouped, kindOf, nameOf } from "./outcomes.js";

const WIDTH = 1000;
const GAP = 2;
const THINNEST = 5;

/** `{ element, draw(run), pick(outcomes) }`; `onPick(outcomes)` gets those of the button that was pressed. */
export function tally({ onPick }) {
  const bar = svg("svg", { class: "tally", viewBox: `0 0 ${WIDTH} 20`, preserveAspectRatio: "none", role: "img" });
  const buttons = h("div.outcomes", { role: "group", "aria-label": t("assign.filter_outcome") });
  let picked = "";

  function pick(outcomes) {
    picked = outcomes.join(",");
    for (const each of buttons.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each.dataset.outcome === picked));
  }
  const button = (selector, outcomes, ...content) =>
    h(`button.btn${selector}`, { type: "button", "data-outcome": outcomes.join(","), "aria-pressed": "false", onclick: () => [pick(outcomes), onPick(outcomes)] }, content);

  function draw(run) {
    const groups = grouped(run.counts);
    const had = document.activeElement?.closest?.(".outcomes") === buttons ? document.activeElement.dataset.outcome : null;
    const words = (name) => t(`assign.${kindOf(run)}_${name}`);
    fill(
      buttons,
      button("", [], h("b", number(run.requested)), h("span", t("assign.all_rows"))),
      groups.map(({ name, count, kids }) => {
        const outcomes = kids.map(([outcome]) => outcome);
        const lead = count ? button(".lead", outcomes, h("b", number(count)), h("span", words(name))) : h("p.lead.zero", h("b", "0"), h("span", words(name)));
        return h("div.group", lead, h("ul.kids", kids.map(([outcome, of]) => h("li", button("", [outcome], h(`i.dot.${colourOf(outcome)}`), h("span", nameOf(outcome)), h("b", number(of)))))));
      }),
    );
    pick(picked ? picked.split(",") : []);
    if (had !== null) buttons.querySelector(`[data-outcome="${had}"]`)?.focus();
    fill(bar, rectangles(groups, run.requested));
    bar.setAttribute("aria-label", groups.map(({ name, count }) => `${number(count)} ${words(name)}`).join(", "));
  }
  return { element: h("div.tallied", bar, buttons), draw, pick };
}

/** Every outcome stays visible: thin ones are widened at the cost of the widest. */
function rectangles(groups, total) {
  const parts = groups.flatMap(({ kids }) => kids);
  if (!parts.length) return [svg("rect", { x: 0, y: 0, width: WIDTH, height: 20, class: "k-well" })];
  const room = WIDTH - GAP * (parts.length - 1);
  const widths = parts.map(([, count]) => Math.max(THINNEST, (count / Math.max(1, total)) * room));
  const over = widths.reduce((sum, width) => sum + width, 0) - room;
  if (over > 0) widths[widths.indexOf(Math.max(...widths))] -= over;
  let x = 0;
  return parts.map(([outcome], at) => {
    const rectangle = svg("rect", { x: x.toFixed(1), y: 0, width: widths[at].toFixed(1), height: 20, class: colourOf(outcome) });
    x += widths[at] + GAP;
    return rectangle;
  });
}
