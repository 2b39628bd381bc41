// Create an account, as a learner or with the request to teach.

import { bdi, fill, h } from "../lib/dom.js";
import { post } from "../lib/api.js";
import { t } from "../lib/strings.js";
import { door } from "../parts/door.js";
import { field, form } from "../parts/form.js";
import { newPassword, sameTwice } from "../parts/passwords.js";

export default function register({ query }) {
  const main = h("div.whole");
  const onSubmit = async (values) => {
    const filled = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
    const { data, message } = await post("/auth/register", filled);
    fill(main, registered(data.user, message, query.next));
    main.querySelector("h1").focus();
  };
  const side = h("p.soft", t("account.your_account"), " ", h("a", { href: signIn(query.next) }, t("account.sign_in")));
  fill(main, door(t("account.make"), form({ fields: fields(query), submit: t("account.make"), busyText: t("account.creating"), onSubmit, check: sameTwice("password") }), side));
  return { title: t("account.make"), bare: true, main };
}

const signIn = (next) => `/login${next ? `?next=${encodeURIComponent(next)}` : ""}`;

function fields({ role }) {
  const roles = [["STUDENT", t("account.as_student"), t("account.as_student_why")], ["INSTRUCTOR", t("account.as_instructor"), t("account.as_instructor_why")]];
  return [
    field({ name: "role", label: t("account.purpose"), type: "radios", required: true, value: role?.toUpperCase() === "INSTRUCTOR" ? "INSTRUCTOR" : "STUDENT", options: roles }),
    h(
      "div.pair",
      field({ name: "first_name", label: t("account.first_name"), required: true, attributes: { autocomplete: "given-name", dir: "auto", maxlength: 100 } }),
      field({ name: "last_name", label: t("account.last_name"), attributes: { autocomplete: "family-name", dir: "auto", maxlength: 100 } }),
    ),
    field({ name: "email", label: t("account.email"), type: "email", required: true, hint: t("account.email_hint"), attributes: { autocomplete: "email", dir: "ltr" } }),
    newPassword("password", t("account.password")),
    h(
      "details.more",
      h("summary", t("account.optional_more"), h("span.soft", ` (${t("common.optional")})`)),
      h(
        "div.stack",
        field({ name: "username", label: t("account.username"), hint: t("account.username_hint"), attributes: { autocomplete: "username", autocapitalize: "none", spellcheck: "false", dir: "ltr", maxlength: 60 } }),
        field({ name: "phone_number", label: t("account.phone"), type: "tel", hint: t("account.phone_hint"), attributes: { autocomplete: "tel", dir: "ltr", maxlength: 40 } }),
      ),
    ),
  ];
}

function registered({ email, email_verified: isVerified }, message, next) {
  const content = isVerified
    ? h("a.btn", { href: signIn(next), "data-kind": "primary" }, t("account.sign_in"))
    : [h("p.soft", split(t("account.mail_sent_to", { email: "\0" }), bdi(email))), h("p", h("a", { href: `/verify-email?email=${encodeURIComponent(email)}` }, t("account.no_mail")))];
  const page = door(t("account.registered"), h("p", message), content);
  page.querySelector("h1").tabIndex = -1;
  return page;
}

/** A text with an element in the place of its mark. */
const split = (text, element) => text.split("\0").flatMap((part, at) => (at ? [element, part] : [part]));
