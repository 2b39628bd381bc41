// Ask for the mail with a link to set a new password. The answer is the same whether or not there is such an account.

import { fill, h } from "../lib/dom.js";
import { post } from "../lib/api.js";
import { t } from "../lib/strings.js";
import { door } from "../parts/door.js";
import { field, form } from "../parts/form.js";
import { notice } from "../parts/states.js";

export default function forgotPassword({ query }) {
  const sent = h("div");
  const onSubmit = async (values) => {
    fill(sent);
    const { message } = await post("/auth/forgot-password", values);
    fill(sent, notice("good", h("p", h("b", t("account.mail_sent"))), h("p", message)));
  };
  const email = field({ name: "email", label: t("account.email"), type: "email", required: true, value: query.email, attributes: { autocomplete: "email", dir: "ltr" } });
  return {
    title: t("account.forgot_title"),
    bare: true,
    main: door(
      t("account.forgot_title"),
      h("p", t("account.forgot_text")),
      form({ fields: [email], submit: t("account.send_link"), busyText: t("account.sending"), onSubmit }),
      sent,
      h("p", h("a", { href: "/login" }, t("account.back_to_sign_in"))),
    ),
  };
}
