// The user's own certificates, and a field to check any other by its number.

import { bdi, h } from "../lib/dom.js";
import { download, get } from "../lib/api.js";
import { day } from "../lib/format.js";
import { go } from "../lib/router.js";
import { t } from "../lib/strings.js";
import { busy } from "../parts/dialog.js";
import { field, form } from "../parts/form.js";
import { keptPage } from "../parts/kept-page.js";
import { badge, pager } from "../parts/marks.js";
import { icon } from "../parts/icons.js";
import { empty, region } from "../parts/states.js";

export default async function certificates({ signal }) {
  const kept = keptPage("certificates");
  const heading = h("h1", { tabindex: "-1" }, t("certificate.certificates"));
  const list = region(async (running) => {
    const options = { signal: AbortSignal.any([signal, running]) };
    const { data, meta } = await kept.load((first) => get("/certificates", {}, first), options);
    if (!data.length) return empty(t("certificate.none"), t("certificate.none_why"), h("a.btn", { href: "/my-courses" }, t("common.menu_my_courses")));
    return h("div", h("ul.certs", { "aria-label": t("certificate.certificates") }, data.map(row)), pager(meta, data.length, turn));
  });
  async function turn(next) {
    kept.turn(next);
    await list.refresh();
    heading.focus();
  }
  await list.ready;
  return {
    title: t("certificate.certificates"),
    main: [
      h("div.head", heading, h("p.soft", t("certificate.lead"))),
      list.element,
      h("section.checker", h("h2", t("certificate.check")), checker()),
    ],
  };
}

function row(certificate) {
  const { number, course_title: title, full_name: name, issued_at: at, course_version: version } = certificate;
  const known = [h("time", { datetime: at }, day(at)), version && h("span", t("certificate.version", { number: version }))];
  return h(
    "li",
    icon("award"),
    h("div.stack", h("div", h("h2", h("a", { href: `/certificates/${number}`, dir: "auto" }, title)), h("p.soft", bdi(name)), h("p.mono.small", number)), h("p.row", ...acts(certificate))),
    h("p.when", state(certificate), known),
  );
}

function state({ revoked_at: revoked, superseded_at: superseded }) {
  if (revoked) return badge(t("certificate.revoked"), "bad");
  return superseded ? badge(t("certificate.superseded"), "warn") : badge(t("certificate.valid"), "good");
}

/** The PDF, and the badge for a wallet, which a revoked certificate does not have. */
function acts({ id, number, course_title: title, revoked_at: revoked }) {
  const pdf = h("button.btn", { type: "button", "aria-label": t("certificate.pdf_of", { title }), onclick: () => busy(pdf, () => download(`/certificates/${id}/pdf`)) }, icon("download"), t("certificate.pdf"));
  return [pdf, !revoked && badgeButton(number)];
}

/** A button that saves the Open Badge of a certificate as a file, which wallets import. */
export function badgeButton(number) {
  const save = async () => {
    const { data } = await get(`/certificates/verify/${encodeURIComponent(number)}/badge`);
    saveAs(`badge-${number}.jwt`, data.jwt);
  };
  const button = h("button.btn", { type: "button", onclick: () => busy(button, save) }, icon("award"), t("certificate.badge"));
  return button;
}

function saveAs(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/vc+jwt" }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/** A field for the number of a certificate, which opens its page. */
export function checker(value = null) {
  const number = field({ name: "number", label: t("certificate.check_number"), required: true, hint: t("certificate.check_hint"), value, attributes: { autocomplete: "off", autocapitalize: "characters", spellcheck: "false", dir: "ltr", maxlength: 40 } });
  const onSubmit = (values) => go(`/certificates/${encodeURIComponent(values.number.toUpperCase())}`);
  return form({ fields: [number], submit: t("certificate.check"), onSubmit });
}
