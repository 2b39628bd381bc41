// The reviews of a course: sum and breakdown, the list page by page, and one's own to write, edit or delete.

import { bdi, fill, h, hidden, svg } from "../../lib/dom.js";
import { get, patch, post, remove } from "../../lib/api.js";
import { ago, day, number, rating } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { ask, busy, open } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { keptPage } from "../../parts/kept-page.js";
import { avatar, badge, pager } from "../../parts/marks.js";
import { merge } from "../../parts/merge.js";
import { empty, region } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

const PAGE = 10;
const LONGEST = 2000;

/** The region: `{ element, refresh }`. `isHeld()` says whether the user is enrolled now. */
export function reviews({ course, user, isHeld, signal }) {
  const path = `/courses/${course.id}/reviews`;
  const kept = keptPage("reviews");
  const list = region(async (running) => {
    const options = { signal: AbortSignal.any([signal, running]) };
    const answer = await kept.load((first) => get(path, { page_size: PAGE }, first), options);
    const own = await ofUser(answer, options);
    return h("div", content(answer, own));
  });

  /** The user's own review, which may stand on another page of the list. */
  async function ofUser({ data, meta }, options) {
    if (!user || meta.count === 0) return null;
    const here = data.find((each) => each.author.id === user.id);
    if (here || !(meta.next || meta.previous)) return here ?? null;
    // Without an answer the list is shown all the same: writing a second review is refused by the server.
    return (await get(path, { author_id: user.id, page_size: 1 }, options).catch(() => ({ data: [] }))).data[0] ?? null;
  }

  function content({ data, meta }, own) {
    const write = isHeld() && !own && h("button.btn", { type: "button", onclick: () => edit(null) }, t("course.write_review"));
    if (!meta.average) return empty(t("course.no_reviews"), t(isHeld() ? "course.no_reviews_enrolled" : "course.no_reviews_why"), write || null, "h3");
    const others = data.filter(({ id }) => id !== own?.id);
    return h(
      "div.reviews",
      sum(meta),
      h(
        "div",
        write && h("p.first", write),
        h("ul.said", { "aria-label": t("course.reviews") }, own && review(own), others.map(review)),
        pager(meta, data.length, turn),
      ),
    );
  }

  async function turn(next) {
    kept.turn(next);
    await list.refresh();
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "start" });
  }

  function review(each) {
    const isOwn = each.author.id === user?.id;
    const mayDelete = isOwn || user?.role === "ADMIN";
    return h(
      `li${isOwn ? ".own" : ""}`,
      h(
        "div.row",
        avatar(each.author),
        h("div", h("b", bdi(each.author.full_name)), isOwn && h("span.soft", " (", t("course.you"), ")"), h("p.small.soft", h("time", { datetime: each.created_at, title: day(each.created_at) }, ago(each.created_at)))),
        h("span.end.row", each.is_completed && badge(t("course.completed"), "good"), h("span.stars", { "aria-hidden": "true" }, starsOf(each.rating)), hidden(t("common.out_of_five", { value: number(each.rating) }))),
      ),
      each.comment && h("p.prose", { dir: "auto" }, each.comment),
      mayDelete &&
        h(
          "div.row",
          isOwn && h("button.btn", { type: "button", onclick: ({ currentTarget }) => busy(currentTarget, () => edit(each)) }, t("course.edit_review")),
          h("button.btn", { type: "button", "data-kind": "quiet", onclick: () => drop(each) }, t("common.delete"), hidden(" ", t("course.delete_review_of", { name: each.author.full_name }))),
        ),
    );
  }

  async function edit(before) {
    // The version that the form starts from, so that a change from elsewhere is noticed.
    let { data, etag } = before ? await get(`/reviews/${before.id}`) : { data: null, etag: null };
    const dialog = open(t(before ? "course.edit_review" : "course.write_review"), null);
    const save = async (values) => {
      const body = { rating: Number(values.rating), comment: values.comment };
      if (before) await mergeIfStale(body);
      else await post(path, body);
      dialog.close();
      toast(t("course.review_saved"));
      kept.restart();
      await list.refresh();
    };
    const mergeIfStale = async (body) => {
      try {
        await patch(`/reviews/${before.id}`, body, { ifMatch: etag });
      } catch (error) {
        if (error.status !== 412) throw error;
        const now = await get(`/reviews/${before.id}`);
        ({ data, etag } = now);
        const chosen = await merge([
          { name: "rating", label: t("course.rating"), mine: body.rating, theirs: data.rating, show: starsOf },
          { name: "comment", label: t("course.comment"), mine: body.comment, theirs: data.comment },
        ]);
        if (!chosen) throw error;
        await patch(`/reviews/${before.id}`, chosen, { ifMatch: etag });
      }
    };
    const fields = [
      field({ name: "rating", label: t("course.rating"), type: "radios", required: true, value: data && String(data.rating), options: [5, 4, 3, 2, 1].map((value) => [String(value), t(`course.rating_${value}`)]) }),
      field({ name: "comment", label: t("course.comment"), type: "textarea", hint: t("course.comment_hint"), value: data?.comment, attributes: { maxlength: LONGEST, dir: "auto" } }),
    ];
    const cancel = h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel"));
    dialog.append(form({ fields, submit: t(before ? "course.save_review" : "course.post_review"), busyText: t(before ? "common.saving" : "course.posting"), onSubmit: save, extra: cancel }));
  }

  async function drop(each) {
    const gone = await ask({ title: t("course.delete_title"), text: t("course.delete_text"), yes: t("course.delete_review"), act: () => remove(`/reviews/${each.id}`) });
    if (!gone) return;
    toast(t("course.review_deleted"));
    kept.restart();
    await list.refresh();
    heading.focus();
  }

  const heading = h("h2", { tabindex: "-1" }, t("course.reviews"));
  const element = h("section#reviews", heading, list.element);
  return { element, refresh: list.refresh };
}

const starsOf = (value) => "★".repeat(value) + "☆".repeat(5 - value);

function sum({ average, breakdown, count }) {
  const all = breakdown ? Object.values(breakdown).reduce((one, other) => one + other, 0) : count;
  return h(
    "div.sum",
    h("p.huge", { "aria-hidden": "true" }, rating(average)),
    hidden(t("common.out_of_five", { value: rating(average) })),
    h("span.stars", { "aria-hidden": "true" }, starsOf(Math.round(average))),
    h("p.soft.small", t("course.reviews_count", { count: all })),
    breakdown && bars(breakdown),
  );
}

function bars(breakdown) {
  const most = Math.max(...Object.values(breakdown), 1);
  const line = (value) =>
    h(
      "tr",
      h("th", { scope: "row" }, t("course.stars", { count: value })),
      h("td", svg("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { width: 100, height: 8, class: "bg" }), svg("rect", { width: (100 * breakdown[value]) / most, height: 8, class: "fg" }))),
      h("td.num", number(breakdown[value])),
    );
  return h("table.bars", h("caption.vh", t("course.by_stars")), h("tbody", [5, 4, 3, 2, 1].map(line)));
}
