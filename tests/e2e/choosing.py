"""Which cases a quick run plans: those with a cached plan, and enough others to touch every verdict and construct once.

Nobody keeps a list: what a case touches is read from its files and from what it expects, and the cheapest cases that
together touch everything are taken. A new case with something new is among them by itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

import pytest

from tests.e2e.case import Case, all_cases

APPLIED: Final = 2.2
"""What a case costs that is applied first, where one that is only planned costs 1."""

_BLOCK: Final = re.compile(r'^(\w+)(?: "(\w+)")?(?: "[^"]+")? \{', re.MULTILINE)
_TYPED: Final = ("resource", "data")
_ARGUMENT: Final = re.compile(
    r"^\s+(count|for_each|provider|providers|lifecycle|create_before_destroy|replace_triggered_by|depends_on)\s*[={]",
    re.MULTILINE,
)
_FUNCTION: Final = re.compile(r"\b([a-z]\w*)\(")
_SYNTAX: Final = ("[*]", "<<-", "? ", "for ", "...", ".*.")


def marks(case: Case, *ways: str) -> tuple[pytest.MarkDecorator, ...]:
    """Return the marks of a test that reads a case in these ways: ``slow`` where it would plan what is not chosen."""
    quick = all(source_is_enough(case, way) for way in ways) or case.name in _quick()
    return () if quick else (pytest.mark.slow,)


def source_is_enough(case: Case, way: str) -> bool:
    """Whether a way to read a case takes its files as they are, and so no Terraform."""
    return way == "hcl" and not case.stateful


@cache
def _quick() -> frozenset[str]:
    cases = all_cases()
    cached = frozenset(os.environ.get("FLOWCHECK_E2E_PLANNED", "").split())
    return cached if cached >= {case.name for case in cases} else cached | planned_quickly(cases)


def planned_quickly(cases: Iterable[Case]) -> frozenset[str]:
    """Return the names of the cases that a quick run plans."""
    touched = {case.name: (frozenset(touches(case)), APPLIED if case.stateful else 1.0) for case in cases}
    left = frozenset[Any]().union(*(what for what, _ in touched.values()))
    chosen: set[str] = set()
    while left:
        gains = {name: len(what & left) / cost for name, (what, cost) in touched.items()}
        best = max(gains, key=lambda name: (gains[name], name))
        chosen.add(best)
        left -= touched[best][0]
    return frozenset(chosen)


def touches(case: Case) -> Iterator[tuple[Any, ...]]:
    """Yield what a case is about: verdicts by rule, blocks, arguments, functions, syntax, and ways to plan."""
    for way in case.ways:
        for (rule, _), verdict in case.verdicts(way).items() if not source_is_enough(case, way) else ():
            yield rule, verdict.statuses, verdict.change if case.stateful else None
    for name, path in [*case.files("before").items(), *case.files("after").items()]:
        yield "file", "".join(name.partition(".")[1:])
        yield from _constructs(path.read_text(encoding="utf-8"))
    yield from (("option", word.partition("=")[0]) for word in case.plan_options)
    yield from (("between", key) for key in ("between", "fresh_state") if case.expect.get(key))
    yield "applied", case.stateful


@cache
def _constructs(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(
        [
            *(("block", kind, type_ if kind in _TYPED else "") for kind, type_ in _BLOCK.findall(text)),
            *(("argument", word) for word in _ARGUMENT.findall(text)),
            *(("function", word) for word in _FUNCTION.findall(text)),
            *(("syntax", word) for word in _SYNTAX if word in text),
        ]
    )
