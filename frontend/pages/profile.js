// One's own account: picture, profile, address, password, and what this device shows.

import { bdi, fill, h } from "../lib/dom.js";
import { get, patch, post } from "../lib/api.js";
import * as session from "../lib/session.js";
import { choose, language, LANGUAGES, t } from "../lib/strings.js";
import { open } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { badge } from "../parts/marks.js";
import { merge } from "../parts/merge.js";
import { newPassword, sameTwice } from "../parts/passwords.js";
import { notice } from "../parts/states.js";
import { toast } from "../parts/toast.js";
import { picture } from "./account/picture.js";

const EDITED = ["first_name", "last_name", "username", "phone_number", "bio"];

export default async function profile({ signal }) {
  const { data: user, etag } = await get("/auth/me", {}, { signal });
  return {
    title: t("account.profile"),
    main: h(
      "div.settings-page",
      h("div.head", h("h1", t("account.profile")), h("p.row", bdi(user.full_name), badge(t(`common.role_${user.role}`)))),
      part(t("account.picture"), t("account.picture_hint"), picture(user)),
      part(t("account.profile"), t("account.profile_why"), details(user, etag)),
      part(t("account.email"), null, address(user)),
      part(t("account.password"), t("account.password_why"), password()),
      part(t("account.account_of_device"), t("account.account_of_device_why"), device()),
    ),
  };
}

function part(title, why, content) {
  return h("section.part", h("div", h("h2", title), why && h("p.soft", why)), h("div", content));
}

function details(user, version) {
  let etag = version;
  let before = user;
  const text = (name, label, more = {}) => field({ name, label, value: user[name], ...more, attributes: { dir: "auto", ...more.attributes } });
  const fields = [
    h(
      "div.pair",
      text("first_name", t("account.first_name"), { required: true, attributes: { autocomplete: "given-name", maxlength: 100 } }),
      text("last_name", t("account.last_name"), { attributes: { autocomplete: "family-name", maxlength: 100 } }),
    ),
    h(
      "div.pair",
      text("username", t("account.username"), { required: true, attributes: { autocomplete: "username", dir: "ltr", maxlength: 60, spellcheck: "false" } }),
      text("phone_number", t("account.phone"), { type: "tel", attributes: { autocomplete: "tel", dir: "ltr", maxlength: 40 } }),
    ),
    text("bio", t("account.bio"), { type: "textarea", hint: t("account.bio_hint"), attributes: { maxlength: 2000 } }),
  ];
  const element = form({ fields, submit: t("account.save_profile"), busyText: t("common.saving"), onSubmit: save });

  async function save(values) {
    const changes = Object.fromEntries(EDITED.filter((name) => (values[name] ?? "") !== (before[name] ?? "")).map((name) => [name, values[name] === "" && name !== "last_name" ? null : values[name]]));
    let answer;
    try {
      answer = await patch("/auth/me", changes, { ifMatch: etag });
    } catch (error) {
      if (error.status !== 412) throw error;
      answer = await saveMerged(values, error);
    }
    before = answer.data;
    etag = answer.etag ?? (await get("/auth/me")).etag;
    for (const each of element.querySelectorAll(".field")) if (each.field) each.control.value = before[each.field] ?? "";
    session.update(before);
    toast(t("common.saved"));
  }

  async function saveMerged(values, error) {
    const now = await get("/auth/me");
    const chosen = await merge(EDITED.map((name) => ({ name, label: t(`account.${name === "phone_number" ? "phone" : name}`), mine: values[name], theirs: now.data[name] })));
    if (!chosen) throw error;
    return patch("/auth/me", chosen, { ifMatch: now.etag });
  }
  return element;
}

function address(user) {
  const announced = h("div", { role: "status" });
  const change = () => {
    const fields = [
      field({ name: "new_email", label: t("account.new_email"), type: "email", required: true, attributes: { autocomplete: "email", dir: "ltr" } }),
      field({ name: "password", label: t("account.old_password"), type: "password", required: true, attributes: { autocomplete: "current-password" } }),
    ];
    const onSubmit = async (values) => {
      const { message } = await post("/auth/change-email", values);
      dialog.close();
      fill(announced, notice("good", h("p", message)));
    };
    const cancel = h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel"));
    const dialog = open(t("account.change_email"), [h("p", t("account.change_email_text")), form({ fields, submit: t("account.change_email"), busyText: t("account.changing"), onSubmit, extra: cancel })]);
  };
  return h("div.stack", h("p.row.between", h("b", bdi(user.email)), h("button.btn", { type: "button", onclick: change }, t("account.change_email"))), announced);
}

function password() {
  const change = () => {
    const fields = [field({ name: "old_password", label: t("account.old_password"), type: "password", required: true, attributes: { autocomplete: "current-password" } }), newPassword("new_password", t("account.new_password"))];
    const onSubmit = async (values) => {
      const { data } = await post("/auth/change-password", values);
      session.take(data);
      dialog.close();
      toast(t("account.password_changed"));
    };
    const cancel = h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel"));
    const dialog = open(t("account.change_password"), form({ fields, submit: t("account.change_password"), busyText: t("account.changing"), onSubmit, extra: cancel, check: sameTwice("new_password") }));
  };
  return h("div.row", h("button.btn", { type: "button", onclick: change }, t("account.change_password")), h("a", { href: "/me/sessions" }, t("account.sessions")));
}

function device() {
  const root = document.documentElement;
  const keep = (name) => ({ target }) => {
    root.dataset[name] = target.value;
    localStorage.setItem(name, target.value);
  };
  const choice = (name, label, options, value, change) => {
    const each = field({ name, label, type: "select", required: true, options, value });
    each.control.addEventListener("change", change);
    return each;
  };
  return h(
    "div.trio",
    choice("theme", t("common.theme"), ["", "light", "dark"].map((value) => [value, t(`common.theme_${value || "device"}`)]), root.dataset.theme ?? "", keep("theme")),
    choice("language", t("common.language"), Object.entries(LANGUAGES), language, ({ target }) => choose(target.value)),
    choice("density", t("account.density"), [["", t("account.wide")], ["compact", t("account.compact")]], root.dataset.density ?? "", keep("density")),
  );
}
