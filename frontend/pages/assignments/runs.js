// The calls about runs: start, watch, and the acts that a record offers.

import { get, newKey, post } from "../../lib/api.js";

/** Sheets take as long as the line to the server needs. */
const UPLOAD_PATIENCE = 900000;
const CLOSING = 60000;
const PATIENCE = 120000;
const keys = new Map();

export const pathOf = (id) => `/assignments/${encodeURIComponent(id)}`;
export const isUnderWay = ({ state }) => state === "QUEUED" || state === "RUNNING";

/** A run that was stopped has not written off its other lines at once. */
export const isClosed = ({ progress }) => progress.done >= progress.total;

export const record = async (id, signal) => (await get(pathOf(id), {}, { signal })).data;

/** Send an order as a preview or a run; answers the id of its record. `order` is what the form reads. */
export async function start(order, mode, signal) {
  const { body, type } = sheetOf(order);
  const query = { ...optionsOf(order), mode };
  const name = JSON.stringify([query, order.file ? [order.file.name, order.file.size, order.file.lastModified] : order.lines]);
  const { data } = await keyed(name, (key) => post("/assignments", body, { query, key, signal, headers: { "Content-Type": type }, patience: UPLOAD_PATIENCE }));
  return idOf(data);
}

/** Pasted lines go as a sheet too, so that rows keep the order in which they were pasted. */
function sheetOf({ file, lines }) {
  const rows = "application/x-ndjson";
  if (file) return { body: file, type: /\.(ndjson|jsonl)$/i.test(file.name) ? rows : "text/csv" };
  return { body: new Blob([lines.map(({ kind, value }) => JSON.stringify({ [kind]: value })).join("\n")]), type: rows };
}

function optionsOf({ action, courses, due, existing, notify, override, atomic, reason }) {
  const common = { action, course_ids: courses.map(({ code }) => code).join(","), atomic: String(atomic), reason };
  if (action === "unassign") return common;
  const dated = due.at || due.days !== null;
  return { ...common, due_at: due.at, due_in_days: due.days === null ? null : String(due.days), on_existing: dated ? existing : null, notify: String(notify), override_seats: override ? "true" : null };
}

const idOf = (data) => data.assignment_id ?? data.id;

/** Commit, cancel, retry or undo; answers the id of the record to look at next. */
export async function act(run, name, body, options = {}) {
  const { data } = await keyed(`${name} ${run.id} ${JSON.stringify(body)}`, (key) => post(`${pathOf(run.id)}/${name}`, body, { key, patience: PATIENCE, ...options }));
  return idOf(data);
}

/** An act that had no answer is sent again under its key, so that it happens once. */
async function keyed(name, send) {
  if (!keys.has(name)) keys.set(name, newKey());
  let isOpen = false;
  try {
    return await send(keys.get(name));
  } catch (error) {
    isOpen = error.status === 0 || error.code === "request_in_flight";
    throw error;
  } finally {
    if (!isOpen) keys.delete(name);
  }
}

/**
 * Ask for a record until its run has ended; answers the last one. `onRecord` gets each, `onTrouble` each failed request.
 *
 * The server holds a request until the run ends: for 2 s at first, so that the numbers move, later for 10 s, so that a
 * long run does not use up the user's hourly budget of requests.
 */
export async function watch(id, { onRecord = () => {}, onTrouble = () => {}, signal }) {
  const begun = Date.now();
  for (;;) {
    const asked = Date.now();
    const wait = document.hidden ? 10 : Math.min(10, 2 + Math.floor((asked - begun) / 15000));
    try {
      const { data } = await get(pathOf(id), {}, { signal, headers: { Prefer: `wait=${wait}` } });
      onRecord(data);
      if (!isUnderWay(data) && (isClosed(data) || Date.now() - begun > CLOSING)) return data;
    } catch (error) {
      if (signal?.aborted || (error.status > 0 && error.status < 500 && error.status !== 429)) throw error;
      onTrouble(error);
      await pause((error.retryAfter ?? 3) * 1000);
    }
    // A server that does not wait is not asked without end.
    await pause(1000 - (Date.now() - asked));
    signal?.throwIfAborted();
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
