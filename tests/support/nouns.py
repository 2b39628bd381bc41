"""Collects what the modules of `tests/nouns` declare: one for every blueprint, with the name of its module.

They import the building blocks (`callers`, `declarations`, `rows`), never another noun or a module that collects.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from importlib import import_module

from tests.support.paths import ROOT

DECLARATIONS = {
    "AFTER": "the nouns whose rows are added before those of this one",
    "POLICY": "who may call each operation, as a table: tests/security/policy.py",
    "WRITABLE": "what each body may hold, as a table: tests/security/writable.py",
    "REQUESTS": "a good request to each operation: tests/support/declarations.py",
    "LISTS": "by path of a list, the kind of its rows: tests/security/test_lists.py",
    "VISIBLE": "by kind, whether a caller sees a variant of it: tests/support/callers.py",
    "RELATIONS": "by word of the policy, whether a caller has this relation to a row: tests/security/stage.py",
    "FAULTS": "faults of authorization that the tests must notice: tests/security/planted.py",
    "Make": "a class with the methods of `make`: tests/support/factories.py",
    "add_to_scene": "adds its rows to tests/support/scene.py",
    "add_to_stage": "adds its rows to tests/security/stage.py",
}
"""What a module may declare. Other names in it begin with an underscore."""

NOUNS = {
    path.stem: import_module(f"tests.nouns.{path.stem}")
    for path in sorted((ROOT / "tests" / "nouns").glob("*.py"))
}


def declared(name):
    """By noun, what its module declares under this name."""
    return {noun: getattr(module, name) for noun, module in NOUNS.items() if hasattr(module, name)}


def merged(name, read=dict):
    """What the modules declare under this name as one mapping, in which no key is declared twice."""
    found = {}
    for noun, value in declared(name).items():
        own = read(value)
        if repeated := found.keys() & own.keys():
            raise ValueError(f"{name} of {noun} repeats {sorted(repeated)}")
        found |= own
    return found


def add_rows(name, world):
    """Call the functions of this name, in the order that `AFTER` asks for."""
    functions, after = declared(name), declared("AFTER")
    for noun in TopologicalSorter({each: after.get(each, ()) for each in NOUNS}).static_order():
        if noun in functions:
            functions[noun](world)
