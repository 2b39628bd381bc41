// Homework below its lesson: write it, add files and submit it, change it until it is graded, read the points and the feedback.

import { get, post } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { number, time } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { draft, hasDraft } from "../../parts/draft.js";
import { field, form } from "../../parts/form.js";
import { notice, region } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { fileList } from "./player-files.js";
import { homeworkFiles } from "./player-homework-files.js";

const LONGEST = 20000;

/** For the enrolled, in a lesson of type ASSIGNMENT; null otherwise. `onChange(submission, isNew)` is called when it is known. */
export function homework({ lesson, state, error }, onChange) {
  if (error || !state.enrollment || lesson?.type !== "ASSIGNMENT") return null;
  const path = `/lessons/${encodeURIComponent(lesson.id)}/submissions`;
  const name = `homework ${lesson.id}`;
  const place = h("div.stack");

  async function load(signal) {
    const { data } = await get(path, { page_size: 1 }, { signal });
    show(data[0] ?? null);
    return place;
  }

  function show(submission, isNew = false) {
    const isBegun = !isNew && submission?.state === "SUBMITTED" && hasDraft(name);
    fill(place, !submission ? writing() : isBegun ? writing(submission) : handedIn(submission));
    onChange(submission, isNew);
  }

  function handedIn(submission) {
    const isGraded = submission.state === "GRADED";
    const edit = () => {
      fill(place, writing(submission));
      place.querySelector("textarea").focus();
    };
    return [
      isGraded ? graded(submission) : notice("act", h("p", h("b", t("learning.homework_waits"))), h("p", t("learning.homework_waits_text", { time: time(submission.submitted_at) }))),
      submission.text && h("blockquote.homework-text", { dir: "auto" }, submission.text),
      submission.files.length > 0 && fileList(submission.files, t("learning.homework_files")),
      !isGraded && h("div.row", h("button.btn", { type: "button", onclick: edit }, t("learning.homework_change"))),
    ];
  }

  function writing(before = null) {
    const text = field({ name: "text", label: t("learning.homework_text"), type: "textarea", value: before?.text, isOptional: false, hint: t("learning.homework_hint"), attributes: { maxlength: LONGEST, rows: 10, dir: "auto" } });
    const files = homeworkFiles(path, before?.files);
    const kept = draft(name, { text: text.control });
    const check = ({ text: written }) => {
      if (files.isSending()) return { text: t("learning.homework_sending") };
      return written || files.ids().length ? {} : { text: t("learning.homework_missing") };
    };
    const onSubmit = async (values) => {
      const { data } = await post(path, { ...values, file_ids: files.ids() });
      kept.clear();
      toast(t("learning.homework_sent"));
      show(data, true);
      place.querySelector(".notice")?.scrollIntoView({ block: "nearest" });
    };
    const back = before && h("button.btn", { type: "button", onclick: () => [kept.clear(), show(before)] }, t("common.cancel"));
    return form({ fields: [text, files], check, submit: t(before ? "learning.homework_again" : "learning.homework_send"), busyText: t("learning.sending"), onSubmit, extra: back });
  }

  const { element } = region(load);
  return h("section.homework", { "aria-labelledby": "homework" }, h("h2#homework", t("learning.homework_yours")), element);
}

function graded({ points, max_points: most, feedback, graded_at: at }) {
  return notice(
    "good",
    h("p", h("b", t("learning.homework_points", { points: number(points), most: number(most) })), " ", h("span.soft.small", t("learning.homework_graded", { time: time(at) }))),
    feedback && h("p.homework-text", { dir: "auto" }, feedback),
  );
}
