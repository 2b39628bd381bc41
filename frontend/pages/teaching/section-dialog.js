// A section in a dialog: its title and what it is about.

import { h } from "../../lib/dom.js";
import { get, newKey, patch, post } from "../../lib/api.js";
import { t } from "../../lib/strings.js";
import { open } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { failed, loading } from "../../parts/states.js";
import { versioned } from "../../parts/versioned.js";
import { lastChange } from "./history.js";

const path = (id) => `/sections/${encodeURIComponent(id)}`;

/** `{ of, courseId, onSaved(id), onDelete }`; `of` is null for a new one. */
export async function sectionDialog({ of, courseId, onSaved, onDelete }) {
  const place = h("div", loading(2));
  const dialog = open(t(of ? "teaching.edit_section" : "teaching.add_section"), place);
  const load = async () => {
    const { data, etag } = await get(path(of.id));
    return { base: data, etag, at: data.updated_at };
  };
  const draw = async () => {
    try {
      const { base, etag } = of ? await load() : { base: { title: "", description: "" }, etag: null };
      place.replaceChildren(editor({ dialog, of, base, etag, load, courseId, onSaved, onDelete }));
      place.querySelector("input").focus();
    } catch (error) {
      place.replaceChildren(failed(error, draw));
    }
  };
  await draw();
}

function editor({ dialog, of, base, etag, load, courseId, onSaved, onDelete }) {
  let key = newKey();
  const fields = [
    field({ name: "title", label: t("teaching.f_title"), required: true, value: base.title, attributes: { maxlength: 200, dir: "auto" } }),
    field({ name: "description", label: t("teaching.f_description"), type: "textarea", value: base.description, attributes: { rows: 3, maxlength: 5000, dir: "auto" } }),
  ];
  const author = async () => (await lastChange(courseId, ["sections"]))?.actor.full_name;
  const versions = versioned({ form: () => made, fields, base, etag, load, author });
  const onSubmit = async (values) => {
    try {
      const done = of ? await versions.save((changes, version) => patch(path(of.id), changes, { ifMatch: version })) : await post(`/courses/${encodeURIComponent(courseId)}/sections`, values, { key });
      if (!done) return;
      dialog.close();
      await onSaved(done.data.id);
    } catch (error) {
      if (error.status) key = newKey();
      throw error;
    }
  };
  const cancel = h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel"));
  const gone = of && h("button.btn.end", { type: "button", "data-kind": "danger", onclick: () => (dialog.close(), onDelete()) }, t("teaching.delete_section"));
  const made = form({ fields, submit: t(of ? "common.save" : "teaching.add_section"), busyText: t("common.saving"), onSubmit, extra: [cancel, gone] });
  return h("div.stack", versions.place, made);
}
