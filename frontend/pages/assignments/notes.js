// Notes above the tally: how a sheet was read, and which rows have changed since the preview.

import { bdi, h } from "../../lib/dom.js";
import { list, number } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { nameOf } from "./outcomes.js";

const ENCODINGS = { "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", cp1252: "Windows-1252", "windows-1252": "Windows-1252" };
const DELIMITERS = { ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar" };

/** How the file was read, when there is something to say: a pasted list has no separator and no other columns. */
export function sheetNote(sheet) {
  if (!sheet || (!sheet.delimiter && !sheet.ignored_columns.length)) return null;
  const facts = [
    t("assign.sheet_read", { encoding: ENCODINGS[sheet.encoding] ?? sheet.encoding, columns: list(sheet.columns) }),
    sheet.delimiter && t(`assign.sheet_${DELIMITERS[sheet.delimiter] ?? "other"}`),
    sheet.blank_rows > 0 && t("assign.sheet_blank", { count: sheet.blank_rows }),
  ];
  return h("div.sheet-note.small.soft", h("p", facts.filter(Boolean).join(" ")), sheet.ignored_columns.length > 0 && h("p", t("assign.sheet_ignored"), " ", bdi(list(sheet.ignored_columns))));
}

/** The refusal of a plan that no longer holds, with the rows that would now be decided otherwise. */
export function changedRows(error, again) {
  const { changed = 0, rows = [] } = error.details ?? {};
  const decision = ({ outcome, code }) => [nameOf(outcome, code), code && h("code.soft.block", code)];
  const head = (text, selector = "th") => h(selector, { scope: "col" }, text);
  const box = notice(
    "warn",
    h("h3", t("assign.changed", { count: changed })),
    h("p", messageOf(error)),
    h(
      "div.scroll",
      { tabindex: "0", role: "region", "aria-label": t("assign.changed_rows") },
      h(
        "table",
        h("caption.vh", t("assign.changed_rows")),
        h("thead", h("tr", head(t("assign.row"), "th.num"), head(t("assign.person")), head(t("assign.planned")), head(t("assign.present")))),
        h("tbody", rows.map((row) => h("tr", h("td.num", number(row.row)), h("th", { scope: "row" }, h("bdi.mono", row.input)), h("td", decision(row.planned)), h("td", decision(row.present))))),
      ),
    ),
    changed > rows.length && h("p.small", t("assign.changed_more", { count: changed - rows.length })),
    h("div.row", again ? h("button.btn", { type: "button", onclick: again }, t("assign.preview_again")) : h("a.btn", { href: "/admin/assign" }, t("assign.new_run"))),
    traceOf(error),
  );
  box.tabIndex = -1;
  return box;
}
