"""Functions of regular expressions, which are RE2 in Terraform and Python's here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final

from checker.load.terraform.functions.arguments import FunctionError, PendingError, text
from checker.load.terraform.functions.regex_cost import MAX_COST, CostError, worst_cost
from checker.load.terraform.instance import Value
from checker.model.known import Unknown

MAX_LENGTH: Final = 20_000
"""Longest text that is searched: Python's expressions may backtrack, RE2's do not."""
MAX_MADE: Final = 1_000_000
"""Longest text that replacing may make."""

_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_CLASS: Final = re.compile(r"\[:(\w+):\]")
_END: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\z")
_REFERENCE: Final = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")


def _compiled(pattern: str, searched: str) -> re.Pattern[str]:
    """Return an expression that can be searched for in a text in reasonable time; raises PendingError."""
    compiled = _compile(pattern)
    if not isinstance(compiled, str):
        problem = _problem(pattern, 1 << len(searched).bit_length())
        if problem is None:
            return compiled
        compiled = problem
    raise PendingError(Unknown(compiled))


@lru_cache(maxsize=1024)
def _problem(pattern: str, length: int) -> str | None:
    """Return why searching a text of up to a length is out of the question; None where it is not."""
    try:
        cost = worst_cost(_in_python(pattern), length)
    except CostError as error:
        return str(error)
    except RecursionError:
        return "the regular expression is nested too deeply"
    return None if cost <= MAX_COST else "the regular expression may take too long to evaluate"


@lru_cache(maxsize=256)
def _compile(pattern: str) -> re.Pattern[str] | str:
    """Return an expression; why it is none to Python, where RE2 may well read it."""
    try:
        return re.compile(_in_python(pattern), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        return f"the regular expression cannot be read: {error}"


def _in_python(pattern: str) -> str:
    """Return an expression of RE2 as Python writes it."""
    plain = _CLASS.sub(lambda found: _CLASSES.get(found.group(1), found.group()), pattern)
    return _END.sub(r"\1\\Z", plain)


def _searched(value: Value) -> str:
    whole = text(value)
    if len(whole) > MAX_LENGTH:
        raise PendingError(Unknown("the text is too long to be searched"))
    return whole


def _replace(value: Value, wanted: Value, replacement: Value) -> Value:
    """Replace a text, or what a regular expression between slashes matches."""
    pattern, new = text(wanted), text(replacement)
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        searched = _searched(value)
        return _sum_of(_replaced(_compiled(pattern[1:-1], searched), searched, new))
    whole = text(value)
    if len(whole) + whole.count(pattern) * len(new) > MAX_MADE:
        raise PendingError(Unknown("the text is too long to be worked with"))
    return whole.replace(pattern, new)


def _replaced(compiled: re.Pattern[str], searched: str, new: str) -> Iterator[str]:
    """Yield the parts of a text, with what was found replaced."""
    position = 0
    for found in compiled.finditer(searched):
        yield searched[position : found.start()]
        yield _expanded(new, found)
        position = found.end()
    yield searched[position:]


def _sum_of(parts: Iterable[str]) -> str:
    made: list[str] = []
    left = MAX_MADE
    for one in parts:
        left -= len(one)
        if left < 0:
            raise PendingError(Unknown("the text is too long to be worked with"))
        made.append(one)
    return "".join(made)


def _expanded(template: str, found: re.Match[str]) -> str:
    def group(reference: re.Match[str]) -> str:
        if reference.group(1):
            return "$"
        name = reference.group(2) or reference.group(3)
        try:
            return found.group(int(name) if name.isdecimal() else name) or ""
        except IndexError:
            return ""

    return _REFERENCE.sub(group, template)


def _regex(pattern: Value, value: Value) -> Value:
    searched = _searched(value)
    found = _compiled(text(pattern), searched).search(searched)
    if found is None:
        raise FunctionError("the regular expression matches nothing")
    return _captured(found)


def _regexall(pattern: Value, value: Value) -> Value:
    searched = _searched(value)
    return [_captured(found) for found in _compiled(text(pattern), searched).finditer(searched)]


def _captured(found: re.Match[str]) -> Value:
    named = found.groupdict()
    if named:
        return {**named}
    return [*found.groups()] if found.groups() else found.group()


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {"regex": _regex, "regexall": _regexall, "replace": _replace}
