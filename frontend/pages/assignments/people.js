// Who is meant: a pasted list, people found by name, or a file that is dropped or chosen.

import { debounce, fill, h, uid } from "../../lib/dom.js";
import { get } from "../../lib/api.js";
import { list as joined, size } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { combobox } from "../../parts/combobox.js";
import { icon } from "../../parts/icons.js";
import { takeChosen } from "./chosen.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HEADERS = new Set(["email", "e-mail", "username", "external_id", "user_id", "id"]);
const KINDS = ["email", "external_id", "username", "user_id"];
const LONG = 20000;
const COUNTED = 64 * 1024 * 1024;

/**
 * The names of a pasted text as `[{ kind, value }]`, in its order. `words` says what names without an @ are: `external_id`,
 * `username`, or `auto`, where numbers are staff numbers. "Ada <ada@example.org>; …" as mail programs write it is read too.
 */
export function identifiers(text, words = "auto") {
  // Outlook writes "Lovelace, Ada <ada@example.org>; …": there a comma is part of a name.
  const between = text.includes(";") && /<[^<>\s]+@[^<>\s]+>/.test(text) ? /[\n\r;]+/ : /[\n\r;,\t]+/;
  const pieces = text.split(between).map((piece) => (/<([^<>\s]+@[^<>\s]+)>/.exec(piece)?.[1] ?? piece).trim());
  return pieces.filter((piece, at) => piece && !(at === 0 && HEADERS.has(piece.toLowerCase()))).map((value) => ({ kind: kindOf(value, words), value }));
}

function kindOf(value, words) {
  if (value.includes("@")) return "email";
  if (UUID.test(value)) return "user_id";
  if (words !== "auto") return words;
  return /\d/.test(value) && /^[\d./-]+$/.test(value) ? "external_id" : "username";
}

/** A field of the form: `read()` answers `{ lines, file }`. `onFile` hears of a file that was chosen or taken away. */
export function people({ user, onChange, onFile = () => {} }) {
  const id = uid("people");
  const text = h("textarea.mono", { id, name: "people", dir: "auto", rows: 7, spellcheck: "false", autocapitalize: "none", "aria-describedby": `${id}-hint ${id}-count ${id}-error` });
  const words = h("select", { id: `${id}-words` }, ["auto", "external_id", "username"].map((value) => h("option", { value }, t(`assign.words_${value}`))));
  const wordsField = h("div.field", { hidden: true }, h("label", { for: `${id}-words` }, t("assign.words")), words);
  const count = h("span.soft.small", { id: `${id}-count`, role: "status" });
  const error = h("p.error", { id: `${id}-error`, hidden: true });
  const input = h("input", { id: `${id}-file`, type: "file", accept: ".csv,.tsv,.txt,.ndjson,.jsonl", onchange: () => [choose(input.files[0]), (input.value = "")] });
  const card = h("div.sheet-card", { hidden: true });
  const finder = user.role === "ADMIN" && find(id, add);
  const typed = h("div.stack.tight", text, finder, wordsField);
  const box = h(
    "div.drop.field",
    h("label", { for: id }, t("assign.people_label")),
    h("p.hint", { id: `${id}-hint` }, t("assign.people_hint")),
    typed,
    card,
    error,
    h("div.row", h("label.btn.file", { for: `${id}-file` }, icon("upload"), h("span", t("assign.choose_file")), input), count),
  );
  let file = null;

  const lines = () => identifiers(text.value, words.value);
  function announce() {
    const found = lines();
    const of = (kind) => found.filter((each) => each.kind === kind).length;
    wordsField.hidden = of("external_id") + of("username") === 0;
    const parts = KINDS.filter((kind) => of(kind)).map((kind) => t(`assign.count_${kind}`, { count: of(kind) }));
    count.textContent = found.length === 0 ? "" : parts.length === 1 ? parts[0] : `${t("assign.rows", { count: found.length })}: ${joined(parts)}`;
  }

  async function choose(chosen) {
    if (!chosen) return;
    file = chosen;
    const counted = h("span.soft.small");
    fill(card, h("span", h("b", { dir: "auto" }, file.name), h("span.second", size(file.size), " ", counted)), h("button.btn", { type: "button", onclick: drop }, t("assign.remove_file")));
    const hadFocus = typed.contains(document.activeElement);
    show();
    if (hadFocus) input.focus();
    const mine = file;
    const rows = await rowsOf(file);
    if (mine === file && rows !== null) counted.textContent = `· ${t("assign.lines", { count: rows })}`;
  }
  function drop() {
    file = null;
    show();
    text.focus();
  }
  function show() {
    [typed.hidden, card.hidden, count.hidden] = [Boolean(file), !file, Boolean(file)];
    box.querySelector(".file span").textContent = t(file ? "assign.other_file" : "assign.choose_file");
    onFile(file);
    onChange();
  }
  function add({ email }) {
    text.value = [text.value.trimEnd(), email].filter(Boolean).join("\n");
    announce();
    onChange();
  }

  text.addEventListener("input", debounce(announce));
  text.addEventListener("paste", (event) => pasteAtOnce(event, text));
  words.addEventListener("change", announce);
  // A text that is dropped is the browser's: it puts it into the field.
  const hasFiles = (event) => event.dataTransfer.types.includes("Files");
  for (const kind of ["dragenter", "dragover"]) box.addEventListener(kind, (event) => hasFiles(event) && [event.preventDefault(), box.toggleAttribute("data-over", true)]);
  for (const kind of ["dragleave", "drop"]) box.addEventListener(kind, () => box.removeAttribute("data-over"));
  box.addEventListener("drop", (event) => hasFiles(event) && [event.preventDefault(), choose(event.dataTransfer.files[0])]);

  if (user.role === "ADMIN") {
    text.value = takeChosen();
    announce();
  }

  // The summary of errors leads to what can be mended: the list, or the button of the file.
  Object.defineProperty(box, "control", { get: () => (file ? input : text) });
  return Object.assign(box, {
    field: "people",
    label: t("assign.people_label"),
    isRequired: false,
    read: () => ({ lines: file ? [] : lines(), file }),
    fail(message) {
      error.hidden = !message;
      error.textContent = message ?? "";
      text.setAttribute("aria-invalid", String(Boolean(message)));
    },
  });
}

/** Chromium inserts a pasted text line by line, which takes a minute for some thousand lines: long ones are put in whole. */
function pasteAtOnce(event, text) {
  const pasted = event.clipboardData.getData("text/plain");
  if (pasted.length < LONG) return;
  event.preventDefault();
  text.setRangeText(pasted, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

function find(id, onPick) {
  const search = async (term, signal) => {
    if (term.length < 2) return [];
    const { data } = await get("/users", { search: term, page_size: 8, is_active: true }, { signal });
    return data.map((each) => ({ text: each.full_name, detail: each.email, email: each.email }));
  };
  const box = combobox({ id: `${id}-find`, label: t("assign.find_person"), placeholder: t("assign.find_person_hint"), search, onPick });
  return h("div.field", h("label.small", { for: `${id}-find` }, t("assign.find_person")), box.element);
}

/** The lines of a file without its title, read as a stream; null for files that are too large to be worth it. */
async function rowsOf(file) {
  if (file.size > COUNTED) return null;
  let [lines, last] = [0, 10];
  for await (const chunk of file.stream()) {
    for (const byte of chunk) {
      if (byte === 10 && last !== 10) lines += 1;
      if (byte !== 13) last = byte;
    }
  }
  if (last !== 10) lines += 1;
  return Math.max(0, lines - (/\.(ndjson|jsonl)$/i.test(file.name) ? 0 : 1));
}

export const countOf = ({ lines, file }) => (file ? file.name : t("assign.rows", { count: lines.length }));
