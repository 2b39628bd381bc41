// The video and the files of a lesson in its dialog: sent at once, whatever becomes of the rest of the form.

import { remove } from "../../lib/api.js";
import { bdi, fill, h } from "../../lib/dom.js";
import { duration, size } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { busy } from "../../parts/dialog.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { uploader } from "../../parts/uploader.js";

const VIDEOS = "video/mp4,video/quicktime,video/webm,.m4v";
const path = (id) => `/lessons/${encodeURIComponent(id)}`;

/** The section of a lesson that exists. `onChange()` is called after each file that comes or goes. */
export function attachments(lesson, { isFrozen, onChange }) {
  const state = { video: lesson.video, files: [...lesson.files] };
  const film = h("ul.files");
  const list = h("ul.files");
  const refusal = h("div");
  const take = uploader({ label: t("teaching.add_video"), accept: VIDEOS, method: "PUT", path: `${path(lesson.id)}/video`, onDone: (file) => changed({ video: file }) });
  const add = uploader({ label: t("teaching.add_file"), method: "POST", path: `${path(lesson.id)}/files`, onDone: (file) => changed({ files: [...state.files, file] }) });

  function changed(next) {
    Object.assign(state, next);
    fill(refusal);
    draw();
    onChange();
  }

  function row(file) {
    const about = [file.duration_seconds && duration(file.duration_seconds), size(file.size)].filter(Boolean).join(" · ");
    const drop = h("button.btn", { type: "button", "data-kind": "quiet", "aria-label": t("teaching.remove_file", { name: file.name }) }, t("teaching.remove"));
    drop.addEventListener("click", () =>
      busy(drop, async () => {
        try {
          await remove(`/files/${encodeURIComponent(file.id)}`);
          const isVideo = state.video?.id === file.id;
          changed(isVideo ? { video: null } : { files: state.files.filter(({ id }) => id !== file.id) });
          (isVideo ? take : add).take();
        } catch (error) {
          fill(refusal, notice("bad", h("p", messageOf(error)), traceOf(error)));
        }
      }),
    );
    return h("li", h("span.name", bdi(file.name), h("span.second", about)), !isFrozen && drop);
  }

  function draw() {
    fill(film, state.video && row(state.video));
    fill(list, state.files.map(row));
    take.set({ label: t(state.video ? "teaching.replace_video" : "teaching.add_video"), isDisabled: isFrozen });
    add.set({ label: t("teaching.add_file"), isDisabled: isFrozen });
  }

  draw();
  return h("section.stack.attachments", { "aria-labelledby": "attachments" }, h("h3#attachments", t("teaching.attachments")), h("p.soft.small", t("teaching.attachments_why")), film, take, list, add, refusal);
}
