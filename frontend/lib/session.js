// Who is signed in. The access token lives in memory only; the refresh token in localStorage, shared by all tabs.
//
// A refresh token may be used once: the server ends the session when one is used twice. So only one tab refreshes at a
// time, under a web lock, and hands the new access token to the others over a channel. What a user leaves behind in memory
// or in a tab's storage is dropped when they sign out, in every tab: the next user of the browser may be another.

import { API } from "./api.js";

const STORE = "refresh";
const LOCK = "rollcall-refresh";
const EARLY = 20000;
const PATIENCE = 30000;
const channel = new BroadcastChannel("rollcall-session");
let token = null;
let expires = 0;
let account = null;
let last = null;
let known = localStorage.getItem(STORE);
const listeners = new Set();

export const isSignedIn = () => localStorage.getItem(STORE) !== null;
/** The user as the server described them, or null; never guessed from the token. */
export const user = () => account;
export const hasRole = (...roles) => account !== null && roles.includes(account.role);
/** Call `act` whenever another user is signed in, or none. */
export const onChange = (act) => listeners.add(act);

/** The access token, renewed when it is about to expire; null for visitors. */
export async function access() {
  if (!isSignedIn()) return null;
  if (token === null || Date.now() > expires - EARLY) await renew();
  return token;
}

/**
 * Get an access token in place of the `stale` one; all tabs together send one request.
 *
 * False without one: then `isSignedIn()` says whether the session has ended, or the server could not be asked.
 */
export async function renew(stale = token) {
  const seen = localStorage.getItem(STORE);
  return navigator.locks.request(LOCK, async () => {
    const current = localStorage.getItem(STORE);
    if (current === null) return false;
    if (token !== stale) return true;
    // Another tab refreshed while this one waited for the lock: its message is on the way.
    if (current !== seen && (await heard())) return true;
    return exchange(current);
  });
}

function heard() {
  return new Promise((resolve) => {
    const old = token;
    const until = Date.now() + 1000;
    const look = () => (token !== old ? resolve(true) : Date.now() > until ? resolve(false) : setTimeout(look, 20));
    look();
  });
}

async function exchange(refresh) {
  const request = {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ refresh }),
    credentials: "omit",
    signal: AbortSignal.timeout(PATIENCE), // every tab waits for this one
  };
  const response = await fetch(`${API}/auth/refresh`, request).catch(() => null);
  const answer = response?.ok ? await response.json().catch(() => null) : null;
  // Signed out, or in as another user, while the request was on the way: what it answered is of no use here.
  if (localStorage.getItem(STORE) !== refresh) return false;
  if (answer) keep(answer.data);
  // 409: a page that was left before it had the answer used this token, and to send it again would look like a theft.
  else if ([401, 403, 409].includes(response?.status)) forget("ended");
  return answer !== null;
}

function keep(tokens) {
  store(tokens);
  channel.postMessage({ token, expires });
}

function store(tokens) {
  token = tokens.access;
  expires = Date.now() + tokens.expires_in * 1000;
  known = tokens.refresh;
  localStorage.setItem(STORE, known);
}

/** Take what a login answered: `{ user, tokens }`. True if this page has shown what another user may see. */
export function begin({ user: of, tokens }) {
  const isAnother = last !== null && last !== of.id;
  if (isAnother) sessionStorage.clear();
  store(tokens);
  account = of;
  channel.postMessage({ signedIn: of.id });
  announce();
  return isAnother;
}

/** Replace the user's own data after it was edited. */
export function update(of) {
  account = of;
  announce();
}

/** Ask the server who is signed in: when a page loads, and again as long as there was no answer. */
export async function restore(get) {
  if (!isSignedIn()) return;
  try {
    account = (await get("/auth/me")).data;
    announce();
  } catch (error) {
    if (error.status === 401 || error.status === 403) forget("ended");
    else throw error;
  }
}

/** Take the tokens that a change of one's password answered: the old ones work no longer. */
export const take = (tokens) => keep(tokens);

/** End all sessions of the user, this one too. Throws when the server cannot be reached. */
export async function endAll(post) {
  await post("/auth/logout-all");
  forget("left");
}

/** End the session on this device: the server ends it, and every tab is signed out even if it cannot be reached. */
export async function end(post) {
  const refresh = localStorage.getItem(STORE);
  try {
    if (refresh) await post("/auth/logout", { refresh });
  } catch {
    // The tokens are dropped here in any case.
  }
  forget("left");
}

function forget(why) {
  drop(why);
  localStorage.removeItem(STORE);
  channel.postMessage({ signedOut: why });
  announce(why);
}

function drop(why) {
  last = account?.id ?? last;
  [token, expires, account] = [null, 0, null];
  if (why === "left") sessionStorage.clear();
}

function announce(why = null) {
  for (const act of listeners) act(account, why);
}

channel.addEventListener("message", ({ data }) => {
  if (data.token) [token, expires] = [data.token, data.expires];
  if (data.signedOut) {
    drop(data.signedOut);
    if (data.signedOut === "left") location.reload();
    else announce(data.signedOut);
  }
  // Another user signed in elsewhere: this tab must not show the one's page with the other's rights.
  if (data.signedIn && data.signedIn !== account?.id) location.reload();
});

// A page that Back shows as it was left may be of another user, or of one who has signed out since.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && localStorage.getItem(STORE) !== known) location.reload();
});
