"""The machines of the lab: network namespaces on a bridge of their own, which nothing else reaches.

The bridge is in the namespace of `edge`, so that the machine itself gets no interface and no address.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

from tools import service_user

PREFIX = "rclab-"
EDGE = "edge"
NUMBERS = {EDGE: 10, "n1": 11, "n2": 12, "d1": 21, "d2": 22, "d3": 23, "b1": 31, "b2": 32}
NETWORK = "10.81.0.0/24"
_FOLDER = Path("/run/netns")
_NEW_NETWORK = 0x40000000
"""CLONE_NEWNET"""
_END_SECONDS = 10.0


def address(machine: str) -> str:
    return f"10.81.0.{NUMBERS[machine]}"


def inside(machine: str, *command: str | Path, as_service: bool = False) -> list[str]:
    """The command that runs this one on a machine, as root or as the servers' account."""
    account = service_user.account() if as_service else None
    change = (
        ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        if account
        else []
    )
    return ["ip", "netns", "exec", PREFIX + machine, *change, *map(str, command)]


def build() -> None:
    for machine in NUMBERS:
        _ip("netns", "add", PREFIX + machine)
        _ip("-n", PREFIX + machine, "link", "set", "lo", "up")
    on_edge = ("-n", PREFIX + EDGE)
    _ip(*on_edge, "link", "add", "lab", "type", "bridge")
    _ip(*on_edge, "address", "add", f"{address(EDGE)}/24", "dev", "lab")
    _ip(*on_edge, "link", "set", "lab", "up")
    for machine in NUMBERS.keys() - {EDGE}:
        there = PREFIX + machine
        _ip(*on_edge, "link", "add", machine, "type", "veth", "peer", "name", "eth0", "netns", there)
        _ip(*on_edge, "link", "set", machine, "master", "lab", "up")
        _ip("-n", there, "address", "add", f"{address(machine)}/24", "dev", "eth0")
        _ip("-n", there, "link", "set", "eth0", "up")


def enter(machine: str) -> None:
    """Move this process, which has no threads yet, to a machine; what it starts is there as well."""
    with (_FOLDER / (PREFIX + machine)).open("rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), _NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")


def cut(machine: str) -> None:
    """Its cable: packets are lost, and no connection is closed."""
    _ip("-n", PREFIX + EDGE, "link", "set", machine, "down")


def mend(machine: str) -> None:
    _ip("-n", PREFIX + EDGE, "link", "set", machine, "up")


def remove() -> None:
    """Kill what runs on the machines, this process aside, and remove them; also those of a lab that was killed."""
    left = sorted(path.name for path in _FOLDER.glob(f"{PREFIX}*"))
    deadline = time.monotonic() + _END_SECONDS
    while (pids := [pid for name in left for pid in _pids(name)]) and time.monotonic() < deadline:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
    for name in left:
        _ip("netns", "delete", name)


def _pids(name: str) -> list[int]:
    found = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False).stdout
    return [int(pid) for pid in found.split() if int(pid) != os.getpid()]


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
