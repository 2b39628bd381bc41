// A new course: what it needs to exist. Everything else is written in the editor.

import { h } from "../../lib/dom.js";
import { get, newKey, post } from "../../lib/api.js";
import { go } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { form } from "../../parts/form.js";
import { choicesOf, controlOf } from "./fields.js";

const DEFAULTS = { level: "BEGINNER", price: "0" };
const NAMES = ["title", "short_description", "description", "category_id", "level", "price", "currency"];

export default async function create({ signal }) {
  const { data: categories } = await get("/categories", { page_size: 100 }, { signal });
  const choices = choicesOf(categories);
  // Without a currency the server takes the installation's own.
  choices.currency.unshift(["", t("teaching.usual_currency")]);
  const fields = NAMES.map((name) => controlOf(name, DEFAULTS[name], choices, name === "currency" ? { required: false } : {}));
  let key = newKey();

  const onSubmit = async ({ currency, ...values }) => {
    try {
      const price = fields.find((each) => each.field === "price").read();
      const { data } = await post("/courses", { ...values, price, category_id: values.category_id || null, ...(currency ? { currency } : {}) }, { key });
      await go(`/teach/courses/${encodeURIComponent(data.id)}?view=lessons`, { replace: true });
    } catch (error) {
      // A refusal ends the act: what is sent next is another one. Without an answer it stays the same.
      if (error.status) key = newKey();
      throw error;
    }
  };
  const check = ({ short_description: short, description: long }) => (short || long ? {} : { short_description: t("teaching.describe") });
  const extra = h("a.btn", { href: "/teach" }, t("common.cancel"));
  return {
    title: t("common.go_new_course"),
    main: h("div.new-course.stack", h("header.head", h("p.crumb", h("a", { href: "/teach" }, t("teaching.title"))), h("h1", t("common.go_new_course")), h("p.soft", t("teaching.new_lead"))), form({ fields: [fields.slice(0, 3), h("div.pair", fields.slice(3, 5)), h("div.pair", fields.slice(5))], submit: t("teaching.create"), busyText: t("teaching.creating"), onSubmit, check, extra })),
  };
}
