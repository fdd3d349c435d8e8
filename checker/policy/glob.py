"""Globs over Terraform addresses, ARNs, folders and plain texts.

An address is matched segment by segment: ``module.legacy["a"].aws_flow_log.this[0]`` has the segments ``module``,
``legacy["a"]``, ``aws_flow_log`` and ``this[0]``; a dot within an instance key separates nothing.

- ``*`` and ``?`` stand for characters within one segment, ``**`` for any number of segments.
- A name without an instance key stands for all instances, as in ``terraform plan -target``.
- An address that ends with a module call covers everything in it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_KEY: Final = r'\[(?:"(?:[^"\\\n]|\\.)*"|[^\]"\n]+)\]'
_SEGMENT: Final = re.compile(rf'[^.\[\]"\n]+(?:{_KEY})?')
_ANY_SEGMENTS: Final = "**"
MOST_ANY_SEGMENTS: Final = 4
_ARN_FIELDS: Final = 6


def text_matches(pattern: str, text: str) -> bool:
    """Return whether a whole text matches a glob in which ``*`` stands for any characters; case counts."""
    return _text_regex(pattern).fullmatch(text) is not None


def address_matches(pattern: str, address: str) -> bool:
    """Return whether a glob covers a resource's address; False for an address that cannot be read.

    Raises ValueError for a pattern that cannot be read.
    """
    lines = _lines(address)
    return lines is not None and _address_regex(pattern).fullmatch(lines) is not None


def literal_start(pattern: str) -> str:
    """Return a text that every address covered by a pattern starts with: a cheap test before the exact one."""
    start = ""
    for part in split_address(pattern):
        if "*" in part or "?" in part:
            break
        start += part
        if not part.endswith("]") and part not in ("module", "data"):
            break  # an instance key may follow
        start += "."
    return start.removesuffix(".")


def folder_matches(pattern: str, folder: str) -> bool:
    """Return whether a glob matches a root module's folder, segment by segment between slashes."""
    return _folder_regex(pattern).fullmatch(folder) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Return whether a glob matches an ARN field by field: ``*`` does not cross a colon except in the resource."""
    wanted, given = pattern.split(":", _ARN_FIELDS - 1), arn.split(":", _ARN_FIELDS - 1)
    return len(wanted) == len(given) and all(text_matches(*pair) for pair in zip(wanted, given, strict=True))


def split_address(address: str) -> list[str]:
    """Return the segments of an address or pattern; raises ValueError where it is not shaped like one."""
    segments, position = [], 0
    while True:
        found = _SEGMENT.match(address, position)
        if found is None:
            raise ValueError(f"{address!r} is not an address: nothing readable at character {position + 1}")
        segments.append(found.group())
        position = found.end()
        if position == len(address):
            return segments
        if address[position] != ".":
            raise ValueError(f"{address!r} is not an address: unexpected {address[position]!r}")
        position += 1


def check_address_pattern(pattern: str) -> None:
    """Raise ValueError with advice for a pattern that can match no resource."""
    segments = split_address(pattern)
    if segments.count(_ANY_SEGMENTS) > MOST_ANY_SEGMENTS:
        raise ValueError(f"{pattern!r} holds ** more than {MOST_ANY_SEGMENTS} times")
    if _ANY_SEGMENTS in segments:
        return
    rest = list(segments)
    while rest and rest[0] == "module":
        if len(rest) == 1:
            raise ValueError(f"{pattern!r} lacks the name of a module call after its last 'module'")
        rest = rest[2:]
    if rest and rest[0] == "data":
        rest = rest[1:]
    if len(rest) not in (0, 2):
        module = ".".join(segments[: len(segments) - len(rest)])
        advice = f"; {module} alone covers everything in that module" if module else ""
        raise ValueError(f"{pattern!r} matches no resource: after the modules stand a type and a name{advice}")


def check_arn_pattern(pattern: str) -> None:
    """Raise ValueError for a pattern that can match no ARN."""
    fields = pattern.split(":", _ARN_FIELDS - 1)
    if len(fields) != _ARN_FIELDS or fields[0] != "arn":
        raise ValueError(f"{pattern!r} is not an ARN: expected arn:partition:service:region:account:resource")


@lru_cache(maxsize=65_536)
def _lines(address: str) -> str | None:
    """Return an address with one segment a line; None where it is not shaped like one."""
    try:
        return "".join(f"{part}\n" for part in split_address(address))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _address_regex(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for an address whose every segment is followed by a newline."""
    segments = split_address(pattern)
    regex = "".join(r"(?:[^\n]+\n)*" if part == _ANY_SEGMENTS else _segment(part) + r"\n" for part in segments)
    return re.compile(regex + (r"(?:[^\n]+\n)*" if _ends_with_module(segments) else ""))


def _ends_with_module(segments: list[str]) -> bool:
    return len(segments) >= 2 and segments[-2] == "module" and (len(segments) == 2 or segments[-3] != "data")


def _segment(part: str) -> str:
    """Return the regex of one segment; without a key it takes any key."""
    return _within(part, any_character=r"[^\n]") + ("" if part.endswith("]") else rf"(?:{_KEY})?")


def _within(pattern: str, *, any_character: str) -> str:
    """Return the regex of a glob. Atomic groups keep many stars from running away, as in ``fnmatch``."""
    first, *others = (_literal(chunk, any_character) for chunk in re.split(r"\*+", pattern))
    if not others:
        return first
    between = "".join(f"(?>{any_character}*?{chunk})" for chunk in others[:-1])
    return f"{first}{between}{any_character}*{others[-1]}"


def _literal(chunk: str, any_character: str) -> str:
    return any_character.join(re.escape(part) for part in chunk.split("?"))


@lru_cache(maxsize=4096)
def _text_regex(pattern: str) -> re.Pattern[str]:
    return re.compile(_within(pattern, any_character="."), re.DOTALL)


@lru_cache(maxsize=4096)
def _folder_regex(pattern: str) -> re.Pattern[str]:
    parts = [".*" if part == _ANY_SEGMENTS else _within(part, any_character="[^/]") for part in pattern.split("/")]
    return re.compile("/".join(parts), re.DOTALL)
