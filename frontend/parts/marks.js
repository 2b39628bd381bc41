// Small marks: badge, avatar, cover, stars, pager.

import { bdi, h, hidden } from "../lib/dom.js";
import { number, rating } from "../lib/format.js";
import { t } from "../lib/strings.js";

/** A word with a dot by tone: good, warn, bad, act, or none. */
export const badge = (text, tone = null) => h("span.badge", { "data-tone": tone }, text);

/** The initials of a name; decorative, the name is beside it. */
export function avatar({ full_name: name, profile_picture: picture }, kind = "") {
  if (picture) return h(`img.avatar${kind}`, { src: picture, alt: "", loading: "lazy" });
  const words = (name ?? "").split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return h(`span.avatar${kind}`, { "aria-hidden": "true" }, letters.map((word) => [...word][0].toLocaleUpperCase()).join(""));
}

/** A course's thumbnail, or a cover of its letters: the same size, so that nothing moves. */
export function cover({ code = "", title, thumbnail }, sizes = "(max-width: 40rem) 100vw, 22rem") {
  if (thumbnail) {
    const { small, medium, large } = thumbnail;
    return h("img.cover", { srcset: `${small} 320w, ${medium} 640w, ${large} 1280w`, sizes, src: medium, width: 640, height: 360, alt: "", loading: "lazy", decoding: "async" });
  }
  const [, letters = "", rest = ""] = /^(\p{L}{2,4})[-\d](.*)$/u.exec(code) ?? [];
  const initials = title.split(/\s+/).filter((word) => /^[\p{L}\d]/u.test(word)).slice(0, 3).map((word) => [...word][0].toLocaleUpperCase()).join("");
  const isOwn = letters && letters !== "COURSE";
  return h("div.cover", { "data-hue": hue(code || title), "aria-hidden": "true" }, h("b", isOwn ? letters : initials), h("span", isOwn ? rest.replace(/^-/, "") || code : code));
}

/** A course has the same colour on every page. */
function hue(text) {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % 8;
}

/** Five stars for eyes, "4.4 out of 5" for ears, and the number of reviews. */
export function stars(value, count = null) {
  if (value === null || value === undefined) return h("span.soft", t("common.unrated"));
  const full = Math.round(value);
  return h("span.rate", h("span.stars", { "aria-hidden": "true" }, "★".repeat(full) + "☆".repeat(5 - full)), hidden(" ", t("common.out_of_five", { value: rating(value) }), " "), " ", h("b", { "aria-hidden": "true" }, rating(value)), count !== null && [" ", h("span.soft", "(", number(count), hidden(" ", t("common.reviews")), ")")]);
}

/** A person: avatar and name, and a second line in small type. */
export function person(user, second = null) {
  return h("span.person", avatar(user), h("span", bdi(user.full_name), second && h("span.second", bdi(second))));
}

/** Previous, place, Next: `onPage(link)` gets the API's own link. `of` is the list's `meta`. */
export function pager(of, shown, onPage) {
  const { next, previous, count, page = 1, page_size: size = shown } = of;
  if (!next && !previous) return null;
  const button = (link, text, rel) => h("button.btn", { type: "button", rel, disabled: !link, onclick: () => link && onPage(link) }, text);
  const first = (page - 1) * size + 1;
  const place = t("common.place", { first, last: first + shown - 1, count: count ?? 0 });
  return h("nav.pager", { "aria-label": t("common.pages") }, button(previous, t("common.previous"), "prev"), h("span.soft", place), button(next, t("common.next"), "next"));
}
