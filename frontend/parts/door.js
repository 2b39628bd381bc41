// The picture beside sign-in and every page before an account: a list on which every name is accounted for.

import { h } from "../lib/dom.js";
import { t } from "../lib/strings.js";
import { icon } from "./icons.js";

const NAMES = ["Aisha Bailey", "Callum Dubois", "Elif Yilmaz", "Finn Kowalski", "Ingrid Larsen", "Kwame Owusu", "Mina Sato", "Pedro Castro", "Uma Shah"];
const MISSING = "Elif Yilmaz";

function roll() {
  const line = (name) => h(`li${name === MISSING ? "" : ".in"}`, h("span", name), name !== MISSING && icon("check"));
  return h("div.roll", { "aria-hidden": "true" }, h("ol", NAMES.map(line)), h("p", t("account.motto")));
}

/** A page before an account: a heading, its content, and the picture beside it. */
export function door(title, ...content) {
  return h("div.door", h("div.form-side", h("div.inner.stack", h("h1", title), content)), roll());
}
