// The page of a list that is open, kept with the entry of the history: Back returns to it, not to the first.

import { follow } from "../lib/api.js";

/**
 * `name` distinguishes the lists of a page. Answers `{ load(first, options), turn(link, filters), restart(), resume(), filters() }`:
 * `load` asks for the page that is open, by `first` for the first one; call `restart` when the list becomes another one by
 * its filters, and `resume` when the user has come to another entry of the same page. A link does not show the filters that
 * it was made with: where the address does not have them either, they are kept beside it.
 */
export function keptPage(name) {
  const key = `list ${name}`;
  const kept = () => navigation.currentEntry?.getState()?.[key] ?? { link: null, filters: null };
  const keep = (of) => navigation.updateCurrentEntry({ state: { ...navigation.currentEntry.getState(), [key]: of } });
  let { link } = kept();
  const restart = () => {
    link = null;
    if (kept().link) keep(undefined);
  };
  return {
    restart,
    turn(to, filters = null) {
      link = to;
      keep({ link, filters });
    },
    resume() {
      ({ link } = kept());
    },
    filters: () => kept().filters,
    /** A page that is gone, or whose link is no longer valid, is the first one. */
    async load(first, options) {
      if (!link) return first(options);
      try {
        return await follow(link, options);
      } catch (error) {
        if (!(error.status >= 400 && error.status < 500)) throw error;
        restart();
        return first(options);
      }
    },
  };
}
