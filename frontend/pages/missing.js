// A path that no page has.

import { h } from "../lib/dom.js";
import { t } from "../lib/strings.js";
import { empty } from "../parts/states.js";

export default function missing() {
  return { title: t("common.no_page"), main: empty(t("common.no_page"), t("common.no_page_why"), h("a.btn", { href: "/" }, t("common.to_courses")), "h1") };
}
