// What a region shows while it loads, when it is empty, and when it failed.

import { drawnAgain, h } from "../lib/dom.js";
import { t } from "../lib/strings.js";

/** A skeleton in the shape of `lines` lines; shown only for a first load that takes longer than 300 ms. */
export function loading(lines = 4) {
  return h(
    "div.stack.waiting",
    { "aria-busy": "true" },
    h("span.vh", { role: "status" }, t("common.loading")),
    Array.from({ length: lines }, (_, at) => h(`span.skeleton${at === 0 ? ".tall" : ""}`, { "aria-hidden": "true" }, "\u00a0")),
  );
}

/** A region without content: what is not there, one sentence, and at most one act. */
export function empty(title, why, act = null, level = "h2") {
  return h("div.empty", h(level, title), why && h("p", why), act);
}

/** What an error says to the user: the server's own words, or that the server could not be reached. */
export function messageOf(error) {
  if (error?.status === 0) return t(`common.${error.code}`);
  if (error?.status === undefined) return t("common.fault");
  return (error.code === "invalid_request" && texts(error.details ?? {}).join(" ")) || error.message;
}

/** What the details of a refused request say, whatever they are about. */
const texts = (details) => Object.values(details).flatMap((each) => (typeof each === "string" ? each : texts(each ?? {})));

/** The small print of a refusal: its code and the number of the request, for support. */
export function traceOf(error) {
  if (!error?.code || error.status === 0) return null;
  return h("p.soft.small", h("code", error.code), error.requestId && [" · ", t("common.request"), " ", h("code", error.requestId)]);
}

/** A region that failed: the server's message, its code, and "Try again". */
export function failed(error, again, level = "h2") {
  if (error?.status === undefined && error?.name !== "AbortError") reportError(error);
  return h(
    "div.empty",
    { "data-tone": "bad", role: "alert" },
    h(level, titleOf(error ?? {})),
    h("p", messageOf(error)),
    traceOf(error),
    again && error?.status !== 404 && h("button.btn", { type: "button", onclick: again }, t("common.again")),
    error?.status === 404 && h("a.btn", { href: "/" }, t("common.to_courses")),
  );
}

function titleOf({ status }) {
  if (status === 404) return t("common.not_here");
  return status === 0 && !navigator.onLine ? t("common.offline_title") : t("common.failed");
}

/** A message in the page: `tone` is good, warn, bad or act. */
export function notice(tone, ...children) {
  return h("div.notice", { "data-tone": tone, role: tone === "bad" ? "alert" : "status" }, children);
}

/**
 * Fill `region` with what `load` answers; a skeleton first, the old content kept while it is loaded again.
 *
 * `load(signal)` answers a node. A newer call ends an older one, so answers never overtake each other. `ready` resolves
 * when the first content is there, or its failure: a page that waits for it does not move afterwards. A focus within stays
 * on the same control, where that was drawn again, or else in the region.
 */
export function region(load, element = h("div")) {
  let running = null;
  function put(content) {
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    element.replaceChildren(content);
    if (!focused || focused.isConnected) return;
    if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
    (drawnAgain(focused) ?? element).focus({ preventScroll: true });
  }
  const refresh = async () => {
    running?.abort();
    const mine = (running = new AbortController());
    element.setAttribute("aria-busy", "true");
    const timer = setTimeout(() => element.childElementCount || element.replaceChildren(loading()), 300);
    try {
      const content = await load(mine.signal);
      if (!mine.signal.aborted) put(content);
    } catch (error) {
      // The page may have been left, which ends its requests, too.
      if (!mine.signal.aborted && error?.name !== "AbortError") put(failed(error, refresh));
    } finally {
      clearTimeout(timer);
      if (mine === running) element.removeAttribute("aria-busy");
    }
  };
  return { element, refresh, ready: refresh() };
}
