"""`python -m tools.lab` builds the lab and keeps it until Ctrl-C; `python -m tools.lab chaos [case …]` kills its parts."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from tools import haproxy, pgbouncer
from tools.lab import chaos, mail, network, prices
from tools.lab.cases import CASES
from tools.lab.deployment import MAIL_PORT, Deployment
from tools.state import AlreadyHeldError, State, open_state

PRICES: dict[str, Callable[[chaos.Lab], bool]] = {
    "crowds": lambda lab: prices.of_crowds(lab.scene),
    "price": lambda lab: prices.of_pooler(lab.deployment, lab.scene),
}
INTERRUPTED = 130
KEPT = ("lock", "bin")
"""Of an earlier lab: nothing else."""


def missing() -> list[str]:
    """What this machine lacks."""
    needed = {
        "root": os.geteuid() == 0,
        "Linux": sys.platform == "linux",
        "haproxy (apt-get install haproxy)": haproxy.program(),
        "PgBouncer (apt-get install pgbouncer)": pgbouncer.program(),
        "ip (apt-get install iproute2)": shutil.which("ip"),
        "setpriv (apt-get install util-linux)": shutil.which("setpriv"),
    }
    return [name for name, found in needed.items() if not found]


@contextmanager
def running() -> Iterator[chaos.Lab]:
    """A new lab, which is removed with all that runs in it when the block ends, however it ends."""
    home = State(open_state().folder("lab"))
    try:
        with home.held():
            network.remove()
            _empty(home)
            try:
                network.build()
                network.enter(network.EDGE)
                with mail.running(network.address(network.EDGE), MAIL_PORT) as sink:
                    deployment = Deployment(home)
                    yield chaos.Lab(deployment, deployment.build(), sink)
            finally:
                network.remove()
    except AlreadyHeldError:
        sys.exit("Another lab runs from this checkout.")


def _empty(home: State) -> None:
    for entry in home.path.iterdir():
        if entry.name in KEPT:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _has_passed(lab: chaos.Lab, names: Sequence[str], times: int) -> bool:
    met = [PRICES[name](lab) for name in names if name in PRICES]
    cases = [name for name in names if name in CASES]
    return (not cases or chaos.run(lab, cases, times)) and all(met)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    parser.add_argument("what", choices=("keep", "chaos"))
    parser.add_argument(
        "names", nargs="*", metavar="case", help=f"any of {', '.join((*CASES, *PRICES))}; all by default"
    )
    parser.add_argument("--times", type=int, default=2, help="how often each case is tried (2)")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - CASES.keys() - PRICES.keys():
        parser.error(f"no case is called {', '.join(sorted(unknown))}")
    if lacking := missing():
        print(f"Skipped: the lab needs {', '.join(lacking)}.")
        return
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with running() as lab:
            if wanted.what == "keep":
                print(chaos.DESCRIPTION, flush=True)
                signal.pause()
            elif not _has_passed(lab, wanted.names or [*CASES, *PRICES], wanted.times):
                sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
