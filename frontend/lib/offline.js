// The service worker: registered after the first page, and sent the names of the files that the page had loaded before.

const WORKER = "/service-worker.js";

/** Register the worker; resolves when it keeps what this page has loaded. */
export async function register() {
  // Trusted Types: the one place that may turn text into the URL of a script, and only into this one.
  const policy = globalThis.trustedTypes?.createPolicy("rollcall", { createScriptURL: (url) => (url === WORKER ? url : "") });
  await navigator.serviceWorker.register(policy ? policy.createScriptURL(WORKER) : WORKER);
  const { active } = await navigator.serviceWorker.ready;
  const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name)).filter(({ origin }) => origin === location.origin);
  active.postMessage({ keep: loaded.map(({ pathname }) => pathname).filter((path) => path.startsWith("/assets/")) });
}
