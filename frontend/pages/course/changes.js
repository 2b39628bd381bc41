// What differs between two versions of a course.

import { bdi, h } from "../../lib/dom.js";
import { list } from "../../lib/format.js";
import { t } from "../../lib/strings.js";

/** What differs from the version before, a line for each kind. */
export function changes({ added = [], removed = [], changed = [] }) {
  const lines = Object.entries({ added, removed, changed }).filter(([, titles]) => titles.length);
  return lines.length > 0 && h("ul.changes", lines.map(([kind, titles]) => h("li", t(`course.lessons_${kind}`), ": ", bdi(list(titles)))));
}
