// The public check of a certificate by its number: what it proves, whether it is valid, and a sheet to print.

import { h } from "../lib/dom.js";
import { get } from "../lib/api.js";
import { day, time } from "../lib/format.js";
import { t } from "../lib/strings.js";
import { icon, logo } from "../parts/icons.js";
import { qr } from "../parts/qr.js";
import { notice } from "../parts/states.js";
import { badgeButton, checker } from "./certificates.js";

export default async function certificate({ params, user, signal }) {
  let found;
  try {
    found = (await get(`/certificates/verify/${encodeURIComponent(params.number)}`, {}, { signal })).data;
  } catch (error) {
    if (error.status !== 404) throw error;
    return unknown(params.number);
  }
  return {
    title: found.course_title,
    main: [
      h(
        "div.row.between.no-print.tools",
        user ? h("a", { href: "/certificates" }, t("certificate.back")) : h("span.soft", t("certificate.check")),
        h("span.row", found.is_valid && found.full_name && badgeButton(params.number), h("button.btn", { type: "button", "data-kind": found.is_valid ? "primary" : null, onclick: () => print() }, icon("download"), t("certificate.print"))),
      ),
      verdict(found),
      found.is_valid && found.is_superseded && superseded(found),
      sheet(params.number, found),
    ],
  };
}

function unknown(number) {
  return {
    title: t("certificate.unknown"),
    main: h("div.narrow.stack", h("h1", t("certificate.unknown")), h("p", t("certificate.unknown_why", { number })), checker(number)),
  };
}

function verdict({ is_valid: isValid, revoked_at: revoked }) {
  const text = isValid ? t("certificate.valid_now", { time: time(new Date().toISOString()) }) : t("certificate.revoked_on", { date: day(revoked) });
  const box = notice(isValid ? "good" : "bad", h("p", h("b", text)));
  box.classList.add("verdict", "no-print");
  return box;
}

function superseded({ superseded_at: at }) {
  const box = notice("warn", h("p", t("certificate.superseded_on", { date: day(at) })));
  box.classList.add("verdict");
  return box;
}

function sheet(number, { full_name: name, course_title: course, issued_at: at, is_valid: isValid, course_version: version }) {
  const fact = (label, value) => h("div", h("dt", label), h("dd", value));
  const path = `/certificates/${encodeURIComponent(number)}`;
  return h(
    `article.cert${isValid ? "" : ".void"}`,
    { "aria-labelledby": "cert-title" },
    h("p.made", logo(), " Rollcall"),
    h(
      "div.say",
      h("p#cert-title", t("certificate.title")),
      name ? h("h1", { dir: "auto" }, name) : h("h1", t("certificate.name_withheld")),
      !name && h("p.soft", t("certificate.withheld_why")),
      h("p", t("certificate.done")),
      h("h2", { dir: "auto" }, course),
    ),
    h("dl", fact(t("certificate.issued"), h("time", { datetime: at }, day(at))), fact(t("certificate.number"), h("span.mono", { dir: "ltr" }, number)), version && fact(t("certificate.course_version"), version)),
    h("p.check", qr(location.origin + path), h("span", t("certificate.check_this"), h("b.mono.block", { dir: "ltr" }, location.host + path))),
    !isValid && h("p.stamp", { "aria-hidden": "true" }, t("certificate.revoked")),
  );
}
