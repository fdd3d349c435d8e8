"""Does a filter pattern choose the rejected logins from the lines of a flow log: all of them, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from checker.model.record import dataclass, replace
from checker.rules._fields import field_called
from checker.rules._filter_match import holds, line_matches
from checker.rules._filter_pattern import (
    Comparison,
    Condition,
    Expression,
    JsonPattern,
    Pattern,
    Positional,
    Unreadable,
    Words,
    comparisons,
    term_at,
)
from checker.rules._record import TCP, Layout
from checker.rules._text import Tri, any_of

ACCEPTED: Final = "accepted traffic"
OTHER_PORTS: Final = "other ports"
OTHER_PROTOCOLS: Final = "other protocols"

_LAST_PORT: Final = 65535
_USUAL_PORTS: Final = (443, 80, 0, _LAST_PORT)
_PROTOCOLS: Final = range(256)


@dataclass(frozen=True, slots=True)
class Caught:
    """Whether every rejected login on one port matches."""

    answer: Tri
    why: str
    """What is missed or not known; empty where all match."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Other lines that match."""

    what: str
    answer: Tri
    example: str


@dataclass(frozen=True, slots=True)
class Fit:
    """How a pattern fits the lines of one log."""

    caught: tuple[tuple[int, Caught], ...]
    extra: tuple[Extra, ...]
    """Those that match or may match."""


def fit(pattern: Pattern, layout: Layout, ports: tuple[int, ...]) -> Fit:
    """Judge a pattern on every class of lines that a log writes."""
    return _fit(pattern, _relevant(pattern, layout), ports)


def _relevant(pattern: Pattern, layout: Layout) -> Layout:
    """Drop what the pattern does not ask for, so that logs which differ in nothing that matters share the answer."""
    asked = {"version"}
    if isinstance(pattern, Positional):
        asked = {layout.fields[position] for position, _, _ in conditions(pattern, layout)}
    return replace(layout, known=tuple(pair for pair in layout.known if pair[0] in asked))


@lru_cache(maxsize=2048)
def _fit(pattern: Pattern, layout: Layout, ports: tuple[int, ...]) -> Fit:
    caught = tuple((port, _caught(pattern, layout, port)) for port in ports)
    worst: dict[str, Extra] = {}
    for each in _extras(pattern, layout, ports):
        if each.answer is not False and (each.what not in worst or each.answer is True):
            worst[each.what] = each
    return Fit(caught, tuple(worst[what] for what in (ACCEPTED, OTHER_PORTS, OTHER_PROTOCOLS) if what in worst))


def _caught(pattern: Pattern, layout: Layout, port: int) -> Caught:
    if "REJECT" not in layout.actions:
        return Caught(False, "the log records no rejected traffic")
    if layout.position("dstport") is None:
        return Caught(False, "the records have no field dstport")
    unsure = ""
    for line, special in layout.login_lines(port):
        answer = line_matches(pattern, line)
        if answer is False:
            return Caught(False, _missed(pattern, layout, line, special and f"those with {special}"))
        if answer is None and not unsure:
            unsure = _unsure(pattern, layout, line)
    return Caught(None, unsure) if unsure else Caught(True, "")


def _missed(pattern: Pattern, layout: Layout, line: Sequence[str], special: str) -> str:
    """Say which condition a line does not meet, or which lines (``special``) do not match."""
    if isinstance(pattern, JsonPattern):
        return "it is a pattern for JSON, and records are words between spaces"
    for position, name, condition in conditions(pattern, layout):
        if holds(condition, line[position]) is False:
            return _unmet(name or "a field without name", layout.fields[position], position + 1, line[position])
    if isinstance(pattern, Positional) and len(pattern.items) > len(layout.fields):
        return f"it names {len(pattern.items)} fields, and the records have {len(layout.fields)}"
    return f"{special or 'they'} do not match"


def _unmet(name: str, field: str, place: int, word: str) -> str:
    """Say which condition a word does not meet: one on the wrong place, or one that asks for something else."""
    value = "" if "⟦" in word else f" {word}"
    if field_called(name) == field:
        return f"its condition on {name} (field {place}) is not met by {field}{value}"
    shown = f" ({value.strip()})" if value else ""
    return f"its condition on {name} stands at field {place}, where the records have {field}{shown}"


def _unsure(pattern: Pattern, layout: Layout, line: Sequence[str]) -> str:
    if isinstance(pattern, Unreadable):
        return f"the pattern cannot be read: {pattern.reason}"
    for position, name, condition in conditions(pattern, layout):
        if holds(condition, line[position]) is None:
            return f"whether the condition on {name} at field {position + 1} ({layout.fields[position]}) holds"
    if isinstance(pattern, (Words, Expression)):
        return "whether its words stand in every record"
    return "how the pattern is laid over the records"


def conditions(pattern: Pattern, layout: Layout) -> Iterator[tuple[int, str, Condition]]:
    """Yield position (from 0), name and condition of the fields that a positional pattern has conditions on."""
    if not isinstance(pattern, Positional):
        return
    for position in range(len(layout.fields)):
        term = term_at(pattern, position, len(layout.fields))
        if term is not None and term.condition is not None:
            yield position, term.name, term.condition


def _extras(pattern: Pattern, layout: Layout, ports: tuple[int, ...]) -> Iterator[Extra]:
    for action in sorted(layout.actions):
        others = [(str(port), {"action": action, "dstport": str(port)}) for port in other_ports(pattern, layout, ports)]
        if not isinstance(pattern, Positional):
            # a word that is looked for anywhere may be another field's
            stray = [{"packets": str(port), "srcport": str(port)} for port in ports]
            others += [("443", {"action": action, "dstport": "443", **changed}) for changed in stray]
        yield _first(pattern, layout, OTHER_PORTS, others)
        wrong = [(number, {"action": action, "protocol": number, "dstport": str(ports[0])}) for number in _others()]
        yield _first(pattern, layout, OTHER_PROTOCOLS, wrong)
    if "ACCEPT" in layout.actions:
        yield _first(pattern, layout, ACCEPTED, [("ACCEPT", {"action": "ACCEPT", "dstport": str(p)}) for p in ports])


def _others() -> list[str]:
    return [str(number) for number in (17, 1, 58, *_PROTOCOLS) if str(number) != TCP]


def _first(pattern: Pattern, layout: Layout, what: str, lines: Iterable[tuple[str, dict[str, str]]]) -> Extra:
    """Return the first line of a class that matches, else one that may."""
    maybe = Extra(what, False, "")
    for example, changed in lines:
        answer = line_matches(pattern, layout.line(**changed))
        if answer is True:
            return Extra(what, True, example)
        if answer is None and maybe.answer is False:
            maybe = Extra(what, None, example)
    return maybe


def other_ports(pattern: Pattern, layout: Layout, ports: Sequence[int]) -> tuple[int, ...]:
    """Return ports that stand for all others: between two numbers that the pattern names all ports are alike.

    A pattern with ``*`` or a regular expression on the port is tried with every port; the first that meets it will do.
    """
    found = list(_USUAL_PORTS)
    at = layout.position("dstport")
    term = term_at(pattern, at, len(layout.fields)) if at is not None and isinstance(pattern, Positional) else None
    if term is not None and term.condition is not None:
        found += _named(comparisons(term.condition))
        if any(each.regex or "*" in each.text for each in comparisons(term.condition)):
            found += _meeting(term.condition, tuple(sorted(ports)))
    elif isinstance(pattern, Positional):
        found += _named(each for _, _, condition in conditions(pattern, layout) for each in comparisons(condition))
    return tuple(dict.fromkeys(port for port in found if port not in ports and 0 <= port <= _LAST_PORT))


def _named(found: Iterable[Comparison]) -> list[int]:
    numbers = [int(each.text) for each in found if each.text.isascii() and each.text.isdigit() and len(each.text) < 6]
    return [port for number in numbers for port in (number, number - 1, number + 1)]


@lru_cache(maxsize=256)
def _meeting(condition: Condition, ports: tuple[int, ...]) -> tuple[int, ...]:
    """Return the first port beside the wanted ones that meets a condition, and the first that may."""
    maybe: tuple[int, ...] = ()
    for port in range(_LAST_PORT + 1):
        answer = holds(condition, str(port)) if port not in ports else False
        if answer is True:
            return (port, *maybe)
        if answer is None and not maybe:
            maybe = (port,)
    return maybe


def lets_through(pattern: Pattern, layout: Layout, actions: frozenset[str]) -> Caught:
    """Say whether a pattern matches every line with one of some actions that a log writes."""
    return _through(pattern, _relevant(pattern, layout), actions & layout.actions)


@lru_cache(maxsize=1024)
def _through(pattern: Pattern, layout: Layout, actions: frozenset[str]) -> Caught:
    ports = tuple(str(port) for port in other_ports(pattern, layout, ()))
    unsure = ""
    for action in sorted(actions):
        for line in layout.flow_lines(action, ports):
            answer = line_matches(pattern, line)
            if answer is False:
                return Caught(False, _missed(pattern, layout, line, "some of them"))
            if answer is None and not unsure:
                unsure = _unsure(pattern, layout, line)
    return Caught(None, unsure) if unsure else Caught(True, "")


def any_extra(found: Fit, *kinds: str) -> Tri:
    """Say whether lines of some classes match."""
    return any_of(*(each.answer for each in found.extra if each.what in kinds))
