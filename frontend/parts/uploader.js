// A button that sends files, one after the other: their progress, a way to stop it, and refusals in the server's words.

import { fill, h } from "../lib/dom.js";
import { percent } from "../lib/format.js";
import { t } from "../lib/strings.js";
import { upload } from "../lib/upload.js";
import { flat } from "./form.js";
import { icon } from "./icons.js";
import { messageOf, notice, traceOf } from "./states.js";

/**
 * `{ label, accept, method, path, onDone(data), most(), fields(), onRefused(error) }`: `most` says how many files may be chosen
 * at once, by default one; `fields` are sent beside each; `onRefused` may show an error itself, and answers whether it did.
 *
 * Answers an element whose `set({ label, isDisabled })` draws it again, and whose `take()` takes the focus; `isSending()` says
 * whether a file is on its way.
 */
export function uploader({ label, accept = null, method, path, onDone, most = null, fields = () => ({}), onRefused = () => false }) {
  const input = h("input", { type: "file", accept, multiple: Boolean(most), hidden: true, "aria-label": label });
  const word = h("span", label);
  const button = h("button.btn", { type: "button", onclick: () => input.click() }, icon("upload"), word);
  const bar = h("progress", { max: 1, value: 0, "aria-label": label });
  const status = h("span.soft.small", { "aria-live": "polite" });
  const stop = h("button.btn", { type: "button", "data-kind": "quiet" }, t("common.cancel"));
  const going = h("div.row.sending", { hidden: true }, bar, status, stop);
  const refusal = h("div");

  input.addEventListener("change", async () => {
    const files = [...input.files].slice(0, most?.() ?? 1);
    const left = input.files.length - files.length;
    input.value = "";
    if (!files.length) return;
    const control = new AbortController();
    stop.onclick = () => control.abort();
    const show = (sent, at = 0) => {
      const share = (at + sent) / files.length;
      bar.value = share;
      status.textContent = share < 1 ? percent(Math.floor(share * 100)) : t("common.checking");
    };
    fill(refusal);
    show(0);
    // The focus goes with the buttons that change places, unless the user has moved it.
    const hadFocus = document.activeElement === button;
    [button.hidden, going.hidden] = [true, false];
    if (hadFocus) stop.focus();
    try {
      for (const [at, file] of files.entries()) {
        onDone(await upload(method, path, file, { onProgress: (sent) => show(sent, at), signal: control.signal, fields: fields() }));
      }
      if (left) fill(refusal, notice("warn", h("p", t("common.files_left_out", { count: left }))));
    } catch (error) {
      if (error.name !== "AbortError" && !onRefused(error)) fill(refusal, notice("bad", h("p", flat(error.details ?? {}).file ?? messageOf(error)), traceOf(error)));
    } finally {
      const hasFocus = going.contains(document.activeElement);
      [button.hidden, going.hidden] = [false, true];
      if (hasFocus) (button.disabled ? element : button).focus();
    }
  });

  const element = h("div.stack.tight", { tabindex: "-1" }, h("div.row", button, going, input), refusal);
  return Object.assign(element, {
    isSending: () => !going.hidden,
    take: () => (going.hidden ? button : stop).focus(),
    set({ label: text, isDisabled = false }) {
      word.textContent = text;
      button.disabled = isDisabled;
    },
  });
}
