// Keeps a course on the server equal to what is in its form.
//
// Three versions of each field: the base (what the server had when it was last read), mine (the form) and theirs (what the
// server has after another user saved). Only a field that both have changed needs a choice; everything else is merged.

import { debounce } from "../../lib/dom.js";
import { get, patch } from "../../lib/api.js";
import { flat } from "../../parts/form.js";
import { isSame, labelOf, valueOf } from "./fields.js";
import { t } from "../../lib/strings.js";

const PAUSE = 900;

/**
 * Start: `{ course, etag, fields, keep, onStatus, onCourse, onConflict }`; `fields` are controls of fields.js.
 *
 * `onStatus(status, error)`: saved, waiting, saving, wrong (refused fields say why), conflict or failed. `onCourse(course)`
 * after every new version. `onConflict(fields)` with what both changed, `{ name, mine, theirs }`. `keep` is the key under
 * which this tab keeps what is not saved.
 */
export function autosave({ course, etag, fields, keep, onStatus, onCourse, onConflict }) {
  const byName = new Map(fields.map((each) => [each.field, each]));
  const refused = new Set();
  const disputed = new Map();
  let base = course;
  let version = etag;
  let running = null;

  const dirty = () => fields.filter((each) => !isSame(each.field, each.read(), valueOf(base, each.field))).map((each) => each.field);
  const toSend = () => dirty().filter((name) => !refused.has(name) && !disputed.has(name));
  const path = () => `/courses/${encodeURIComponent(base.id)}`;

  function check() {
    for (const each of fields) {
      const isMissing = each.isRequired && each.read() === "";
      const isUnread = each.control.validity?.badInput ?? false;
      if (isMissing || isUnread) {
        refused.add(each.field);
        each.fail(isMissing ? t("common.required", { field: each.label }) : t("common.not_a_number"));
      }
    }
  }

  function remember() {
    const names = dirty();
    if (!names.length) return sessionStorage.removeItem(keep);
    return sessionStorage.setItem(keep, JSON.stringify(names.map((name) => [name, { base: valueOf(base, name), mine: byName.get(name).read() }])));
  }

  /** Take a new version of the course; answers the names of fields that now need a choice. */
  function merge(fresh, freshVersion, before = (name) => valueOf(base, name)) {
    for (const each of fields) {
      const name = each.field;
      const [old, mine, theirs] = [before(name), each.read(), valueOf(fresh, name)];
      if (isSame(name, theirs, old) || isSame(name, mine, theirs)) continue;
      if (isSame(name, mine, old)) each.write(theirs);
      else disputed.set(name, { name, mine, theirs });
    }
    base = fresh;
    version = freshVersion;
    onCourse(base);
    if (disputed.size) onConflict([...disputed.values()].map((each) => ({ ...each, mine: byName.get(each.name).read() })));
  }

  /** Read the course again and merge it. */
  async function refresh() {
    const { data, etag: fresh } = await get(path());
    merge(data, fresh);
    return data;
  }

  async function send() {
    for (let names = toSend(); names.length; names = toSend()) {
      onStatus("saving");
      const changes = Object.fromEntries(names.map((name) => [name, byName.get(name).read()]));
      try {
        const { data, etag: fresh } = await patch(path(), changes, { ifMatch: version });
        [base, version] = [data, fresh];
        takeBack(changes);
        onCourse(base);
      } catch (error) {
        if (error.status === 412) await refresh();
        else if (!refuse(error, names)) throw error;
      }
    }
  }

  /** What the server has made of what was sent, in the fields that were not edited meanwhile: else it is sent for ever. */
  function takeBack(sent) {
    for (const [name, value] of Object.entries(sent)) {
      const [each, stored] = [byName.get(name), valueOf(base, name)];
      if (each.read() === value && !isSame(name, value, stored)) each.write(stored);
    }
  }

  /** Show the fields that the server refused, which are left out until they change; false when it named none. */
  function refuse(error, names) {
    const details = flat(error.details ?? {});
    // A rule for two fields may name the one that was not sent: then the sent one of the pair is what is wrong.
    const named = Object.keys(details).filter((name) => byName.has(name));
    if (![409, 422].includes(error.status) || !(named.length || ["slug_taken"].includes(error.code))) return false;
    if (error.code === "slug_taken") details.slug = error.message;
    for (const [name, text] of Object.entries(details)) {
      byName.get(name)?.fail(text);
      refused.add(name);
    }
    if (!names.some((name) => refused.has(name))) for (const name of names) refused.add(name);
    return true;
  }

  async function run() {
    try {
      await send();
      onStatus(disputed.size ? "conflict" : refused.size ? "wrong" : "saved");
    } catch (error) {
      if (error.code === "course_under_review") await refresh().catch(() => {});
      onStatus("failed", error);
    }
    remember();
  }

  /** Save now what is not saved; answers true once everything is. */
  async function flush() {
    later.cancel();
    while (running) await running;
    running = run();
    await running;
    running = null;
    return dirty().length === 0;
  }

  const later = pausing(() => flush(), PAUSE);

  /** Call it at every input. */
  function changed() {
    for (const name of refused) byName.get(name)?.fail(null);
    refused.clear();
    check();
    remember();
    if (!dirty().length && !refused.size) return onStatus("saved");
    onStatus("waiting");
    return later();
  }

  /** Settle disputed fields: `{ name: "mine" | "theirs" }`. */
  function choose(choices) {
    for (const [name, which] of Object.entries(choices)) {
      if (which === "theirs") byName.get(name).write(disputed.get(name).theirs);
      disputed.delete(name);
    }
    return flush();
  }

  /** Put back what this tab had not saved when the page was left. */
  function restore() {
    const kept = new Map(JSON.parse(sessionStorage.getItem(keep) ?? "[]"));
    for (const [name, { mine }] of kept) byName.get(name)?.write(mine);
    if (kept.size) merge(base, version, (name) => kept.get(name)?.base ?? valueOf(base, name));
    if (dirty().length) changed();
  }

  const wrong = () => fields.filter((each) => refused.has(each.field));
  return { changed, flush, refresh, choose, restore, dirty, wrong, labelOf, course: () => base };
}

/** A debounced act that can be called off. */
function pausing(act, ms) {
  let isOn = false;
  const late = debounce(() => isOn && act(), ms);
  return Object.assign(() => ((isOn = true), late()), { cancel: () => (isOn = false) });
}
