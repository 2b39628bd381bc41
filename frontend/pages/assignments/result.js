// The result side of the bench: one record from preview to undo, with its tally, ledger and bar.

import { fill, h } from "../../lib/dom.js";
import { time, zoned } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { busy, sayFailure } from "../../parts/dialog.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { askCancel, askUndo } from "./acts.js";
import { byCourse } from "./by-course.js";
import { changedRows, sheetNote } from "./notes.js";
import { jobbar } from "./jobbar.js";
import { keptFilters, ledger } from "./ledger.js";
import { kindOf, people, sums } from "./outcomes.js";
import { act, isClosed, isUnderWay, record, watch } from "./runs.js";
import { tally } from "./tally.js";

/**
 * `{ element, bar, open(id), clear(), edited() }`.
 *
 * `again()` makes the preview again; null where the page has no order.
 * `onRun(run)` hears which record is shown, `filters` are those of the address, `onFilter` writes them there.
 */
export function result({ user, signal, again = null, discard = null, fresh = null, filters = {}, onFilter = () => {}, onRun = () => {} }) {
  const title = h("h2.stage-title", { tabindex: "-1" });
  const meta = h("span.soft.small");
  const said = h("p.vh", { role: "status" });
  const notes = h("div.stack.tight");
  const bar = jobbar({ commit, again, discard, cancel, retry, undo, fresh });
  const counts = tally({ onPick: (outcomes) => rows.filter(outcomes) });
  const rows = ledger({ signal, user, onFilter, onClear: () => counts.pick([]) });
  const body = h("div.result-body", counts.element, rows.element);
  const element = h("section.result", { "aria-label": t("assign.result"), hidden: true }, h("div.row.between", title, meta), notes, body, said);
  let [run, watching, stale] = [null, null, null];

  function draw(of) {
    const before = run;
    run = of;
    element.hidden = false;
    const text = titleOf(run);
    if (title.textContent !== text) {
      title.textContent = text;
      said.textContent = text;
    }
    fill(meta, h("time", { datetime: run.created_at, title: zoned(run.created_at) }, time(run.created_at)), run.state === "PREVIEW" && ` · ${t("assign.kept")}`);
    counts.draw(run);
    bar.show(run, { stale });
    if (before?.id !== run.id || before.state !== run.state) {
      fill(notes, notesOf(run));
      onRun(run);
    }
  }

  async function open(id, { isNew = false, toasting = false } = {}) {
    watching?.abort();
    const mine = (watching = new AbortController());
    const both = AbortSignal.any([signal, mine.signal]);
    const found = await record(id, both);
    stale = null;
    const { outcome, ...others } = keptFilters(id) ?? filters;
    counts.pick(outcome ? outcome.split(",") : []);
    draw(found);
    const listed = rows.open(found, { outcome, ...others });
    filters = {};
    if (isNew) title.focus();
    const announce = () => toasting && run.state === "APPLIED" && toast(titleOf(run));
    if (isUnderWay(found) || !isClosed(found)) follow(found.id, both, announce);
    else announce();
    // The caller may wait for the rows, and does not for the run to end.
    await listed;
  }

  /** The caller does not wait for it: the user may go on with the form meanwhile. */
  async function follow(id, both, announce) {
    const onRecord = (now) => {
      draw(now);
      if (now.progress.done && rows.isEmpty()) rows.refresh(now);
    };
    try {
      const last = await watch(id, { onRecord, onTrouble: (error) => bar.trouble(`${messageOf(error)} ${t("assign.goes_on")}`), signal: both });
      announce();
      await rows.refresh(last);
    } catch (error) {
      if (!both.aborted) refuse(error);
    }
  }

  function refuse(error) {
    fill(notes, notice("bad", h("p", messageOf(error)), traceOf(error)));
    notes.scrollIntoView({ block: "nearest" });
  }

  /** Run an act with its button busy, then look at the record that it left. */
  const perform = (button, words, work) =>
    busy(
      button,
      async () => {
        try {
          const id = await work();
          if (id) await open(id, { isNew: true, toasting: true });
        } catch (error) {
          if (!signal.aborted) answer(error);
        }
      },
      words,
    );

  function answer(error) {
    if (error.code !== "plan_changed") return refuse(error);
    if (again) bar.show(run, { stale: "plan" });
    fill(notes, changedRows(error, again));
    return notes.firstElementChild.focus();
  }

  function commit(button) {
    return perform(button, t("assign.committing"), () => act(run, "commit", undefined, { ifMatch: run.plan_etag }));
  }
  function retry(button) {
    return perform(button, t("assign.retrying"), () => act(run, "retry"));
  }
  function undo(button) {
    return perform(button, null, () => askUndo(run, signal));
  }
  async function cancel() {
    const stopped = await askCancel(run);
    if (stopped) await record(run.id, signal).then(draw, sayFailure);
  }

  return {
    element,
    bar: bar.element,
    open,
    title,
    edited() {
      if (run?.state !== "PREVIEW" || stale) return;
      stale = "form";
      bar.show(run, { stale });
    },
    clear() {
      watching?.abort();
      [run, stale, element.hidden] = [null, null, true];
      bar.show(null);
    },
  };
}

function titleOf(run) {
  const { written } = sums(run);
  const kind = kindOf(run);
  if (run.state === "APPLIED" && !written) return t("assign.title_none");
  if (run.state === "APPLIED") return t(`assign.title_${kind}`, { what: people(run, written) });
  return t(`assign.title_${run.state}`, { what: people(run, written) });
}

function notesOf(run) {
  return [
    run.job.last_error && notice("bad", h("p", run.job.last_error)),
    run.overdue > 0 && notice("warn", h("p", t("assign.overdue", { count: run.overdue }))),
    sheetNote(run.sheet),
    !isUnderWay(run) && byCourse(run),
  ];
}
