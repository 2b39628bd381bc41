// The client without a network: the shell and its modules of one version, kept when this worker is installed.
//
// A page is asked from the network first, so a new version is seen at once; only without an answer it is the kept shell.
// Files below /assets/<version>/ never change, so a kept one is used. Answers of the API are never kept: they are one
// person's, and may be wrong an hour later. The one exception is in memory, for seconds: a refresh of the session, which
// the page that sent it may not live to see.

const VERSION = "{{version}}";
const ASSETS = `/assets/${VERSION}/`;
const CACHE = `rollcall-${VERSION}`;
const SHELL = "/";
const PATIENCE = 8000;
const REFRESH = "/api/v1/auth/refresh";
/** As long as the server calls a spent token `already_rotated`. */
const HELD = 10000;
const REFRESH_PATIENCE = 30000;
/** The paths of the client's pages; all others are the server's: documentation, files, pages of a mail. */
const PAGES = JSON.parse(`{{routes}}`).map((pathname) => new URLPattern({ pathname }));
const ALWAYS = [`${ASSETS}icon.svg`, ...["en", "de", "ar"].map((language) => `${ASSETS}strings/${language}/common.js`)];

addEventListener("install", (event) => event.waitUntil(keepVersion().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(dropOthers().then(() => clients.claim())));

/** Keep the shell, every file that it names, and every module that these import. */
async function keepVersion() {
  const cache = await caches.open(CACHE);
  const shell = await fetched(SHELL);
  await cache.put(SHELL, shell.clone());
  const seen = new Set();
  const named = [...(await shell.text()).matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  await Promise.all([...ALWAYS, ...named].map((path) => keep(cache, path, seen)));
}

async function keep(cache, path, seen) {
  if (seen.has(path)) return;
  seen.add(path);
  const response = await fetched(path);
  await cache.put(path, response.clone());
  if (!path.endsWith(".js")) return;
  const imports = [...(await response.text()).matchAll(/^import\b[^"]*"(\.[^"]+)";/gm)].map(([, name]) => new URL(name, new URL(path, location.origin)).pathname);
  await Promise.all(imports.map((each) => keep(cache, each, seen)));
}

async function fetched(path) {
  const response = await fetch(path, { cache: "no-cache", credentials: "omit" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("rollcall-") && name !== CACHE).map((name) => caches.delete(name)));
}

// What a page had loaded before this worker was there: it says so, and those files are kept, too.
addEventListener("message", (event) => {
  const paths = (event.data?.keep ?? []).filter((path) => path.startsWith(ASSETS));
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      Promise.allSettled(paths.map(async (path) => (await cache.match(path)) ?? cache.put(path, await fetched(path)))),
    ),
  );
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method === "POST" && url.origin === location.origin && url.pathname === REFRESH) event.respondWith(refresh(event));
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (PAGES.some((page) => page.test({ pathname: url.pathname }))) event.respondWith(page(request));
  } else if (url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
});

const exchanges = new Map();

/**
 * Exchange a refresh token once. A page that is reloaded loses the answer to its request, and the token is spent: the
 * next page sends the same one, and gets the answer that came meanwhile.
 */
async function refresh(event) {
  const { url, headers } = event.request;
  const body = await event.request.text();
  if (!exchanges.has(body)) {
    const running = exchange(url, { method: "POST", headers: new Headers(headers), body, credentials: "omit", signal: AbortSignal.timeout(REFRESH_PATIENCE) });
    exchanges.set(body, running);
    const drop = () => exchanges.delete(body);
    event.waitUntil(running.then(({ init }) => (init.status === 200 ? setTimeout(drop, HELD) : drop()), drop));
  }
  const { text, init } = await exchanges.get(body);
  return new Response(text, init);
}

async function exchange(url, options) {
  const response = await fetch(url, options);
  return { text: await response.text(), init: { status: response.status, headers: new Headers(response.headers) } };
}

/** The limit is for the headers: a signal that stays on the response would cut its body short. */
async function page(request) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE);
  try {
    return await fetch(request, { signal: limit.signal });
  } catch {
    return (await caches.match(SHELL, { cacheName: CACHE })) ?? Response.error();
  } finally {
    clearTimeout(timer);
  }
}

async function asset(request) {
  // The answers vary by Origin, which modules and fonts send and the worker did not.
  const kept = await caches.match(request, { ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  // Under the name of another version the server answers with the file as it is now, and says that it may change.
  const isFixed = response.ok && (response.headers.get("Cache-Control") ?? "").includes("immutable");
  if (isFixed && new URL(request.url).pathname.startsWith(ASSETS)) {
    const copy = response.clone();
    await (await caches.open(CACHE)).put(request, copy);
  }
  return response;
}
