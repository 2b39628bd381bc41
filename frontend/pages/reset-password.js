// Set a new password with the token of a mail.

import { fill, h } from "../lib/dom.js";
import { post } from "../lib/api.js";
import { setQuery } from "../lib/router.js";
import { t } from "../lib/strings.js";
import { door } from "../parts/door.js";
import { form } from "../parts/form.js";
import { newPassword, sameTwice } from "../parts/passwords.js";

export default function resetPassword({ query }) {
  const main = h("div.whole");
  const { token } = query;
  const again = h("p", h("a", { href: "/forgot-password" }, t("account.resend")));
  const onSubmit = async (values) => {
    await post("/auth/reset-password", { token, ...values });
    setQuery({ token: null });
    fill(main, door(t("account.password_set"), h("p", t("account.password_set_why")), h("a.btn", { href: "/login", "data-kind": "primary" }, t("account.sign_in"))));
    const heading = main.querySelector("h1");
    heading.tabIndex = -1;
    heading.focus();
  };
  const content = token
    ? [form({ fields: newPassword("new_password", t("account.new_password")), submit: t("account.set_password"), busyText: t("account.setting"), onSubmit, check: sameTwice("new_password") }), again]
    : [h("p", t("account.no_token_why")), h("a.btn", { href: "/forgot-password", "data-kind": "primary" }, t("account.resend"))];
  fill(main, door(token ? t("account.forgot_title") : t("account.no_token"), content));
  return { title: t("account.forgot_title"), bare: true, main };
}
