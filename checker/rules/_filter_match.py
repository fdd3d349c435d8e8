"""Does a line match a filter pattern? Words may hold ``⟦…⟧`` for what is not known; the answer may be "not known".

Lines are flow log records: words between single spaces, without quotes or brackets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from checker.rules._filter_pattern import (
    Comparison,
    Condition,
    Every,
    Everything,
    Expression,
    Gap,
    JsonPattern,
    Pattern,
    Positional,
    Term,
    Unreadable,
    Words,
)
from checker.rules._text import Tri, all_of, any_of, equal, matches, opposite

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_HOLE: Final = "⟦"
_ONE_CHARACTER: Final = "\ue011"
_REGEX: Final = re.compile(
    r"""(?:[A-Za-z0-9_\#=@/;,.:"\ -]      # plain characters
        | \\[dDsSwW] | \\[^A-Za-z0-9\n]   # classes and escaped symbols
        | \[ \^? (?:[^\[\]\\] | \\.)+ \]  # a set
        | [\^$|]
        | \{ [0-9]{1,3} (?:,[0-9]{0,3})? \} (?![+?*{])
        | [?*+] (?![+?*{])
    )+""",
    re.VERBOSE,
)
"""The regular expressions that CloudWatch Logs takes and that mean the same in Python."""
_REPEATS: Final = re.compile(r"[*+]|\{[0-9]+,")
_MOST_REPEATS: Final = 3
"""Open repetitions that are tried; with more of them a failing search takes for ever."""


def line_matches(pattern: Pattern, words: Sequence[str]) -> Tri:
    """Say whether a line of these words matches."""
    if isinstance(pattern, Everything):
        return True
    if isinstance(pattern, JsonPattern):
        return False
    if isinstance(pattern, Unreadable):
        return None
    if isinstance(pattern, Positional):
        return _positional(pattern, words)
    line = " ".join(words)
    return _expression(pattern.text, line) if isinstance(pattern, Expression) else _words(pattern, words, line)


def _positional(pattern: Positional, words: Sequence[str]) -> Tri:
    items = pattern.items
    gaps = [at for at, item in enumerate(items) if isinstance(item, Gap)]
    if not gaps:
        return _aligned(items, words) if len(words) >= len(items) else False
    if len(words) < len(items) - len(gaps):
        return False
    if len(gaps) > 1:
        return _several_gaps(items, words)
    after = len(items) - gaps[0] - 1
    head = all_of(*(_item(item, word) for item, word in zip(items[: gaps[0]], words, strict=False)))
    tail = words[len(words) - after :] if after else []
    return all_of(head, *(_item(item, word) for item, word in zip(items[gaps[0] + 1 :], tail, strict=True)))


def _aligned(items: Sequence[Term | Gap], words: Sequence[str]) -> Tri:
    """Lay the fields over the words; the last field takes the rest of the line."""
    last = len(items) - 1
    rest = " ".join(words[last:])
    return all_of(*(_item(item, word) for item, word in zip(items, [*words[:last], rest], strict=True)))


def _several_gaps(items: Sequence[Term | Gap], words: Sequence[str]) -> Tri:
    """Say no where no way to stretch the gaps matches; how AWS chooses among several ways is not documented."""
    row: list[Tri] = [True, *(False for _ in words)]
    for item in items:
        if isinstance(item, Gap):
            row = [any_of(*row[: at + 1]) for at in range(len(row))]
        else:
            row = [False, *(all_of(row[at], _item(item, word)) for at, word in enumerate(words))]
    return False if row[-1] is False else None


def _item(item: Term | Gap, word: str) -> Tri:
    if isinstance(item, Gap) or item.condition is None:
        return True
    return holds(item.condition, word)


def holds(condition: Condition, word: str) -> Tri:
    """Say whether a word meets a condition."""
    if isinstance(condition, Comparison):
        return _compare(condition, word)
    parts = (holds(part, word) for part in condition.parts)
    return all_of(*parts) if isinstance(condition, Every) else any_of(*parts)


def _compare(comparison: Comparison, word: str) -> Tri:
    if comparison.operator == "=":
        return _equals(comparison, word)
    if comparison.operator == "!=":
        return opposite(_equals(comparison, word))
    return _orders(comparison, word)


def _equals(comparison: Comparison, word: str) -> Tri:
    if comparison.regex:
        return _expression(comparison.text, word)
    text = comparison.text
    if "*" in text:
        return matches(text.replace("?", _ONE_CHARACTER), word.replace("?", _ONE_CHARACTER))
    found = equal(text, word)
    numbers = _NUMBER.fullmatch(text) and _NUMBER.fullmatch(word)
    if found is False and numbers and not comparison.quoted and float(text) == float(word):
        return None  # 22.0 and 22: whether AWS compares the texts or the numbers is not documented
    return found


def _orders(comparison: Comparison, word: str) -> Tri:
    if _HOLE in word or not _NUMBER.fullmatch(comparison.text):
        return None
    if not _NUMBER.fullmatch(word):
        return False
    left, right = float(word), float(comparison.text)
    answers = {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}
    return answers[comparison.operator]


def _expression(text: str, line: str) -> Tri:
    compiled = _compiled(text)
    if compiled is None or _HOLE in line:
        return None
    return compiled.search(line) is not None


@lru_cache(maxsize=512)
def _compiled(text: str) -> re.Pattern[str] | None:
    if len(_REPEATS.findall(text)) > _MOST_REPEATS or not _REGEX.fullmatch(text):
        return None
    try:
        return re.compile(text, re.ASCII)
    except re.error:
        return None


def _words(pattern: Words, words: Sequence[str], line: str) -> Tri:
    wanted = [_says(word, words, line) for word in pattern.all_of]
    if not pattern.all_of and pattern.any_of:
        wanted = [any_of(*(_says(word, words, line) for word in pattern.any_of))]
    unwanted = [opposite(_says(word, words, line)) for word in pattern.none_of]
    return all_of(*wanted, *unwanted)


def _says(word: str, words: Sequence[str], line: str) -> Tri:
    """Say whether a line holds a word; for a part of a longer word the sources disagree."""
    if word in words:
        return True
    star = {"*": "\ue010", "?": _ONE_CHARACTER}
    text = "".join(star.get(char, char) for char in word)
    plain = "".join(star.get(char, char) for char in line)
    return False if matches(f"*{text}*", plain) is False else None
