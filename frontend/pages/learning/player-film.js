// A film by its address: played here when the address is a file, else a link to the page that plays it.

import { put } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";
import { clock } from "./state.js";

const FILE = /\.(mp4|m4v|webm|ogv|mov)$/i;
const EVERY = 15000;
const NEAR = 5;

/** The film of a lesson. For the enrolled, where they stopped is kept on the server. */
export function film({ lesson, state, at }, signal) {
  const url = URL.parse(lesson.video_url);
  if (url?.protocol !== "https:" || !FILE.test(url.pathname)) return elsewhere(lesson, url);
  const stoppedAt = state.lessons[at]?.position_seconds ?? 0;
  const video = h("video", { controls: true, preload: "metadata", playsinline: true, src: url.href, "aria-label": lesson.title });
  const box = h("div.film", video);
  video.addEventListener("error", () => fill(box, elsewhere(lesson, url, t("learning.film_failed"))));
  if (stoppedAt > NEAR) video.addEventListener("loadedmetadata", () => stoppedAt < video.duration - NEAR && (video.currentTime = stoppedAt), { once: true });
  if (state.enrollment) remember(video, lesson, state.lessons[at], signal);
  return h("div.stack.tight", box, stoppedAt > NEAR && h("p.soft.small", t("learning.goes_on_at", { at: clock(stoppedAt) })));
}

/** Send the position while it plays, when it stops, and when the page is left. */
function remember(video, lesson, row, signal) {
  let sent = row?.position_seconds ?? 0;
  let last = 0;
  const send = () => {
    const seconds = Math.floor(video.currentTime);
    if (seconds === sent || !video.duration) return;
    [sent, last] = [seconds, Date.now()];
    if (row) row.position_seconds = seconds;
    // A position that is lost costs the learner a few seconds: the next one is sent anyway.
    put(`/lessons/${encodeURIComponent(lesson.id)}/progress`, { position_seconds: seconds }).catch(() => {});
  };
  video.addEventListener("timeupdate", () => !video.paused && Date.now() - last > EVERY && send());
  for (const event of ["pause", "ended"]) video.addEventListener(event, send);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && send(), { signal });
  signal.addEventListener("abort", () => {
    send();
    video.pause();
  });
}

function elsewhere(lesson, url, why = t("learning.film_elsewhere")) {
  const isLink = url && ["http:", "https:"].includes(url.protocol);
  return h("div.film.out", h("p", why), isLink && h("a.btn", { href: url.href, rel: "noopener noreferrer", target: "_blank" }, icon("play"), h("span", t("learning.watch_at", { host: url.hostname }), h("span.vh", ` ${t("learning.new_tab")}`))));
}
