// Names of courses, people and runs that records give by id: each is asked for once, and shown where it is wanted.

import { fill, h } from "../../lib/dom.js";
import { get } from "../../lib/api.js";
import { time } from "../../lib/format.js";

const known = new Map();

function ask(path) {
  if (!known.has(path)) {
    const answer = get(path).then(({ data }) => data);
    known.set(path, answer);
    answer.catch(() => known.delete(path));
  }
  return known.get(path);
}

export const courseOf = (id) => ask(`/courses/${encodeURIComponent(id)}`);
export const personOf = (id) => ask(`/users/${encodeURIComponent(id)}`);

/** An element that shows `words(found)` once it is known, and `otherwise` if it cannot be. */
function shown(promise, words, otherwise) {
  const element = h("bdi", "…");
  promise.then((found) => fill(element, words(found))).catch(() => fill(element, otherwise));
  return element;
}

export const courseTitle = (id, otherwise = id) => shown(courseOf(id), ({ title }) => title, otherwise);
export const courseCode = (id, otherwise = id) => shown(courseOf(id), ({ code }) => code, otherwise);
export const personName = (id, otherwise = id) => shown(personOf(id), ({ full_name: name }) => name, otherwise);
export const runTime = (id) => shown(ask(`/assignments/${encodeURIComponent(id)}`), ({ created_at: at }) => time(at), id);
