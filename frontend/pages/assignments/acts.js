// The questions before an act on a run: stop it, or undo it.

import { h } from "../../lib/dom.js";
import { t } from "../../lib/strings.js";
import { ask } from "../../parts/dialog.js";
import { field } from "../../parts/form.js";
import { toast } from "../../parts/toast.js";
import { people, sums } from "./outcomes.js";
import { act, watch } from "./runs.js";

/** Stop a run; answers its id, or null when the user said no. */
export const askCancel = (run) => ask({ title: t("assign.cancel_title"), text: t("assign.cancel_text"), yes: t("assign.cancel_yes"), no: t("assign.cancel_no"), act: () => act(run, "cancel") });

/**
 * Undo a run, after a preview of the undo has said how many go back and how many stay. Answers the id of the undoing
 * run, or null when the user said no.
 */
export async function askUndo(run, signal) {
  const plan = await watch(await act(run, "undo", { mode: "preview" }), { signal });
  const { written, idle, refused } = sums(plan);
  const kept = idle + refused - (plan.counts.not_applied ?? 0);
  if (!written) {
    toast(t("assign.undo_none"));
    return null;
  }
  const reason = field({ name: "reason", label: t("assign.reason"), attributes: { maxlength: 1000, autocomplete: "off" } });
  return ask({
    title: t("assign.undo_title"),
    text: t("assign.undo_text", { what: people(run, written) }),
    content: [kept > 0 && h("p", h("b", t("assign.undo_kept", { count: kept }))), h("p", t("assign.undo_mail")), reason],
    yes: t("assign.undo_yes", { what: people(run, written) }),
    no: t("assign.undo_no"),
    act: () => act(run, "undo", { mode: "run", reason: reason.read() }),
  });
}
