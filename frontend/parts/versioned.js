// A form over something that others may edit meanwhile: sent with the version that was read, merged field by field.

import { fill, h } from "../lib/dom.js";
import { conflict } from "./conflict.js";

const same = (one, other) => String(one ?? "") === String(other ?? "");

/** Put a value into the control of a field. */
export function write({ control }, value) {
  if (control.type === "checkbox") control.checked = Boolean(value);
  else control.value = value ?? "";
}

/**
 * `{ form(), fields, base, etag, load(), author(), words(name, value) }` → `{ place, isDirty(), save(send), wasReread() }`.
 *
 * `base` has the values of the fields as they were read with `etag`; `load` reads both again. `save` calls `send(changes,
 * etag)` with what differs and answers what it answered; null when another user has saved a field that was edited here:
 * then both versions stand in `place`, and the form is submitted again once the user has chosen.
 */
export function versioned({ form, fields, base, etag, load, author = () => null, words = (_, value) => String(value ?? "") }) {
  const place = h("div");
  const byName = new Map(fields.map((each) => [each.field, each]));
  const differing = (one, other) => [...byName.keys()].filter((name) => !same(one[name], other[name]));
  let [read, version, isReread] = [base, etag, false];

  async function save(send) {
    const mine = form().values();
    try {
      return await send(Object.fromEntries(differing(mine, read).map((name) => [name, mine[name]])), version);
    } catch (error) {
      if (error.status !== 412) throw error;
      return merge(mine, send);
    }
  }

  async function merge(mine, send) {
    const old = read;
    const [fresh, who] = await Promise.all([load(), Promise.resolve(author()).catch(() => null)]);
    [read, version, isReread] = [fresh.base, fresh.etag, true];
    const edited = new Set(differing(mine, old));
    const theirs = differing(read, old);
    for (const name of theirs) if (!edited.has(name)) write(byName.get(name), read[name]);
    const disputed = theirs.filter((name) => edited.has(name) && !same(mine[name], read[name]));
    return disputed.length ? ask(disputed, mine, who, fresh.at) : save(send);
  }

  function ask(disputed, mine, who, at) {
    const onChoose = (chosen) => {
      for (const name of disputed) if (chosen[name] === "theirs") write(byName.get(name), read[name]);
      fill(place);
      form().hidden = false;
      form().requestSubmit();
    };
    const rows = disputed.map((name) => ({ name, label: byName.get(name).label, mine: words(name, mine[name]), theirs: words(name, read[name]) }));
    fill(place, conflict({ who, at, fields: rows, onChoose }));
    form().hidden = true;
    place.firstElementChild.focus();
    return null;
  }

  return { place, save, isDirty: () => differing(form().values(), read).length > 0, wasReread: () => isReread };
}
