// The picture beside sign-in and every page before an account: a list on which every name is accounted for.

import { h } from "../lib/dom.js";
import { t } from "../lib/strings.js";
import { icon } from "./icons.js";

const NAMES = ["Aisha Bailey", "Callum Dubois", "Elif Yilmaz", "Finn Kowalski", "Ingrid Larsen", "Kwame Owusu", "Mina Sato", "Pedro Castro", "Uma Shah"];
const MISSING = "Elif Yilmaz";

export function roll() {
  const line = (name) => h(`li${name === MISSING ? "" : ".in"}`, h("span", name), name !== MISSING && icon("check"));
  return h("div.roll", { "aria-hidden": "true" }, h("ol", NAMES.map(line)), h("p", t("account.motto")));
}
