// The user's own certificates, and a field to check any other by its number.

import { bdi, h } from "../lib/dom.js";
import { follow, get } from "../lib/api.js";
import { day } from "../lib/format.js";
import { go } from "../lib/router.js";
import { t } from "../lib/strings.js";
import { field, form } from "../parts/form.js";
import { badge, pager } from "../parts/marks.js";
import { icon } from "../parts/icons.js";
import { empty, region } from "../parts/states.js";

export default async function certificates({ signal }) {
  let link = null;
  const list = region(async (running) => {
    const options = { signal: AbortSignal.any([signal, running]) };
    const { data, meta } = await (link ? follow(link, options) : get("/certificates", {}, options));
    if (!data.length) return empty(t("certificate.none"), t("certificate.none_why"), h("a.btn", { href: "/my-courses" }, t("common.menu_my_courses")));
    return h("div", h("ul.certs", { "aria-label": t("certificate.certificates") }, data.map(row)), pager(meta, data.length, turn));
  });
  function turn(next) {
    link = next;
    list.refresh();
  }
  await list.ready;
  return {
    title: t("certificate.certificates"),
    main: [
      h("div.head", h("h1", t("certificate.certificates")), h("p.soft", t("certificate.lead"))),
      list.element,
      h("section.checker", h("h2", t("certificate.check")), checker()),
    ],
  };
}

function row({ number, course_title: title, full_name: name, issued_at: at, revoked_at: revoked }) {
  return h(
    "li",
    icon("award"),
    h("div", h("h2", h("a", { href: `/certificates/${number}`, dir: "auto" }, title)), h("p.soft", bdi(name)), h("p.mono.small", number)),
    h("p.when", badge(t(revoked ? "certificate.revoked" : "certificate.valid"), revoked ? "bad" : "good"), h("time", { datetime: at }, day(at))),
  );
}

/** A field for the number of a certificate, which opens its page. */
export function checker(value = null) {
  const number = field({ name: "number", label: t("certificate.check_number"), required: true, hint: t("certificate.check_hint"), value, attributes: { autocomplete: "off", autocapitalize: "characters", spellcheck: "false", dir: "ltr", maxlength: 40 } });
  const onSubmit = (values) => go(`/certificates/${encodeURIComponent(values.number.toUpperCase())}`);
  return form({ fields: [number], submit: t("certificate.check"), onSubmit });
}
