// What an outcome means for the reader: written, nothing to do, or refused; its name, tone and colour.

import { t, tOr } from "../../lib/strings.js";

const GROUPS = {
  written: ["assigned", "reactivated", "due_updated", "unassigned", "undone"],
  idle: ["already_enrolled", "not_enrolled", "kept_completed", "kept_started", "kept_changed", "not_applied", "duplicate"],
  refused: ["not_found", "invalid", "inactive", "ineligible", "no_seat", "skipped"],
};
const COLOURS = { reactivated: "k-c4", due_updated: "k-c5" };
const OF_GROUP = { written: "k-c1", idle: "k-rule", refused: "k-c3" };

/** The group of an outcome; one that the server may add needs nothing. */
export const groupOf = (outcome) => Object.keys(GROUPS).find((name) => GROUPS[name].includes(outcome)) ?? "idle";

/** `[{ name, count, kids: [[outcome, count], …] }, …]` of the counts of a run; outcomes without a row are left out. */
export function grouped(counts) {
  const all = Object.entries(counts).filter(([, count]) => count > 0);
  return Object.entries(GROUPS).map(([name, order]) => {
    const kids = all.filter(([outcome]) => groupOf(outcome) === name).sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
    return { name, count: kids.reduce((sum, [, count]) => sum + count, 0), kids };
  });
}

/** Three numbers: `{ written, idle, refused }`. */
export const sums = ({ counts }) => Object.fromEntries(grouped(counts).map(({ name, count }) => [name, count]));

/** The refused outcomes that a run has, as the API's filter takes them. */
export const refusedOf = ({ counts }) => grouped(counts).at(-1).kids.map(([outcome]) => outcome);

export const colourOf = (outcome) => COLOURS[outcome] ?? OF_GROUP[groupOf(outcome)];

export function toneOf(outcome) {
  if (outcome === "due_updated") return "act";
  return { written: "good", idle: null, refused: "bad" }[groupOf(outcome)];
}

/** The outcome in words; a reason code that says more is preferred. */
export const nameOf = (outcome, code = null) => tOr(`assign.code_${code}`, tOr(`assign.outcome_${outcome}`, outcome));

/** "2,427 people", or "4,854 rows" of a run on several courses, where a person has a row for each. */
export const people = (run, count) => t(run.course_id === null ? "assign.rows" : "assign.people", { count });

/** How the result is called: previews decide, runs write, unassigning and undoing have words of their own. */
export function kindOf({ action, state, plan_etag: plan }) {
  if (state === "PREVIEW" || plan) return "preview";
  return action.toLowerCase();
}
