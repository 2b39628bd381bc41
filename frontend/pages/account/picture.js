// The picture of one's account: choose, replace, remove.

import { fill, h } from "../../lib/dom.js";
import { put, remove } from "../../lib/api.js";
import * as session from "../../lib/session.js";
import { t } from "../../lib/strings.js";
import { busy } from "../../parts/dialog.js";
import { icon } from "../../parts/icons.js";
import { avatar } from "../../parts/marks.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

const PATIENCE = 120000;
const TYPES = "image/jpeg,image/png,image/webp";

export function picture(user) {
  const element = h("div.stack");
  const refusal = h("div");
  const shown = h("div.row");
  const input = h("input", { type: "file", accept: TYPES, hidden: true, "aria-label": t("account.choose_picture") });

  const attempt = (button, act, said, text = null) =>
    busy(
      button,
      async () => {
        fill(refusal);
        try {
          const { data } = await act();
          session.update(data);
          draw(data);
          toast(said);
          shown.querySelector("button").focus();
        } catch (error) {
          fill(refusal, notice("bad", h("p", messageOf(error)), traceOf(error)));
        }
      },
      text,
    );

  function draw(of) {
    const pick = h("button.btn", { type: "button", onclick: () => input.click() }, icon("upload"), t("account.choose_picture"));
    input.onchange = () => {
      const body = new FormData();
      body.append("file", input.files[0]);
      input.value = "";
      attempt(pick, () => put("/auth/me/picture", body, { patience: PATIENCE }), t("account.picture_saved"), t("account.uploading"));
    };
    const drop = of.profile_picture && h("button.btn", { type: "button", "data-kind": "quiet" }, t("account.remove_picture"));
    if (drop) drop.addEventListener("click", () => attempt(drop, () => remove("/auth/me/picture"), t("account.picture_removed")));
    fill(shown, avatar(of, ".large"), pick, drop, input);
  }

  draw(user);
  return fill(element, shown, refusal);
}
