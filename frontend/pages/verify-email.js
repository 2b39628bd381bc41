// The link of the mail that confirms an address, and another such mail. Opening the page spends nothing: mail scanners
// open links, too.

import { fill, h } from "../lib/dom.js";
import { post } from "../lib/api.js";
import { setQuery } from "../lib/router.js";
import { t } from "../lib/strings.js";
import { door } from "../parts/door.js";
import { field, form } from "../parts/form.js";
import { notice } from "../parts/states.js";

export default function verifyEmail({ query }) {
  const main = h("div.whole");
  const show = (page) => {
    fill(main, page);
    const heading = main.querySelector("h1");
    heading.tabIndex = -1;
    heading.focus();
  };
  fill(main, query.token ? confirming(query.token, show) : resending(query.email));
  return { title: t("account.confirm_title"), bare: true, main };
}

function confirming(token, show) {
  const again = h("div");
  const onSubmit = async () => {
    try {
      await post("/auth/verify-email", { token });
    } catch (error) {
      if (error.code === "token_invalid") fill(again, h("p", h("a", { href: "/verify-email" }, t("account.resend"))));
      throw error;
    }
    setQuery({ token: null });
    show(door(t("account.confirmed"), h("p", t("account.confirmed_why")), h("a.btn", { href: "/login", "data-kind": "primary" }, t("account.sign_in"))));
  };
  return door(t("account.confirm_title"), h("p", t("account.confirm_text")), form({ fields: [], submit: t("account.confirm"), busyText: t("account.confirming"), onSubmit }), again);
}

function resending(email) {
  const sent = h("div");
  const onSubmit = async (values) => {
    const { message } = await post("/auth/resend-verification", values);
    fill(sent, notice("good", h("p", message)));
  };
  return door(
    t("account.confirm_title"),
    h("p", t("account.resend_text")),
    form({ fields: [field({ name: "email", label: t("account.email"), type: "email", required: true, value: email, attributes: { autocomplete: "email", dir: "ltr" } })], submit: t("account.resend"), busyText: t("account.sending"), onSubmit }),
    sent,
    h("p", h("a", { href: "/login" }, t("account.back_to_sign_in"))),
  );
}
