// The uploaded video of a lesson: played by a personal link that is renewed, resumed, and reported second by second.

import { get, put } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { percent } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { failed } from "../../parts/states.js";
import { clock, everything } from "./state.js";
import { watcher } from "./watched.js";

const EVERY = 15000;
const NEAR = 5;
const MOST_RENEWALS = 3;

/** The video; `page.onProgress(enrollment)` hears what the server says after each report of a learner. */
export function video(page, signal) {
  const { lesson, state, at } = page;
  const row = state.lessons[at];
  const stoppedAt = row?.position_seconds ?? 0;
  const element = h("video", { controls: true, preload: "metadata", playsinline: true, "aria-label": lesson.title });
  const box = h("div.film", element);
  const share = h("p.soft.small", { "aria-live": "polite" });
  const place = h("p.soft.small", stoppedAt > NEAR && t("learning.goes_on_at", { at: clock(stoppedAt) }));
  play(element, lesson.video, box, stoppedAt, signal);
  if (state.enrollment) report(element, page, { share, signal });
  return h("div.stack.tight", box, h("div.row.between", place, share));
}

/** Set the address of the video, and a new one when it has ended: links are good for some minutes. */
function play(element, file, box, stoppedAt, signal) {
  let resumeAt = stoppedAt;
  let renewals = 0;
  const load = async () => {
    const isPlaying = !element.paused;
    try {
      element.src = (await get(`/files/${encodeURIComponent(file.id)}`, null, { signal })).data.url;
      if (isPlaying) await element.play().catch(() => {});
    } catch (error) {
      if (!signal.aborted) fill(box, failed(error, () => (fill(box, element), load())));
    }
  };
  element.addEventListener("loadedmetadata", () => resumeAt > NEAR && resumeAt < element.duration - NEAR && (element.currentTime = resumeAt));
  element.addEventListener("playing", () => (renewals = 0));
  element.addEventListener("timeupdate", () => element.currentTime > 0 && (resumeAt = element.currentTime));
  element.addEventListener("error", () => {
    renewals += 1;
    if (renewals <= MOST_RENEWALS) return load();
    return fill(box, h("div.film.out", h("p", t("learning.film_failed"))));
  });
  load();
}

/** Send what was played: while it plays, when it stops, and when the page is left. */
function report(element, page, { share, signal }) {
  const { lesson, state } = page;
  const seen = watcher(element);
  const row = state.lessons[page.at];
  let last = 0;
  let sent = row?.position_seconds ?? 0;

  const show = (value) => fill(share, value === null || value === undefined ? null : t("learning.watched", { share: percent(value) }));

  async function send() {
    const position = Math.floor(element.currentTime);
    const ranges = seen.take();
    if (!ranges.length && position === sent && last) return;
    [last, sent] = [Date.now(), position];
    if (row) row.position_seconds = position;
    try {
      const { data } = await put(`/lessons/${encodeURIComponent(lesson.id)}/progress`, { position_seconds: position, watched: ranges });
      page.onProgress?.(data);
    } catch {
      // It is sent with the next report, which may then say more.
      seen.giveBack(ranges);
    }
  }

  async function sendAndAsk() {
    await send();
    const rows = await everything(`/enrollments/${encodeURIComponent(state.enrollment.id)}/progress`, {}, { signal }).catch(() => []);
    const mine = rows.find(({ lesson_id: id }) => id === lesson.id);
    if (row && mine) row.watched_percent = mine.watched_percent;
    if (mine) show(mine.watched_percent);
  }

  show(row?.watched_percent);
  // The first report starts the clock by which the server measures what can have been played.
  element.addEventListener("play", () => !last && send());
  element.addEventListener("timeupdate", () => !element.paused && Date.now() - last > EVERY && send());
  for (const event of ["pause", "ended"]) element.addEventListener(event, sendAndAsk);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && send(), { signal });
  signal.addEventListener("abort", () => {
    send();
    element.pause();
  });
}
