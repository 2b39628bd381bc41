// The bar at the foot of the bench: what the run will do or has done, and the acts that its record offers.

import { fill, h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { kindOf, people, sums } from "./outcomes.js";

/**
 * `{ element, show(run, { stale }), trouble(text) }`: `stale` is what no longer fits a preview, `form`, `plan` or null.
 *
 * `acts` has `commit`, `again`, `discard`, `cancel`, `retry`, `undo` and `fresh`, each called with its button; null where
 * the page has no such act.
 */
export function jobbar(acts) {
  const inner = h("div.on");
  const element = h("section.commit", { "aria-label": t("assign.this_run"), hidden: true }, h("div.wrap", inner));
  let meter = null;

  const button = (name, text, kind = null, selector = "") =>
    acts[name] && h(`button.btn${selector}`, { type: "button", "data-kind": kind, "data-act": name, onclick: ({ currentTarget }) => acts[name](currentTarget) }, text);
  const row = (...buttons) => h("span.row", buttons);

  function preview(run, stale) {
    const { written } = sums(run);
    const discard = button("discard", t("assign.discard"), "quiet", ".only-roomy");
    if (stale) return [h("p", t(`assign.stale_${stale}`)), row(discard, button("again", t("assign.preview_again"), "primary"))];
    if (!written) return [h("p", t("assign.nothing_to_write")), row(discard)];
    if (!run.can.commit) return [facts(run), row(discard)];
    const verb = run.course_id === null ? t("assign.write_rows", { count: written }) : t(`assign.do_${run.action.toLowerCase()}`, { what: people(run, written) });
    return [facts(run), row(discard, button("commit", verb, "primary"))];
  }

  function ended(run) {
    const { refused, written } = sums(run);
    return [
      facts(run),
      row(
        run.can.retry && button("retry", t("assign.retry", { count: refused })),
        run.can.undo && written > 0 && button("undo", t("assign.undo"), "danger"),
        button("fresh", t("assign.new_run"), null, ".only-roomy"),
      ),
    ];
  }

  /** The bar stays the same element while the run goes on, so that a screen reader hears no new one every two seconds. */
  function running(run) {
    if (!meter) {
      meter = { done: h("span"), left: h("span.soft"), bar: h("progress", { max: 100, id: "job" }) };
      fill(inner, h("div.meter", h("label", { for: "job" }, meter.done, " ", meter.left), meter.bar), run.can.cancel && button("cancel", t("assign.cancel_run"), "danger"));
    }
    const { done, total, percent, seconds_left: left } = run.progress;
    fill(meter.done, h("b", number(done)), " ", t("assign.of_rows", { count: total }));
    meter.left.textContent = [run.state === "QUEUED" ? t("assign.queued") : left !== null && t("assign.left", { count: Math.max(1, left) }), t("assign.may_leave")].filter(Boolean).join(" ");
    meter.bar.setAttribute("value", percent);
  }

  return {
    element,
    show(run, { stale = null } = {}) {
      element.hidden = run === null;
      if (run === null) return;
      const isRunning = run.state === "QUEUED" || run.state === "RUNNING";
      element.dataset.stage = isRunning ? "running" : run.state === "PREVIEW" ? "preview" : "ended";
      if (isRunning) return running(run);
      meter = null;
      fill(inner, run.state === "PREVIEW" ? preview(run, stale) : ended(run));
    },
    trouble(text) {
      if (meter) meter.left.textContent = text;
    },
  };
}

/** "2,427 will be written · 50 need nothing · 21 refused". */
function facts(run) {
  const kind = kindOf(run);
  const { written, idle, ...rest } = sums(run);
  const left = Math.max(0, run.progress.total - run.progress.done);
  const [refused, skipped] = [rest.refused + left, (run.counts.skipped ?? 0) + left];
  const unwritten = kind === "preview" || !skipped ? "refused" : skipped === refused ? "unreached" : "refused_or_unreached";
  const fact = (count, name, tone) => (count > 0 || name.startsWith("written")) && h("span", h(`b${tone}`, number(count)), " ", t(`assign.fact_${name}`, { count }));
  return h("p.facts", fact(written, `written_${kind}`, kind === "preview" ? "" : ".tone-good"), fact(idle, `idle_${kind === "unassign" ? "assign" : kind}`, ""), fact(refused, unwritten, ".tone-bad"));
}
