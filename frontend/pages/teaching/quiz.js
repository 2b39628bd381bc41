// The quiz of a lesson for those who teach it: its questions in order, its settings, regrading, and how it went.

import { call, get, put } from "../../lib/api.js";
import { fill, h, hidden } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { ask } from "../../parts/dialog.js";
import { icon } from "../../parts/icons.js";
import { grip, movers, reorder } from "../../parts/reorder.js";
import { empty, messageOf, region } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { courseHead, courseMarks } from "./head.js";
import { figures, regrade } from "./quiz-figures.js";
import { files } from "./quiz-files.js";
import { imageDialog } from "./quiz-image.js";
import { questionDialog } from "./quiz-question.js";
import { settings } from "./quiz-settings.js";

export default async function quiz({ params, user, signal }) {
  const [{ data: course }, { data: lesson }] = await Promise.all([
    get(`/courses/${encodeURIComponent(params.ref)}`, {}, { signal }),
    get(`/lessons/${encodeURIComponent(params.lesson)}`, {}, { signal }),
  ]);
  const path = `/lessons/${encodeURIComponent(lesson.id)}`;
  const isFrozen = course.status === "PENDING";
  const head = courseHead({ course, user, here: "quiz", title: h("h1", { dir: "auto" }, lesson.title), marks: courseMarks(course) });
  if (lesson.type !== "QUIZ") return { title: lesson.title, main: [head, empty(t("quiz.not_a_quiz"), t("quiz.not_a_quiz_why"))] };

  const shown = region(async (inner) => {
    const rows = [];
    let answer = await get(`${path}/questions`, { page_size: 100 }, { signal: inner });
    rows.push(...answer.data);
    for (let page = 2; answer.meta.next; page += 1) {
      answer = await get(`${path}/questions`, { page_size: 100, page }, { signal: inner });
      rows.push(...answer.data);
    }
    return rows.length ? questions(rows) : empty(t("quiz.no_questions"), t("quiz.no_questions_why"), null, "h3");
  });
  const changed = () => {
    shown.refresh();
    numbers.refresh();
  };
  const numbers = figures(path);

  function questions(rows) {
    const how = "quiz-how";
    const list = h("ol.order.quiz-list", rows.map((row) => line(row, how)));
    const order = async (ids) => {
      try {
        await put(`${path}/questions/order`, { order: ids });
        toast(t("quiz.reordered"));
      } catch (error) {
        toast(messageOf(error));
        shown.refresh();
      }
    };
    return h("div", h("p.how.soft.small", { id: how }, t("common.order_how")), list, !isFrozen && reorder(list, order));
  }

  function line(question, how) {
    const { id, text, name, type, points } = question;
    const title = name || text.split("\n")[0].slice(0, 120);
    const edit = () => questionDialog({ of: question, path, course, onSaved: changed });
    return h(
      "li.lesson",
      { "data-id": id, "data-name": title },
      h(
        "div.line",
        !isFrozen && grip(title, how),
        h("button.name", { type: "button", onclick: edit, disabled: isFrozen }, h("span", h("span", { dir: "auto" }, title), h("span.second", `${t(`quiz.type_${type}`)} · ${t("quiz.points_n", { count: points, points: number(points) })}`))),
        !isFrozen && [movers(title), h("button.btn.x", { type: "button", "data-has": Boolean(question.image), onclick: () => imageDialog({ of: question, onSaved: changed }) }, icon("image"), hidden(t(question.image ? "quiz.image_edit_named" : "quiz.image_add_named", { name: title }))), h("button.btn.x", { type: "button", onclick: () => remove(id, title) }, icon("cross"), hidden(t("quiz.delete_named", { name: title })))],
      ),
    );
  }

  async function remove(id, title) {
    const isGone = await ask({ title: t("quiz.delete_title"), text: t("quiz.delete_text", { name: title }), yes: t("common.delete"), act: () => call("DELETE", `/questions/${encodeURIComponent(id)}`) });
    if (!isGone) return;
    toast(t("quiz.deleted"));
    changed();
  }

  const terms = h("div");
  const { data: quizNow } = await get(`${path}/quiz`, {}, { signal });
  fill(terms, settings(path, quizNow, isFrozen));
  await Promise.all([shown.ready, numbers.ready]);
  const add = h("button.btn", { type: "button", "data-kind": "primary", onclick: () => questionDialog({ of: null, path, course, onSaved: changed }) }, icon("plus"), t("quiz.add"));
  return {
    title: t("quiz.editor_of", { title: lesson.title }),
    main: h(
      "div.quiz-page",
      head,
      h("section", { "aria-labelledby": "quiz-questions" }, h("div.row.between", h("h2#quiz-questions", t("quiz.questions")), !isFrozen && h("div.row", files(path, changed), add)), shown.element),
      h("section", { "aria-labelledby": "quiz-settings" }, h("h2#quiz-settings", t("quiz.settings")), terms),
      h("section", { "aria-labelledby": "quiz-figures" }, h("div.row.between", h("h2#quiz-figures", t("quiz.figures")), regrade(path, numbers.refresh)), numbers.element),
    ),
  };
}
