// The assignment console: a form at the side, and its preview, run and undo in place beside it.

import { h } from "../../lib/dom.js";
import { get } from "../../lib/api.js";
import { setQuery } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { empty, messageOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { compose } from "./compose.js";
import { result } from "./result.js";
import { start } from "./runs.js";

export default async function assign({ query, user, signal }) {
  const courses = query.course ? await named(query.course, signal) : [];
  const before = h("div.before", empty(t("assign.no_preview"), t("assign.no_preview_why")));
  let shown = null;

  async function preview(order) {
    const id = await start(order, "preview", signal);
    form.fold(true);
    await view.open(id, { isNew: true });
  }
  const discard = () => {
    view.clear();
    form.fold(false);
    side(null);
  };
  const form = compose({ user, courses, onPreview: preview, onEdit: () => view?.edited() });
  // The text node itself, because a busy button puts back the one that it had.
  const label = form.button.firstChild;
  const view = result({ user, signal, again: () => form.submit(), discard, fresh: discard, onRun: side });

  /** Which record is beside the form; the address has it, so that a reload or a link shows it again. */
  function side(run) {
    shown = run?.id ?? null;
    before.hidden = run !== null;
    form.button.dataset.kind = run ? "" : "primary";
    label.data = t(run ? "assign.preview_again" : "assign.preview");
    setQuery({ run: shown });
  }

  if (query.run) view.open(query.run).catch((error) => signal.aborted || [discard(), toast(messageOf(error))]);
  return {
    title: t("assign.title"),
    bare: true,
    main: [
      h("div.wrap.console", h("div.head", h("p.crumb", h("a", { href: "/admin/assignments" }, t("assign.assignments"))), h("h1", t("assign.title"))), h("div.bench", form.element, h("div.beside", before, view.element))),
      view.bar,
    ],
    async update(next) {
      if (next.run && next.run !== shown) await view.open(next.run);
      else if (!next.run && shown) discard();
    },
  };
}

/** The course of the address; without it the form is empty, and the user chooses. */
async function named(course, signal) {
  try {
    return [(await get(`/courses/${encodeURIComponent(course)}`, {}, { signal })).data];
  } catch (error) {
    if (error.status !== 404) throw error;
    return [];
  }
}
