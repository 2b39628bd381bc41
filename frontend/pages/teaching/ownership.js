// Who teaches a course: an admin gives it to another instructor.

import { bdi, debounce, fill, h } from "../../lib/dom.js";
import { get, patch } from "../../lib/api.js";
import { t } from "../../lib/strings.js";
import { ask, open } from "../../parts/dialog.js";
import { person } from "../../parts/marks.js";
import { failed } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

/** The group "Instructor" of the editor, for admins. */
export function ownership(store) {
  const shown = h("p");
  const draw = () => fill(shown, person(store.course().instructor, store.course().instructor.username));
  draw();
  return h(
    "section.group",
    { "aria-labelledby": "group-owner" },
    h("div.about", h("h2#group-owner", t("teaching.f_instructor_id")), h("p.soft.small", t("teaching.owner_why"))),
    h("div.fields", shown, h("button.btn.fit", { type: "button", onclick: () => choose(store, draw) }, t("teaching.give_to"))),
  );
}

function choose(store, draw) {
  const found = h("ul.found", { "aria-label": t("teaching.instructors") });
  const input = h("input", { type: "search", "aria-label": t("teaching.find_instructor"), placeholder: t("teaching.find_instructor"), autocomplete: "off", oninput: debounce(search) });
  const dialog = open(t("teaching.give_to"), [input, found]);
  const take = (user) => {
    const { id, title } = store.course();
    dialog.close();
    ask({
      title: t("teaching.ask_give", { title, name: user.full_name }),
      text: t("teaching.ask_give_why"),
      yes: t("teaching.give"),
      danger: false,
      async act() {
        await patch(`/courses/${encodeURIComponent(id)}`, { instructor_id: user.id });
        await store.refresh();
        draw();
        toast(t("teaching.given", { name: user.full_name }));
      },
    });
  };
  let running = null;
  async function search() {
    running?.abort();
    const mine = (running = new AbortController());
    try {
      const { data } = await get("/users", { search: input.value.trim(), role: "INSTRUCTOR,ADMIN", is_active: true, page_size: 20 }, { signal: mine.signal });
      fill(found, data.length ? data.map((user) => h("li", h("button.btn", { type: "button", "data-kind": "quiet", onclick: () => take(user) }, bdi(user.full_name), h("span.soft", bdi(user.email))))) : h("li.soft", t("teaching.no_instructor")));
    } catch (error) {
      if (!mine.signal.aborted) fill(found, failed(error, search));
    }
  }
  search();
}
