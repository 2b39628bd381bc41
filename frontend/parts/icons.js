// Icons: 20 px, stroke 1.7, decorative; the words stand beside them.

import { svg } from "../lib/dom.js";

const PATHS = {
  menu: "M3 5h14M3 10h14M3 15h14",
  theme: "M10 3v2M10 15v2M3 10h2M15 10h2M5 5l1.4 1.4M13.6 13.6 15 15M15 5l-1.4 1.4M6.4 13.6 5 15M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5 18 18",
  bell: "M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13ZM8.5 17.5h3",
  check: "M4 10.5 8.5 15 16 5.5",
  cross: "M5 5l10 10M15 5 5 15",
  play: "M6 4v12l10-6Z",
  text: "M4 5h12M4 9h12M4 13h8",
  file: "M5 2.5h6.5L15 6v11.5H5ZM11 2.5V6.5h4",
  quiz: "M7.5 7.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M10 14.8v.2",
  image: "M3 4h14v12H3ZM6.5 8.5v.01M3 14l4.5-4 3 2.5L14 9l3 3.5",
  pencil: "M4 16l1-4 8.5-8.5 3 3L8 15Z",
  grip: "M7.5 5v.01M12.5 5v.01M7.5 10v.01M12.5 10v.01M7.5 15v.01M12.5 15v.01",
  up: "M5 12l5-5 5 5",
  down: "M5 8l5 5 5-5",
  next: "M8 5l5 5-5 5",
  previous: "M12 5l-5 5 5 5",
  upload: "M10 13V4M6 7.5 10 3.5l4 4M4 16.5h12",
  download: "M10 3.5V13M6 9.5l4 4 4-4M4 16.5h12",
  plus: "M10 4v12M4 10h12",
  lock: "M5.5 9V7a4.5 4.5 0 0 1 9 0v2M4.5 9h11v8h-11Z",
  clock: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM10 6v4l2.5 2",
  person: "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 17c.6-3.4 3-5 6-5s5.4 1.6 6 5",
  leave: "M8 4H4v12h4M8 10h8.5M13 6.5l3.5 3.5-3.5 3.5",
  award: "M10 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM7 11l-1.5 6.5L10 15l4.5 2.5L13 11",
};

const MIRRORED = new Set(["next", "previous", "leave"]);

/** An icon by name; icons that mean "onward" turn around in right-to-left pages. */
export function icon(name) {
  return svg(
    "svg",
    {
      viewBox: "0 0 20 20", width: 20, height: 20, fill: "none", stroke: "currentColor", "stroke-width": 1.7,
      "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", class: MIRRORED.has(name) ? "mirrored" : null,
    },
    svg("path", { d: PATHS[name] }),
  );
}

/** Rollcall's mark: a list with one name ticked. */
export function logo() {
  return svg(
    "svg",
    { viewBox: "0 0 26 26", fill: "none", stroke: "currentColor", "stroke-width": 2.4, "stroke-linecap": "round", "aria-hidden": "true" },
    svg("path", { d: "M3 5h20M3 12h9M3 19h6", opacity: 0.75 }),
    svg("path", { d: "m12 17.5 4 4L24 11", class: "tick-mark", "stroke-width": 3.2, "stroke-linejoin": "round" }),
  );
}
