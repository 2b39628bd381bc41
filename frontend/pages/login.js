// Sign in.

import { h } from "../lib/dom.js";
import { post } from "../lib/api.js";
import { go, goAgain, safeNext } from "../lib/router.js";
import * as session from "../lib/session.js";
import { t } from "../lib/strings.js";
import { door } from "../parts/door.js";
import { field, form } from "../parts/form.js";
import { notice } from "../parts/states.js";

export default function login({ query }) {
  const fields = [
    field({ name: "login", label: t("account.login"), required: true, attributes: { autocomplete: "username", autocapitalize: "none", spellcheck: "false" } }),
    field({ name: "password", label: t("account.password"), type: "password", required: true, attributes: { autocomplete: "current-password" } }),
  ];
  const onSubmit = async ({ login: name, password }) => {
    const { data } = await post("/auth/login", { [name.includes("@") ? "email" : "username"]: name, password });
    const isAnother = session.begin(data);
    const next = safeNext(query.next, data.user);
    if (isAnother) goAgain(next);
    else await go(next, { replace: true });
  };
  return {
    title: t("account.sign_in"),
    bare: true,
    main: door(
      t("account.sign_in"),
      query.ended && notice("act", h("p", t("account.ended"))),
      form({ fields, submit: t("account.sign_in"), busyText: t("account.signing_in"), onSubmit }),
      h("p.row.between", h("a", { href: "/forgot-password" }, t("account.forgot")), h("a", { href: "/verify-email" }, t("account.no_mail"))),
      h("p.soft", t("account.new_here"), " ", h("a", { href: `/register${query.next ? `?next=${encodeURIComponent(query.next)}` : ""}` }, t("account.make"))),
    ),
  };
}
