"""Functions of regular expressions, which are RE2 in Terraform and Python's here."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from checker.load.terraform.functions.arguments import FunctionError, PendingError, text
from checker.load.terraform.instance import Value
from checker.model.known import Unknown

MAX_LENGTH: Final = 20_000
"""Longest text that is searched: Python's expressions may backtrack, RE2's do not."""

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
_BACKTRACKING: Final = re.compile(r"[+*}]\)[+*{]")
"""A repeated group that itself ends with a repetition: may take Python forever on a hostile text."""


def _compiled(pattern: str) -> re.Pattern[str]:
    compiled = _compile(pattern)
    if isinstance(compiled, str):
        raise PendingError(Unknown(compiled))
    return compiled


@lru_cache(maxsize=256)
def _compile(pattern: str) -> re.Pattern[str] | str:
    """Return an expression; why it is none to Python, where RE2 may well read it."""
    if _BACKTRACKING.search(pattern):
        return "the regular expression may take too long to evaluate"
    plain = _CLASS.sub(lambda found: _CLASSES.get(found.group(1), found.group()), pattern)
    try:
        return re.compile(_END.sub(r"\1\\Z", plain), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        return f"the regular expression cannot be read: {error}"


def _searched(value: Value) -> str:
    whole = text(value)
    if len(whole) > MAX_LENGTH:
        raise PendingError(Unknown("the text is too long to be searched"))
    return whole


def _replace(value: Value, wanted: Value, replacement: Value) -> Value:
    """Replace a text, or what a regular expression between slashes matches."""
    pattern, new = text(wanted), text(replacement)
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        compiled = _compiled(pattern[1:-1])
        return compiled.sub(lambda found: _expanded(new, found), _searched(value))
    return text(value).replace(pattern, new)


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
    found = _compiled(text(pattern)).search(_searched(value))
    if found is None:
        raise FunctionError("the regular expression matches nothing")
    return _captured(found)


def _regexall(pattern: Value, value: Value) -> Value:
    return [_captured(found) for found in _compiled(text(pattern)).finditer(_searched(value))]


def _captured(found: re.Match[str]) -> Value:
    named = found.groupdict()
    if named:
        return {**named}
    return [*found.groups()] if found.groups() else found.group()


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {"regex": _regex, "regexall": _regexall, "replace": _replace}
