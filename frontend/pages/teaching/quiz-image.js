// The image of a question in a dialog: how it looks now, what it shows in words, another one, none.

import { remove } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { t } from "../../lib/strings.js";
import { upload } from "../../lib/upload.js";
import { busy, open } from "../../parts/dialog.js";
import { field, flat } from "../../parts/form.js";
import { questionImage } from "../../parts/question-image.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { uploader } from "../../parts/uploader.js";

const TYPES = "image/jpeg,image/png,image/webp";

/** `{ of, onSaved }`: the question, and what is called after each change. */
export function imageDialog({ of, onSaved }) {
  const path = `/questions/${encodeURIComponent(of.id)}/image`;
  const shown = h("div");
  const refusal = h("div", { role: "alert" });
  const alt = field({ name: "alt", label: t("quiz.image_alt"), hint: t("quiz.image_alt_hint"), required: true, value: of.image?.alt ?? "", attributes: { maxlength: 500, dir: "auto" } });
  const fields = () => ({ alt: alt.read() });
  const take = uploader({ label: t("quiz.image_choose"), accept: TYPES, method: "PUT", path, fields, onDone: changed, onRefused: explain });
  const describe = h("button.btn", { type: "button", onclick: () => act(describe, () => upload("PUT", path, null, { fields: fields() })) }, t("quiz.image_describe"));
  const drop = h("button.btn", { type: "button", "data-kind": "quiet", onclick: () => act(drop, async () => (await remove(path)).data, take.take) }, t("quiz.image_remove"));

  function act(button, call, after = () => {}) {
    return busy(button, async () => {
      try {
        changed(await call());
        after();
      } catch (error) {
        if (!explain(error)) fill(refusal, notice("bad", h("p", messageOf(error)), traceOf(error)));
      }
    });
  }

  /** Say at the field what is wrong with the text; whether that was it. */
  function explain(error) {
    const { alt: reason } = flat(error.details ?? {});
    alt.fail(reason);
    if (reason) alt.control.focus();
    return Boolean(reason);
  }

  function changed(question) {
    fill(refusal);
    alt.fail();
    draw(question.image);
    toast(t("quiz.image_saved"));
    onSaved();
  }

  function draw(image) {
    fill(shown, image ? questionImage(image) : h("p.soft", t("quiz.image_none")));
    describe.hidden = drop.hidden = !image;
    take.set({ label: t(image ? "quiz.image_replace" : "quiz.image_choose") });
  }

  draw(of.image);
  const dialog = open(t("quiz.image"), h("div.stack", shown, alt, h("div.row", take, describe, drop), refusal, h("div.row", h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.close")))));
  alt.control.focus();
}
