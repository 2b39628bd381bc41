// Calls of the API: one response shape, one kind of error, one place that adds the token, ETags and idempotency keys.

import * as session from "./session.js";

export const API = "/api/v1";
const PATIENCE = 30000;

/** For a body that is a file: as long as the line to the server needs. */
const FILE_PATIENCE = 600000;

/** A refusal by the server, or no answer at all (status 0, code "offline", "timeout" or "file_changed"). */
export class ApiError extends Error {
  constructor({ status, code, message, details = {}, requestId = null, retryAfter = null, data = null }) {
    super(message);
    Object.assign(this, { status, code, details, requestId, retryAfter, data });
  }
}

/**
 * Send a request and answer `{ data, meta, message, etag, status, headers }`; `meta` has count, next, previous, page…
 *
 * Options: `query` (empty values are left out), `body` (JSON, or FormData or Blob as they are), `headers`, `signal`,
 * `ifMatch` (an ETag), `key` (an idempotency key), `patience` in ms. A 401 with a token is tried once more with a new one.
 * Throws ApiError; an aborted signal throws AbortError as fetch does.
 */
export async function call(method, path, options = {}) {
  return read(await answer(method, path, options));
}

export const get = (path, query, options) => call("GET", path, { ...options, query });
export const post = (path, body, options) => call("POST", path, { ...options, body });
export const patch = (path, body, options) => call("PATCH", path, { ...options, body });
export const put = (path, body, options) => call("PUT", path, { ...options, body });
export const remove = (path, options) => call("DELETE", path, options);

/** The next page's data by the URL that the API gave: its path and query on this origin. */
export const follow = (link, options) => {
  const { pathname, search } = new URL(link, location.href);
  return call("GET", pathname.slice(API.length) + search, options);
};

/** A new idempotency key: keep it until the act has an answer, so that a repeat is the same act. */
export const newKey = () => crypto.randomUUID();

/** Download a file of the API under its own name (a plain link cannot carry the token). */
export async function download(path, query, options = {}) {
  const response = await answer("GET", path, { patience: FILE_PATIENCE, ...options, query, accept: "*/*" });
  if (!response.ok) return read(response);
  const name = /filename="?([^";]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? path.split("/").at(-1);
  const url = URL.createObjectURL(await bodyOf(response, "blob"));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
  return null;
}

async function answer(method, path, options) {
  const token = await authorized();
  const response = await send(method, path, options, token);
  if (response.status !== 401 || !session.isSignedIn()) return response;
  if (await session.renew(token)) return send(method, path, options, await session.access());
  return session.isSignedIn() ? unreachable("offline") : response;
}

/** The access token, null for visitors. A user whose token cannot be renewed now is no visitor, and must not look like one. */
async function authorized() {
  const token = await session.access();
  return token === null && session.isSignedIn() ? unreachable("offline") : token;
}

function unreachable(code) {
  throw new ApiError({ status: 0, code, message: code });
}

async function send(method, path, { query, body, headers = {}, signal, ifMatch, key, accept, patience }, token) {
  const url = new URL(API + path, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "" && value !== false) url.searchParams.set(name, value);
  }
  const all = { Accept: accept ?? "application/json", ...headers };
  const isRaw = body instanceof FormData || body instanceof Blob || typeof body === "string";
  if (body !== undefined && !isRaw) all["Content-Type"] = "application/json";
  if (token) all.Authorization = `Bearer ${token}`;
  if (ifMatch) all["If-Match"] = ifMatch;
  if (key) all["Idempotency-Key"] = key;
  const limit = AbortSignal.timeout(patience ?? (filesOf(body).length ? FILE_PATIENCE : PATIENCE));
  try {
    return await fetch(url, {
      method,
      headers: all,
      body: body === undefined || isRaw ? body : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      credentials: "omit",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    return unreachable(limit.aborted ? "timeout" : (await isChanged(body)) ? "file_changed" : "offline");
  }
}

const filesOf = (body) => (body instanceof FormData ? [...body.values()] : [body]).filter((each) => each instanceof Blob);

/** Whether a file was changed on the disk after it was chosen: a browser does not read it any longer, and does not say so. */
export async function isChanged(body) {
  const first = filesOf(body).map((file) => file.slice(0, 1).arrayBuffer());
  return (await Promise.allSettled(first)).some(({ status }) => status === "rejected");
}

/** The body of an answer as `text` or `blob`. It may break off, or come too late, as the whole answer may. */
async function bodyOf(response, kind) {
  try {
    return await response[kind]();
  } catch (error) {
    if (error.name === "AbortError") throw error; // the page was left
    return unreachable(error.name === "TimeoutError" ? "timeout" : "offline");
  }
}

async function read(response) {
  const answer = parsed(await bodyOf(response, "text"), response.ok);
  const { headers, status } = response;
  if (status === 304 || (answer === null && response.ok)) return { data: null, meta: {}, status, headers, etag: headers.get("ETag") };
  if (response.ok) {
    const { data, message, success: _, ...meta } = answer;
    return { data, meta, message, status, headers, etag: headers.get("ETag") };
  }
  throw new ApiError({
    status,
    code: answer?.error?.code ?? "unavailable",
    message: answer?.message ?? response.statusText,
    details: answer?.error?.details,
    requestId: answer?.error?.request_id ?? headers.get("X-Request-ID"),
    retryAfter: Number(headers.get("Retry-After")) || null,
    data: answer?.data ?? null,
  });
}

/** Null for an empty body. Anything but JSON is a proxy's: then a success is none of this server's. */
function parsed(text, isSuccess) {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return isSuccess ? unreachable("offline") : null;
  }
}
