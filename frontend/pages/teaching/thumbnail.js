// The picture of a course: how it looks now, another one, none.

import { remove } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { t } from "../../lib/strings.js";
import { busy } from "../../parts/dialog.js";
import { cover } from "../../parts/marks.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { uploader } from "../../parts/uploader.js";

const TYPES = "image/jpeg,image/png,image/webp";

/** The group of the editor about the picture: `element`, and `draw(course)`. `onChange()` is called after each change. */
export function thumbnail({ store, onChange }) {
  const path = `/courses/${encodeURIComponent(store.course().id)}/thumbnail`;
  const shown = h("div.shown");
  const refusal = h("div");
  const take = uploader({ label: t("teaching.choose_thumbnail"), accept: TYPES, method: "PUT", path, onDone: changed });
  const drop = h("button.btn", { type: "button", "data-kind": "quiet" }, t("teaching.remove_thumbnail"));
  drop.addEventListener("click", () =>
    busy(drop, async () => {
      try {
        changed((await remove(path)).data);
        take.take();
      } catch (error) {
        fill(refusal, notice("bad", h("p", messageOf(error)), traceOf(error)));
      }
    }),
  );

  function changed(course) {
    fill(refusal);
    draw(course);
    onChange();
  }

  function draw(course) {
    fill(shown, cover(course, "20rem"));
    drop.hidden = !course.thumbnail || course.status === "PENDING";
    take.set({ label: t(course.thumbnail ? "teaching.replace_thumbnail" : "teaching.choose_thumbnail"), isDisabled: course.status === "PENDING" });
  }

  const element = h(
    "section.group.thumbnail",
    { "aria-labelledby": "group-thumbnail" },
    h("div.about", h("h2#group-thumbnail", t("teaching.f_thumbnail")), h("p.soft.small", t("teaching.thumbnail_why"))),
    h("div.fields.stack", shown, h("div.row", take, drop), refusal),
  );
  return { element, draw };
}
