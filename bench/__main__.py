"""`python -m bench [name …]`: run these benches, or all of them; the exit status says whether every goal was met."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from functools import partial

from bench import (
    accounts,
    assign,
    capacity,
    certificates,
    dump,
    engine,
    files,
    flood,
    gets,
    growth,
    mail,
    partitions,
    replica,
    requests,
    slow,
    tracing,
)
from bench.contenders import TWIN
from bench.dataset import Size
from bench.jobs import JOBS

BENCHES = {
    "accounts": accounts.measure,
    "assign": assign.measure,
    "capacity": capacity.measure,
    "certificates": certificates.measure,
    "dump": dump.measure,
    "engine": engine.measure,
    "files": files.measure,
    "flood": flood.measure,
    "gets": gets.measure,
    "growth": growth.measure,
    "mail": mail.measure,
    "partitions": partitions.measure,
    "replica": replica.measure,
    "requests": requests.measure,
    "slow": slow.measure,
    "traces": tracing.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"any of {', '.join(BENCHES)}; all by default"
    )
    parser.add_argument("--rounds", type=int, default=7, help="how often each thing is measured (7)")
    sizes = parser.add_argument_group("growth and partitions")
    sizes.add_argument(
        "--courses", type=int, default=growth.LARGE.courses, help="of the large platform (100,000)"
    )
    sizes.add_argument(
        "--enrollments", type=int, default=growth.LARGE.enrollments, help="of the large platform (1,000,000)"
    )
    sizes.add_argument(
        "--rows", type=int, default=partitions.ROWS, help="of each partitioned table (10,000,000)"
    )
    options = parser.add_argument_group("requests")
    options.add_argument("--seconds", type=int, default=requests.SECONDS, help="length of a turn (2)")
    options.add_argument(
        "--only", type=_split, default=(), metavar="job,job", help=f"any of {', '.join(JOBS)}"
    )
    options.add_argument(
        "--without", type=_split, default=(), metavar=TWIN, help="leave out the FastAPI twin"
    )
    wanted = parser.parse_args()
    for kind, named, known in (
        ("bench", wanted.names, BENCHES),
        ("job", wanted.only, JOBS),
        ("peer that can be left out", wanted.without, (TWIN,)),
    ):
        unknown = set(named) - set(known)
        if unknown:
            parser.error(f"no {kind} is called {', '.join(sorted(unknown))}")
    asked = partial(requests.measure, seconds=wanted.seconds, only=wanted.only, without=wanted.without)
    grown = partial(growth.measure, size=Size(wanted.courses, wanted.enrollments))
    parted = partial(partitions.measure, rows=wanted.rows)
    benches = {**BENCHES, "growth": grown, "partitions": parted, "requests": asked}
    met = [benches[name](wanted.rounds) for name in wanted.names or benches]
    sys.exit(0 if all(met) else 1)


def _split(names: str) -> Collection[str]:
    return tuple(name for name in names.split(",") if name)


if __name__ == "__main__":
    main()
