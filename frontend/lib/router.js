// Pages by path, on the Navigation API: links are plain links, Back and Forward work, a page is fetched when it is opened.

import { ApiError, get } from "./api.js";
import { fill, h } from "./dom.js";
import * as session from "./session.js";
import * as strings from "./strings.js";
import { routes } from "../routes.js";
import { failed, loading } from "../parts/states.js";

const { t } = strings;
const patterns = routes.map((route) => ({ ...route, pattern: new URLPattern({ pathname: route.path }) }));
const main = document.querySelector("#main");
const version = new URL(".", import.meta.url).pathname.split("/")[2];
/** What browsers say of a module that could not be fetched; a browser may not ask for it again until the page is loaded again. */
const UNFETCHED = /dynamically imported module|Importing a module script/;
/** The page that is shown, `{ url, update, control }`, and the controller of what was opened last; they differ while it loads. */
let shown = null;
let leaving = null;
/** Whether the user has gone on with Tab, or with a pointer, since a page was opened that is still loading. */
let hasMoved = false;
for (const type of ["keydown", "pointerdown"]) addEventListener(type, (event) => (hasMoved ||= type === "pointerdown" || event.key === "Tab"), { capture: true, passive: true });

/** The route of a path with its parameters; the page about unknown paths for all others. */
function find(pathname) {
  for (const route of patterns) {
    const match = route.pattern.exec({ pathname });
    const params = match && decoded(match.pathname.groups);
    if (params) return { route, params };
  }
  return { route: patterns.at(-1), params: {} };
}

/** Null when the path has a `%` that begins no character. */
function decoded(groups) {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    return null;
  }
}

/** Whether the signed-in user may open a page; the menu and the palette ask the same. */
export function isFor({ needs }, user) {
  if (!needs) return true;
  if (needs === "visitor") return user === null;
  return user !== null && (needs === "user" || needs.includes(user.role));
}

/** Show the first page and handle every navigation from now on. */
export async function start() {
  globalThis.navigation.addEventListener("navigate", (event) => {
    const url = new URL(event.destination.url);
    if (!event.canIntercept || event.hashChange || event.downloadRequest !== null || event.formData) return;
    if (event.navigationType === "reload" || event.info === "again") return; // the document itself, and nothing in memory
    if (find(url.pathname).route === patterns.at(-1)) return; // a page of the server: documentation, mail pages
    event.intercept({ handler: () => show(url, { isFirst: false, info: event.info, back: event.navigationType === "traverse" ? event : null }), focusReset: "manual", scroll: "manual" });
  });
  await show(new URL(location.href), { isFirst: true });
}

/** Go to a path. `{ replace: true }` leaves no entry in the history. */
export const go = (path, { replace = false } = {}) => navigation.navigate(path, { history: replace ? "replace" : "auto" }).finished.catch(() => {});

/** Load a path as a new document, in place of this one: nothing of the present user stays in memory. */
export const goAgain = (path) => navigation.navigate(path, { history: "replace", info: "again" });

/** Write the query of the page that is open, without opening it again (filters, tabs). */
export function setQuery(values, { replace = true } = {}) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || value === "" || value === false) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href === location.href) return;
  navigation.navigate(url.href, { history: replace ? "replace" : "push", info: "own" }).finished.catch(() => {});
}

/** Open the page again, with fresh data. */
export const reopen = () => show(new URL(location.href), { isFirst: true, again: true });

/**
 * Only a newer page ends the loading of one: a jump to a part of the page, or a query that is written, goes on beside it.
 *
 * `back` is the event of a navigation through the history, after which the page is scrolled to where it was left.
 */
async function show(url, { isFirst, info, again = false, back = null }) {
  const { route, params } = find(url.pathname);
  const query = Object.fromEntries(url.searchParams);
  if (info === "own") return;
  const isAtRest = shown !== null && shown.control === leaving;
  if (!again && isAtRest && shown.url.pathname === url.pathname && shown.update) {
    shown.url = url;
    await shown.update(query);
    scrollBack(back);
    return;
  }
  leaving?.abort();
  const mine = (leaving = new AbortController());
  hasMoved = false;
  if (isUnknown()) await session.restore(get).catch(() => {});
  if (mine !== leaving) return;
  if (route.needs && isUnknown()) {
    place(unreachable(), { url, isFirst, route, back, control: mine });
    return;
  }
  const refusal = refuse(route, url);
  if (refusal) {
    // A redirect inside an intercepted navigation starts a new one after this.
    queueMicrotask(() => go(refusal, { replace: true }));
    return;
  }
  const timer = setTimeout(() => fill(main, loading()), 300);
  let page;
  try {
    const [module] = await Promise.all([route.load(), strings.load(...(route.strings ?? [])), ...(route.styles ?? []).map(style)]);
    page = route.needs && !isFor(route, session.user()) ? notYours() : await module.default({ params, query, url, user: session.user(), signal: mine.signal });
  } catch (error) {
    if (mine !== leaving) return;
    page = UNFETCHED.test(error.message) ? unreachable() : { title: t("common.failed"), main: failed(error, reopen, "h1") };
  } finally {
    clearTimeout(timer);
  }
  if (mine !== leaving) return;
  place(page, { url, isFirst, route, back, control: mine });
}

function place({ title, main: content, update, address = null, wide = false, bare = false }, { url, isFirst, route, back, control }) {
  shown = { url, update, control };
  if (address && address !== url.pathname) rename(address);
  document.title = title ? `${title} · Rollcall` : "Rollcall";
  main.className = bare ? "" : wide ? "wrap wide" : "wrap";
  dress(route);
  fill(main, content);
  document.documentElement.dataset.page = route.name;
  dispatchEvent(new CustomEvent("page", { detail: { url, route } }));
  if (isFirst) return;
  const target = url.hash && document.getElementById(url.hash.slice(1));
  if (target) target.scrollIntoView();
  else scrollTo(0, 0);
  scrollBack(back);
  if (hasMoved && document.activeElement !== document.body) return;
  // A screen reader hears the new page's heading, and Tab goes on from the start of the page.
  const heading = main.querySelector("h1") ?? main;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/** Scroll to where the page was left, when the user came through the history; that navigation may have ended meanwhile. */
function scrollBack(back) {
  if (back && !back.signal.aborted) back.scroll();
}

/** Give the page that is open the address it is known by, once the navigation to it has ended. */
function rename(address) {
  shown.url = new URL(address, location.origin);
  setTimeout(() => navigation.navigate(address, { history: "replace", info: "own" }).finished.catch(() => {}));
}

function refuse({ needs }, url) {
  const user = session.user();
  if (needs === "visitor" && user) return safeNext(url.searchParams.get("next"), user);
  if (needs && needs !== "visitor" && !user) return `/login?next=${encodeURIComponent(url.pathname + url.search)}`;
  return null;
}

/** A session is kept here, but the server could not be asked whose it is. */
const isUnknown = () => session.isSignedIn() && session.user() === null;

function unreachable() {
  const error = new ApiError({ status: 0, code: "offline", message: "offline" });
  return { title: t("common.failed"), main: failed(error, () => location.reload(), "h1") };
}

/** Where a user goes after signing in. */
export function home(user) {
  return { ADMIN: "/admin", INSTRUCTOR: "/teach", STUDENT: "/my-courses" }[user?.role] ?? "/";
}

/** A path of ours from `?next=`, never an address of another origin. */
export function safeNext(next, user) {
  return next?.startsWith("/") && URL.parse(next, location.origin)?.origin === location.origin ? next : home(user);
}

function notYours() {
  return {
    title: t("common.not_yours"),
    main: h("div.empty", h("h1", t("common.not_yours")), h("p", t("common.not_yours_why")), h("a.btn", { href: home(session.user()) }, t("common.to_start"))),
  };
}

const sheets = new Map();
/** Add a page's stylesheet once, and wait for it, so that the page never is without it. */
function style(name) {
  if (!sheets.has(name)) {
    const link = h("link", { rel: "stylesheet", href: `/assets/${version}/styles/pages/${name}.css` });
    const ready = new Promise((resolve) => {
      link.addEventListener("load", resolve);
      link.addEventListener("error", resolve);
    });
    sheets.set(name, { link, ready });
    document.head.append(link);
  }
  return sheets.get(name).ready;
}

/** Only a page's own stylesheets count while it is open: the same class may mean something else on another page. */
function dress({ styles = [] }) {
  for (const [name, { link }] of sheets) if (link.sheet) link.sheet.disabled = !styles.includes(name);
}
