// Who is signed in. The access token lives in memory only; the refresh token in localStorage, shared by all tabs.
//
// A refresh token may be used once: the server ends the session when one is used twice. So only one tab refreshes at a
// time, under a web lock, and hands the new access token to the others over a channel.

import { API } from "./api.js";

const STORE = "refresh";
const LOCK = "rollcall-refresh";
const EARLY = 20000;
const channel = new BroadcastChannel("rollcall-session");
let token = null;
let expires = 0;
let account = null;
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

/** Get a new access token; false when the session has ended. All tabs together send one request. */
export async function renew() {
  const seen = localStorage.getItem(STORE);
  const before = token;
  return navigator.locks.request(LOCK, async () => {
    const current = localStorage.getItem(STORE);
    if (current === null) return false;
    if (token !== before) return true;
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
  let response;
  try {
    response = await fetch(`${API}/auth/refresh`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ refresh }),
      credentials: "omit",
    });
  } catch {
    return false; // offline: the session may well be alive
  }
  if (response.ok) {
    keep((await response.json()).data);
    return true;
  }
  if (response.status === 401 || response.status === 403) forget("ended");
  return false;
}

function keep(tokens) {
  token = tokens.access;
  expires = Date.now() + tokens.expires_in * 1000;
  localStorage.setItem(STORE, tokens.refresh);
  channel.postMessage({ token, expires });
}

/** Take what a login answered: `{ user, tokens }`. */
export function begin({ user: of, tokens }) {
  keep(tokens);
  account = of;
  channel.postMessage({ signedIn: of.id });
  announce();
}

/** Replace the user's own data after it was edited. */
export function update(of) {
  account = of;
  announce();
}

/** Ask the server who is signed in; called once when a page loads. */
export async function restore(get) {
  if (!isSignedIn()) return;
  try {
    account = (await get("/auth/me")).data;
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

/** End the session on this device: the server is told, and every tab is signed out even if it cannot be reached. */
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
  token = null;
  expires = 0;
  account = null;
  localStorage.removeItem(STORE);
  channel.postMessage({ signedOut: why });
  announce(why);
}

function announce(why = null) {
  for (const act of listeners) act(account, why);
}

channel.addEventListener("message", ({ data }) => {
  if (data.token) [token, expires] = [data.token, data.expires];
  if (data.signedOut) {
    [token, account] = [null, null];
    announce(data.signedOut);
  }
  // Another user signed in elsewhere: this tab must not show the one's page with the other's rights.
  if (data.signedIn && data.signedIn !== account?.id) location.reload();
});
