// The settings of a quiz, as a form: minutes instead of seconds, and empty where there is no limit.

import { put } from "../../lib/api.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/strings.js";
import { field, form } from "../../parts/form.js";
import { toast } from "../../parts/toast.js";

const REVEALS = ["WHEN_DONE", "ANSWERS", "CORRECTNESS", "SCORE"];

export function settings(path, quiz, isFrozen) {
  const limit = quiz.time_limit_seconds;
  const numeric = { inputmode: "decimal", step: "any" };
  const fields = [
    field({ name: "pass_percentage", label: t("quiz.s_pass"), type: "number", required: true, value: quiz.pass_percentage, attributes: { min: 0, max: 100, ...numeric } }),
    field({ name: "max_attempts", label: t("quiz.s_attempts"), hint: t("quiz.s_empty"), type: "number", value: quiz.max_attempts, attributes: { min: 1, max: 1000, step: 1 } }),
    field({ name: "minutes", label: t("quiz.s_minutes"), hint: t("quiz.s_empty"), type: "number", value: limit === null ? null : Math.round(limit / 6) / 10, attributes: { min: 0, ...numeric } }),
    field({ name: "grace_seconds", label: t("quiz.s_grace"), hint: t("quiz.s_grace_hint"), type: "number", required: true, value: quiz.grace_seconds, attributes: { min: 0, max: 600, step: 1 } }),
    field({ name: "reveal", label: t("quiz.s_reveal"), type: "select", required: true, value: quiz.reveal, options: REVEALS.map((each) => [each, t(`quiz.reveal_${each}`)]) }),
    field({ name: "shuffle_questions", label: t("quiz.s_shuffle_questions"), type: "checkbox", value: quiz.shuffle_questions }),
    field({ name: "shuffle_answers", label: t("quiz.s_shuffle_answers"), type: "checkbox", value: quiz.shuffle_answers }),
  ];
  const onSubmit = async ({ minutes, ...values }) => {
    try {
      await put(`${path}/quiz`, { ...values, time_limit_seconds: minutes === null ? null : Math.max(1, Math.round(minutes * 60)) });
    } catch (error) {
      // The API counts in seconds: its words stand at the minutes.
      if (error.details?.time_limit_seconds) error.details.minutes = error.details.time_limit_seconds;
      delete error.details?.time_limit_seconds;
      throw error;
    }
    toast(t("common.saved"));
  };
  const made = form({ fields: h("fieldset.quiz-settings", { disabled: isFrozen }, fields), submit: t("common.save"), busyText: t("common.saving"), onSubmit });
  made.button.hidden = isFrozen;
  return made;
}
