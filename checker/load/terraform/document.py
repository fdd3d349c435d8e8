"""Bytes to the sections of one JSON document: text encodings, wrong kinds of input, and what to do about them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final

from checker.errors import PlanError
from checker.model.record import dataclass

HOW: Final = "Make the input with: terraform plan -out=tf.plan && terraform show -json tf.plan > plan.json"
"""The hint for everything that is no plan."""

_ZIP: Final = b"PK\x03\x04"
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_ESCAPE: Final = re.compile(
    r"\\\\|(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")

Hook = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Section:
    """One member of the top-level object."""

    name: str
    value: Any
    start: int
    """Offset of the value in the text, in characters; from there it can be decoded again."""


def is_binary_plan(data: bytes) -> bool:
    """Return whether these are the first bytes of a plan file: a zip archive."""
    return data.startswith(_ZIP)


def decode(data: bytes, name: str) -> str:
    """Return the text of an input: UTF-8 with or without byte order mark, UTF-16 (PowerShell's ``>``), UTF-32.

    Raises PlanError for an empty input and for one that is no text.
    """
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise PlanError(f"{name}: the input is empty", hint=f"The command that made it has failed. {HOW}")
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        raise PlanError(f"{name}: this is neither JSON nor a binary plan (byte {error.start})", hint=HOW) from error
    return _mend_surrogates(text.removeprefix("\ufeff"))


def _mend_surrogates(text: str) -> str:
    """Replace escapes of half a character, which no output could be written with."""
    if ("\\ud" not in text and "\\uD" not in text) or _SURROGATE.search(text) is None:  # finding a text is much quicker
        return text
    return _ESCAPE.sub(lambda found: "\\ufffd" if found.group(2) else found.group(), text)


def sections(text: str, name: str, hook_for: Callable[[str], Hook | None]) -> Iterator[Section]:
    """Yield the members of the top-level object, each decoded with a hook of its own, so that little is kept.

    Raises PlanError with line and column where the JSON is broken, and for anything that is not an object.
    """
    position = _after_space(text, 0)
    if not text.startswith("{", position):
        raise _not_an_object(text, position, name)
    position = _after_space(text, position + 1)
    closed = text.startswith("}", position)
    while not closed:
        key, position = decode_at(text, position, name, None)
        if not isinstance(key, str):
            raise broken(name, JSONDecodeError("Expecting property name enclosed in double quotes", text, position))
        position = _expect(text, _after_space(text, position), ":", name)
        start = _after_space(text, position)
        value, position = decode_at(text, start, name, hook_for(key))
        yield Section(key, value, start)
        position = _after_space(text, position)
        closed = text.startswith("}", position)
        if not closed:
            position = _after_space(text, _expect(text, position, ",", name))
    _nothing_after(text, _after_space(text, position + 1), name)


def decode_at(text: str, start: int, name: str, hook: Hook | None) -> tuple[Any, int]:
    """Return the JSON value that begins at an offset, and the offset behind it."""
    try:
        return JSONDecoder(object_hook=hook, parse_constant=_no_constant).raw_decode(text, start)
    except JSONDecodeError as error:
        raise broken(name, error) from error
    except RecursionError as error:
        raise too_deep(name) from error
    except ValueError as error:
        raise PlanError(f"{name}: the JSON holds a number that cannot be read ({error})", hint=HOW) from error


def too_deep(name: str) -> PlanError:
    """Return the error for nesting beyond what any plan has."""
    return PlanError(f"{name}: the JSON is nested too deeply to be a Terraform plan or state", hint=HOW)


def broken(name: str, error: JSONDecodeError) -> PlanError:
    """Return the error for JSON that does not parse, with line and column counted from 1."""
    at_end = error.msg.startswith("Unterminated string") or not error.doc[error.pos :].strip()
    what = "the JSON ends too early" if at_end else f"broken JSON ({error.msg})"
    return PlanError(f"{name}:{error.lineno}:{error.colno}: {what}", hint=f"The file may be cut off. {HOW}")


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _expect(text: str, position: int, sign: str, name: str) -> int:
    if not text.startswith(sign, position):
        raise broken(name, JSONDecodeError(f"Expecting {sign!r}", text, position))
    return position + 1


def _not_an_object(text: str, position: int, name: str) -> PlanError:
    if text.startswith("[", position):
        return PlanError(f"{name}: this is a JSON list, not a Terraform plan or state", hint=HOW)
    start = text[position : position + 400]
    if "Terraform" in start or "OpenTofu" in start or "\x1b[" in start:
        return PlanError(f"{name}: this is Terraform's output for people, not JSON", hint=HOW)
    value, _ = decode_at(text, position, name, None)
    return PlanError(f"{name}: this is a JSON {type(value).__name__}, not a Terraform plan or state", hint=HOW)


def _nothing_after(text: str, position: int, name: str) -> None:
    if position == len(text):
        return
    if '"@level"' in text[:2000]:
        raise PlanError(
            f"{name}: this is the log of `terraform plan -json`, not a plan",
            hint=HOW,
        )
    raise broken(name, JSONDecodeError("Extra data", text, position))
