// Import people from a sheet: drop or choose a CSV file, and a report with an outcome for every row.

import { bdi, fill, h } from "../../lib/dom.js";
import { post } from "../../lib/api.js";
import { list as join, number, size } from "../../lib/format.js";
import { t, tOr } from "../../lib/strings.js";
import { busy } from "../../parts/dialog.js";
import { flat } from "../../parts/form.js";
import { icon } from "../../parts/icons.js";
import { table } from "../../parts/list.js";
import { badge } from "../../parts/marks.js";
import { empty, messageOf, notice, traceOf } from "../../parts/states.js";

const TONES = { created: "good", updated: "act", unchanged: null, duplicate: "warn", invalid: "bad" };
const SHOWN = 200;

export default function importPeople() {
  let file = null;
  const chosen = h("p.soft", { role: "status" }, t("admin.import_none"));
  const input = h("input.vh", { type: "file", id: "sheet", accept: ".csv,.txt,.tsv,text/csv", onchange: () => [take(input.files[0]), (input.value = "")] });
  const button = h("button.btn", { type: "button", "data-kind": "primary", onclick: send }, t("admin.import_send"));
  const isStrict = h("input", { type: "checkbox", id: "strict" });
  const byNumber = h("input", { type: "checkbox", id: "by-number" });
  const report = h("section", { "aria-live": "polite" }, empty(t("admin.import_empty"), t("admin.import_empty_why")));
  const box = h(
    "div.drop.stack",
    h("label.btn", { for: "sheet" }, icon("upload"), t("admin.import_choose")),
    input,
    h("p.soft", t("admin.import_drop")),
    chosen,
  );
  for (const name of ["dragover", "dragleave", "drop"]) box.addEventListener(name, drag);

  function drag(event) {
    event.preventDefault();
    box.toggleAttribute("data-over", event.type === "dragover");
    if (event.type === "drop" && event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  }

  function take(given) {
    file = given ?? null;
    chosen.textContent = file ? t("admin.import_chosen", { name: file.name, size: size(file.size) }) : t("admin.import_none");
  }

  async function send() {
    if (!file) {
      fill(report, notice("bad", h("p", t("admin.import_missing"))));
      return input.focus();
    }
    return busy(
      button,
      async () => {
        const body = new FormData();
        body.set("file", file);
        try {
          const path = `/users/import?${new URLSearchParams({ ...(isStrict.checked && { strict: "true" }), ...(byNumber.checked && { on_conflict: "update" }) })}`;
          const { data } = await post(path, body, { patience: 120000 });
          fill(report, ...drawReport(data));
          report.querySelector("h2").focus();
        } catch (error) {
          const details = Object.entries(flat(error.details ?? {}));
          fill(report, notice("bad", h("h2", messageOf(error)), details.length > 0 && h("ul", details.map(([name, text]) => h("li", `${name}: ${text}`))), traceOf(error)));
        }
      },
      t("admin.import_sending"),
    );
  }

  return {
    title: t("admin.import_title"),
    main: [
      h("p.crumb", h("a", { href: "/admin/users" }, t("common.menu_users"))),
      h("div.head", h("h1", t("admin.import_title")), h("p.soft", t("admin.import_lead"))),
      h("div.bench", h("div.stack", box, h("label.tick", isStrict, h("span", t("admin.import_strict"))), h("label.tick", byNumber, h("span", t("admin.import_by_number"))), h("div.row", button)), h("div.stack.loose", report, columns())),
    ],
  };
}

function columns() {
  return h("details.columns", { open: true }, h("summary", t("admin.import_columns")), h("p", t("admin.import_columns_text")), h("p", h("code", "email, first_name, last_name, username, external_id, department, hired_on, role, manager, is_active")));
}

function drawReport({ requested, counts, sheet, results }) {
  const outcomes = Object.entries(counts).filter(([, count]) => count > 0);
  const body = h("div");
  let only = counts.invalid ? "invalid" : null;
  const draw = () => {
    const rows = results.filter(({ outcome }) => !only || outcome === only);
    fill(body, h("p.counted", { role: "status" }, rows.length > SHOWN ? t("admin.import_first", { shown: SHOWN, count: rows.length }) : t("admin.import_rows", { count: rows.length })), table(t("admin.import_report"), [{ text: t("admin.import_row"), isNumber: true }, t("admin.import_who"), t("admin.import_outcome"), t("admin.import_why")], rows.slice(0, SHOWN).map(line)));
    for (const button of buttons) button.setAttribute("aria-pressed", String((button.dataset.outcome || null) === only));
  };
  const choose = (outcome) => () => {
    only = outcome;
    draw();
  };
  const buttons = [["", requested], ...outcomes].map(([outcome, count]) => h("button.btn.sum", { type: "button", "data-outcome": outcome, onclick: choose(outcome || null) }, h("b", number(count)), " ", outcome ? t(`admin.import_${outcome}`) : t("common.all")));
  draw();
  const ignored = sheet.ignored_columns.length > 0 && h("p", t("admin.import_ignored", { columns: join(sheet.ignored_columns) }));
  return [
    h("h2", { tabindex: "-1" }, t("admin.import_done", { count: requested })),
    h("p.soft.small", t("admin.import_read", { encoding: sheet.encoding, delimiter: sheet.delimiter })),
    ignored,
    h("div.row.sums", { role: "group", "aria-label": t("admin.import_outcome") }, buttons),
    body,
  ];
}

function line({ row, input, outcome, code, details, user_id: id }) {
  const why = Object.entries(flat(details ?? {})).map(([name, text]) => h("span.second", `${name}: ${text}`));
  return h(
    "tr",
    { "data-refused": outcome === "invalid" },
    h("td.num", number(row)),
    h("th", { scope: "row" }, id ? h("a", { href: `/admin/users/${id}` }, bdi(input)) : bdi(input)),
    h("td", badge(tOr(`admin.import_${outcome}`, outcome), TONES[outcome])),
    h("td", code && h("code", code), why),
  );
}
