"""`python -m bench [name …]`: run these benches, or all of them; the exit status says whether every goal was met."""

from __future__ import annotations

import argparse
import sys

from bench import accounts, assign, flood, growth, mail, slow

BENCHES = {
    "accounts": accounts.measure,
    "assign": assign.measure,
    "flood": flood.measure,
    "growth": growth.measure,
    "mail": mail.measure,
    "slow": slow.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"any of {', '.join(BENCHES)}; all by default"
    )
    parser.add_argument("--rounds", type=int, default=7, help="how often each thing is measured (7)")
    wanted = parser.parse_args()
    unknown = set(wanted.names) - set(BENCHES)
    if unknown:
        parser.error(f"no bench is called {', '.join(sorted(unknown))}")
    met = [BENCHES[name](wanted.rounds) for name in wanted.names or BENCHES]
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
