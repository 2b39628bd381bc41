// Which seconds of a film were played: what was skipped by seeking is not among them.

const TICK = 2;

/** `take()` answers the ranges since the last time as pairs of whole seconds, and forgets them; `giveBack(ranges)` returns them. */
export function watcher(film) {
  let ranges = [];
  let from = null;

  function step() {
    const now = film.currentTime;
    if (from !== null && now > from && now - from < TICK * Math.max(1, film.playbackRate)) add(from, now);
    from = film.seeking || film.paused ? null : now;
  }

  function add(begin, end) {
    const last = ranges.at(-1);
    if (last && begin <= last[1] + 0.25 && end >= last[0]) last[1] = Math.max(last[1], end);
    else ranges.push([begin, end]);
  }

  for (const event of ["playing", "timeupdate", "pause", "ended"]) film.addEventListener(event, step);
  film.addEventListener("seeking", () => (from = null));
  return {
    take() {
      const whole = ranges.map(([begin, end]) => [Math.floor(begin), film.ended ? Math.ceil(end) : Math.round(end)]).filter(([begin, end]) => end > begin);
      // The second that is being played belongs to the next report as well.
      ranges = [];
      return whole.slice(-100);
    },
    giveBack(earlier) {
      ranges = [...earlier, ...ranges];
    },
  };
}
