"""Filter patterns of CloudWatch Logs, read: ``[a, b = 22 || b = 3389, ..., action = REJECT]`` and the other kinds.

A pattern in brackets is positional: each name stands for one word of the line, whatever the name is. Only conditions
choose lines. Source: CloudWatch Logs User Guide, "Filter pattern syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias, Union

from checker.model.record import dataclass

LONGEST: Final = 1024
"""Characters that CloudWatch Logs accepts. Source: API ``FilterPattern``."""

_DEEPEST: Final = 40
"""Parentheses inside each other that are read; nobody writes more than three."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``field OPERATOR text``; the text may hold ``*`` for any characters."""

    operator: str
    """``=``, ``!=``, ``<``, ``>``, ``<=`` or ``>=``."""
    text: str
    quoted: bool = False
    regex: bool = False
    """Written between percent signs."""


@dataclass(frozen=True, slots=True)
class Every:
    """Conditions joined by ``&&``."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Conditions joined by ``||``."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Union[Comparison, Every, Some]


@dataclass(frozen=True, slots=True)
class Term:
    """One field of a positional pattern."""

    name: str
    """As the pattern calls it; empty for a field without name."""
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class Gap:
    """``...``: any number of fields."""


@dataclass(frozen=True, slots=True)
class Positional:
    """A pattern in brackets."""

    items: tuple[Term | Gap, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty pattern, which every line matches."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words that are looked for anywhere in the line."""

    all_of: tuple[str, ...]
    any_of: tuple[str, ...]
    """Written with a question mark; ignored beside words without one."""
    none_of: tuple[str, ...]
    """Written with a minus sign."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression alone, between percent signs."""

    text: str


@dataclass(frozen=True, slots=True)
class JsonPattern:
    """A pattern in braces, for lines that are JSON."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A text that is no pattern as far as is known here; AWS may see more in it."""

    reason: str


Pattern: TypeAlias = Union[Positional, Everything, Words, Expression, JsonPattern, Unreadable]

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<gap>\.\.\.)
      | (?P<join>&&|\|\|)
      | (?P<operator>!=|<=|>=|=|<|>)
      | (?P<mark>[,()])
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | %(?P<regex>(?:[^%\\]|\\.)+)%
      | (?P<word>[^\s,()\[\]"=<>!&|%]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final = re.compile(r'(?P<sign>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"]+))\s*')
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


class _Refusal(Exception):
    """Why a text is no pattern; never leaves this module."""


@lru_cache(maxsize=4096)
def parse_pattern(text: str) -> Pattern:
    """Read a filter pattern; what cannot be read is ``Unreadable``, with the reason."""
    stripped = text.strip()
    if len(text) > LONGEST:
        return Unreadable(f"it is longer than the {LONGEST} characters that AWS accepts")
    if not stripped:
        return Everything()
    if stripped.startswith("{"):
        return JsonPattern() if stripped.endswith("}") else Unreadable("the brace is not closed")
    try:
        if stripped.startswith("["):
            return _positional(stripped)
        if len(stripped) > 2 and stripped.startswith("%") and stripped.endswith("%"):
            return Expression(stripped[1:-1])
        return _words(stripped)
    except _Refusal as refusal:
        return Unreadable(str(refusal))


def _words(text: str) -> Words:
    found: dict[str, list[str]] = {"": [], "?": [], "-": []}
    at = 0
    while at < len(text):
        match = _WORDS.match(text, at)
        if match is None:
            raise _Refusal("a quotation mark is not closed")
        word = match["word"] if match["quoted"] is None else _plain(match["quoted"])
        found[match["sign"]].append(word)
        at = match.end()
    return Words(tuple(found[""]), tuple(found["?"]), tuple(found["-"]))


def _plain(quoted: str) -> str:
    return _ESCAPE.sub(r"\1", quoted)


def _positional(text: str) -> Positional:
    if not text.endswith("]"):
        raise _Refusal("the bracket is not closed")
    reader = _Reader(_tokens(text[1:-1]))
    items = [reader.item()]
    while reader.take("mark", ","):
        items.append(reader.item())
    if reader.next is not None:
        raise _Refusal(f"{reader.next[1]!r} is not expected there")
    if items == [Term("", None)]:
        raise _Refusal("it names no field")
    return Positional(tuple(items))


_Token: TypeAlias = tuple[str, str]


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _Refusal(f"{text[at:].strip()[:10]!r} cannot be read")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._name = ""
        self._depth = 0

    @property
    def next(self) -> _Token | None:
        """The token ahead; None at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def take(self, kind: str, text: str | None = None) -> str | None:
        """Return the text of the token ahead and step over it, None when it is another."""
        ahead = self.next
        if ahead is None or ahead[0] != kind or (text is not None and ahead[1] != text):
            return None
        self._at += 1
        return ahead[1]

    def item(self) -> Term | Gap:
        """Read one field: a gap, nothing, a name, or conditions on one name."""
        if self.take("gap"):
            return Gap()
        self._name = ""
        if self.next in (None, ("mark", ",")):
            return Term("", None)
        after = self._tokens[self._at + 1 : self._at + 2]
        if self.next is not None and self.next[0] == "word" and (not after or after[0] == ("mark", ",")):
            return Term(self.take("word") or "", None)
        condition = self._joined("||", Some, lambda: self._joined("&&", Every, self._single))
        return Term(self._name, condition)

    def _joined(
        self, sign: str, kind: Callable[[tuple[Condition, ...]], Condition], inner: Callable[[], Condition]
    ) -> Condition:
        parts = [inner()]
        while self.take("join", sign):
            parts.append(inner())
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def _single(self) -> Condition:
        if self.take("mark", "("):
            self._depth += 1
            if self._depth > _DEEPEST:
                raise _Refusal("its parentheses are too deep")
            inside = self._joined("||", Some, lambda: self._joined("&&", Every, self._single))
            if not self.take("mark", ")"):
                raise _Refusal("a parenthesis is not closed")
            self._depth -= 1
            return inside
        name = self.take("word")
        operator = self.take("operator")
        if name is None or operator is None:
            raise _Refusal("a condition is written NAME OPERATOR VALUE")
        if self._name and self._name.lower() != name.lower():
            raise _Refusal(f"one field is called both {self._name} and {name}")
        self._name = self._name or name
        return self._value(operator)

    def _value(self, operator: str) -> Comparison:
        quoted = self.take("quoted")
        if quoted is not None:
            return Comparison(operator, _plain(quoted), quoted=True)
        expression = self.take("regex")
        if expression is not None:
            if operator not in ("=", "!="):
                raise _Refusal("a regular expression is compared with = or !=")
            return Comparison(operator, expression, regex=True)
        word = self.take("word")
        if word is None:
            raise _Refusal(f"nothing follows the {operator}")
        return Comparison(operator, word)


def comparisons(condition: Condition | None) -> list[Comparison]:
    """Return every comparison in a condition, in order."""
    if condition is None:
        return []
    if isinstance(condition, Comparison):
        return [condition]
    return [each for part in condition.parts for each in comparisons(part)]


def term_at(pattern: Positional, position: int, length: int) -> Term | None:
    """Return what a pattern says of one word (counted from 0) of a line of ``length`` words.

    None where it says nothing: inside a gap, in the rest of the line that the last field takes, or where several gaps
    leave it open.
    """
    gaps = [at for at, item in enumerate(pattern.items) if isinstance(item, Gap)]
    if len(gaps) > 1:
        return None
    index = position
    if gaps and position >= gaps[0]:
        index = position - (length - len(pattern.items))
        if index <= gaps[0]:
            return None
    if not gaps and index == len(pattern.items) - 1 and length > len(pattern.items):
        return None
    found = pattern.items[index] if 0 <= index < len(pattern.items) else None
    return found if isinstance(found, Term) else None
