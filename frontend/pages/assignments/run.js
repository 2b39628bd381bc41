// One run: who, when, why and where, then the same result as in the console.

import { bdi, fill, h } from "../../lib/dom.js";
import { dueDay, list, time } from "../../lib/format.js";
import { go, setQuery } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { sayFailure } from "../../parts/dialog.js";
import { titlesOf } from "./by-course.js";
import { result } from "./result.js";
import { record } from "./runs.js";

export default async function run({ params, query, user, signal }) {
  const first = await record(params.id, signal);
  const [heading, others] = [h("h1", { dir: "auto" }, titleOf(first)), await othersOf(first, signal)];
  const facts = h("dl.summary-of");
  const onRun = (now) => {
    if (now.id !== first.id) return go(`/admin/assignments/${now.id}`);
    return fill(facts, factsOf(now, others, user));
  };
  const view = result({ user, signal, filters: query, onFilter: setQuery, onRun, fresh: () => go("/admin/assign") });
  fill(facts, factsOf(first, others, user));
  await view.open(first.id).catch(sayFailure);
  return {
    title: heading.textContent,
    bare: true,
    main: [
      h("div.wrap.console", h("div.head", h("p.crumb", h("a", { href: "/admin/assignments" }, t("assign.assignments"))), heading), h("div.bench.wide", facts, view.element)),
      view.bar,
    ],
  };
}

const titleOf = (run) => t(`assign.run_${run.action.toLowerCase()}`, { course: run.course?.title ?? titlesOf(run) });

/** The runs that this one names, by id: when they were. One that cannot be read is named all the same. */
async function othersOf({ retry_of: retried, undo_of: undone, undone_by: undoing }, signal) {
  const asked = [retried, undone, undoing].filter(Boolean).map(async (id) => [id, time((await record(id, signal)).created_at)]);
  return new Map((await Promise.allSettled(asked)).filter(({ value }) => value).map(({ value }) => value));
}

function factsOf(now, others, user) {
  const fact = (name, ...value) => h("div", h("dt", t(`assign.${name}`)), h("dd", value));
  const link = (id) => h("a", { href: `/admin/assignments/${encodeURIComponent(id)}` }, others.get(id) ?? id);
  return [
    fact("by", creator(now, user)),
    fact("when", h("time", { datetime: now.created_at }, time(now.created_at))),
    now.finished_at && fact("took", tookOf(now)),
    now.terms && fact("terms", termsOf(now.terms)),
    fact("why", now.reason ? h("span", { dir: "auto" }, now.reason) : h("span.soft", t("assign.no_reason"))),
    now.retry_of && fact("retry_of", link(now.retry_of)),
    now.undo_of && fact("undo_of", link(now.undo_of)),
    now.undone_by && fact("undone_by", link(now.undone_by)),
  ];
}

/** Only admins may open a person's page. */
function creator({ creator: { id, full_name: name } }, { role }) {
  return role === "ADMIN" ? h("a", { href: `/admin/users/${encodeURIComponent(id)}` }, bdi(name)) : bdi(name);
}

/** "due 31 Dec 2026, all or nothing". */
function termsOf({ due_at: due, due_in_days: days, on_existing: existing, notify, override_seats: isOver, atomic }) {
  const dueIn = days === null ? t("assign.no_due") : t("assign.due_after", { count: days });
  return list([
    due ? t("assign.due_on", { day: dueDay(due) }) : dueIn,
    existing === "update_due" && t("assign.term_update"),
    isOver && t("assign.term_override"),
    atomic && t("assign.term_atomic"),
    !notify && t("assign.term_silent"),
  ].filter(Boolean));
}

function tookOf({ created_at: begun, finished_at: ended }) {
  const seconds = Math.max(0, (new Date(ended) - new Date(begun)) / 1000);
  return t("assign.seconds", { count: seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds) });
}
