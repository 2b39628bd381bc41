// One run: who, when, why and where, then the same result as in the console.

import { bdi, fill, h } from "../../lib/dom.js";
import { time } from "../../lib/format.js";
import { go, setQuery } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { titlesOf } from "./by-course.js";
import { courseOf, personName, runTime } from "./names.js";
import { result } from "./result.js";
import { record } from "./runs.js";

export default async function run({ params, query, user, signal }) {
  const first = await record(params.id, signal);
  const heading = h("h1", await titleOf(first));
  const facts = h("dl.summary-of");
  const onRun = (now) => {
    if (now.id !== first.id) return go(`/admin/assignments/${now.id}`);
    return fill(facts, factsOf(now, user));
  };
  const view = result({ user, signal, filters: query, onFilter: setQuery, onRun, fresh: () => go("/admin/assign") });
  fill(facts, factsOf(first, user));
  view.open(first.id);
  return {
    title: heading.textContent,
    bare: true,
    main: [
      h("div.wrap.console", h("div.head", h("p.crumb", h("a", { href: "/admin/assignments" }, t("assign.assignments"))), heading), h("div.bench.wide", facts, view.element)),
      view.bar,
    ],
  };
}

async function titleOf(run) {
  const course = run.course_id && (await courseOf(run.course_id).catch(() => null));
  return t(`assign.run_${run.action.toLowerCase()}`, { course: course?.title ?? titlesOf(run) });
}

function factsOf(now, user) {
  const fact = (name, ...value) => h("div", h("dt", t(`assign.${name}`)), h("dd", value));
  const link = (id) => h("a", { href: `/admin/assignments/${encodeURIComponent(id)}` }, runTime(id));
  const isMine = now.created_by === user.id;
  return [
    fact("by", isMine ? bdi(user.full_name) : user.role === "ADMIN" ? h("a", { href: `/admin/users/${encodeURIComponent(now.created_by)}` }, personName(now.created_by)) : "–"),
    fact("when", h("time", { datetime: now.created_at }, time(now.created_at))),
    now.finished_at && fact("took", tookOf(now)),
    fact("why", now.reason ? h("span", { dir: "auto" }, now.reason) : h("span.soft", t("assign.no_reason"))),
    now.retry_of && fact("retry_of", link(now.retry_of)),
    now.undo_of && fact("undo_of", link(now.undo_of)),
    now.undone_by && fact("undone_by", link(now.undone_by)),
  ];
}

function tookOf({ created_at: begun, finished_at: ended }) {
  const seconds = Math.max(0, (new Date(ended) - new Date(begun)) / 1000);
  return t("assign.seconds", { count: seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds) });
}
