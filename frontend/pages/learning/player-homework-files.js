// The files of homework before it is submitted: sent at once, listed, and removed again.

import { remove } from "../../lib/api.js";
import { bdi, fill, h } from "../../lib/dom.js";
import { isolated, size } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { busy } from "../../parts/dialog.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { uploader } from "../../parts/uploader.js";

const MOST = 20;

/** `former` are the files of the submission that is changed: they are left out of the next one, and not deleted. */
export function homeworkFiles(path, former = []) {
  const kept = new Set(former.map(({ id }) => id));
  const label = t("learning.homework_files");
  const list = h("ul.files", { "aria-label": label });
  const refusal = h("div");
  const add = uploader({ label: t("learning.homework_add_files"), method: "POST", path: `${path}/files`, most: () => MOST - chosen.length, onDone: (file) => change([...chosen, file]) });
  let chosen = [...former];

  function change(files) {
    chosen = files;
    fill(refusal);
    fill(list, chosen.map(row));
    list.hidden = !chosen.length;
    add.set({ label: t("learning.homework_add_files"), isDisabled: chosen.length >= MOST });
  }

  function row(file) {
    const drop = h("button.btn", { type: "button", "data-kind": "quiet", "aria-label": t("learning.homework_remove_file", { name: isolated(file.name) }) }, t("learning.homework_remove"));
    drop.addEventListener("click", () =>
      busy(drop, async () => {
        try {
          if (!kept.has(file.id)) await remove(`/files/${encodeURIComponent(file.id)}`);
          change(chosen.filter(({ id }) => id !== file.id));
          add.take();
        } catch (error) {
          fill(refusal, notice("bad", h("p", messageOf(error)), traceOf(error)));
        }
      }),
    );
    return h("li", h("span.name", bdi(file.name), h("span.second", size(file.size))), drop);
  }

  change(chosen);
  const element = h("div.stack.tight", { role: "group", "aria-label": label }, list, add, refusal);
  return Object.assign(element, { ids: () => chosen.map(({ id }) => id), isSending: add.isSending });
}
