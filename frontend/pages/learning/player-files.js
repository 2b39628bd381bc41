// The files of a lesson or a submission: each with its kind and size; a link is asked for when one is opened, since links are short-lived.

import { get } from "../../lib/api.js";
import { bdi, fill, h } from "../../lib/dom.js";
import { size } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { busy } from "../../parts/dialog.js";
import { icon } from "../../parts/icons.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";

const SHOWN = /^(image\/(?!svg)|audio\/|application\/pdf)/;

export function files(lesson) {
  return h("section.lesson-files", { "aria-labelledby": "lesson-files" }, h("h2#lesson-files", t("learning.files")), fileList(lesson.files, t("learning.files")));
}

/** The list, and below it the refusal of a file that cannot be opened. */
export function fileList(files, label) {
  const refusal = h("div");
  return [h("ul.files", { "aria-label": label }, files.map((file) => row(file, refusal))), refusal];
}

function row(file, refusal) {
  const button = h("button.btn", { type: "button" }, icon(SHOWN.test(file.media_type) ? "file" : "download"), h("span.name", bdi(file.name), h("span.second", size(file.size))));
  button.addEventListener("click", () =>
    busy(button, async () => {
      try {
        const { data } = await get(`/files/${encodeURIComponent(file.id)}`);
        fill(refusal);
        h("a", { href: data.url, rel: "noopener", target: SHOWN.test(file.media_type) ? "_blank" : null }).click();
      } catch (error) {
        fill(refusal, notice("bad", h("p", messageOf(error)), traceOf(error)));
      }
    }),
  );
  return h("li", button);
}
