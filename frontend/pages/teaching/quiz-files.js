// Questions from a file and into one: GIFT and Moodle XML. A file is looked at first, question by question.

import { download, post } from "../../lib/api.js";
import { h } from "../../lib/dom.js";
import { t, tOr } from "../../lib/strings.js";
import { ask, busy } from "../../parts/dialog.js";
import { messageOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

export function files(path, onDone) {
  const input = h("input.vh", { type: "file", accept: ".gift,.txt,.xml", "aria-label": t("quiz.import"), tabindex: "-1", onchange: () => take(input.files[0]) });
  const button = h("button.btn", { type: "button", onclick: () => input.click() }, t("quiz.import"));
  const save = (format) => download(`${path}/questions/export`, { format }).catch((error) => toast(messageOf(error)));
  const exports = ["gift", "moodle_xml"].map((format) => h("button.btn", { type: "button", "data-kind": "quiet", onclick: ({ target }) => busy(target, () => save(format)) }, t(`quiz.export_${format}`)));

  function take(file) {
    // The same file may be chosen again, mended.
    input.value = "";
    if (file) busy(button, () => look(file));
  }

  async function look(file) {
    const send = (mode) => {
      const body = new FormData();
      body.append("file", file);
      body.append("mode", mode);
      return post(`${path}/questions/import`, body);
    };
    try {
      const { data } = await send("preview");
      const done = await ask({ title: t("quiz.import_title"), content: report(data), yes: t("quiz.import"), danger: false, act: () => send("run") });
      if (!done) return;
      toast(t("quiz.imported", { count: done.data.created }));
      onDone();
    } catch (error) {
      toast(messageOf(error));
    }
  }
  return [input, exports, button];
}

function report({ created, skipped, results }) {
  const left = results.filter(({ outcome }) => outcome !== "created");
  return [
    h("p", t("quiz.import_counts", { count: created })),
    skipped > 0 && h("p", t("quiz.import_skipped", { count: skipped })),
    left.length > 0 && h("ul", left.slice(0, 20).map(({ name, reason, row }) => h("li", h("bdi", name || t("quiz.question", { number: row })), ": ", tOr(`quiz.reason_${reason}`, reason)))),
  ];
}
