"""Read YAML, and JSON as a part of it, into plain data that remembers where each value stood.

Only what a policy needs is understood: text, whole and decimal numbers, true and false, null, lists and mappings with
text as keys. Dates stay text, so do numbers in other bases. Tags, merge keys and several documents in one file are
mistakes, and so is a key given twice. Size, depth and the expansion of aliases are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from checker.errors import PolicyError
from checker.model.finding import Json
from checker.model.record import dataclass, field
from checker.policy.problem import Place, Problem, Steps, raise_problems, steps_text

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 48
MAX_VALUES: Final = 200_000

HINT: Final = "Correct the file, then try it with `flowcheck policy check FILE`."

_START: Final = Place(1, 1)
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,15})\.[0-9]{1,17}")
_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
    **dict.fromkeys(("", "~", "null"), None),
}
_TEXT_TAGS: Final = (None, "!", "tag:yaml.org,2002:str")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file, read."""

    name: str
    """Path as given, with forward slashes."""
    data: Json
    places: Mapping[Steps, Place]
    """Where each value starts."""
    keys: Mapping[Steps, Place]
    """Where each key of a mapping starts."""

    def problem(self, steps: Steps, message: str, *, at_key: bool = False) -> Problem:
        """Return a mistake at a value, or at its key; at the nearest enclosing value where that has no place."""
        place = self.keys.get(steps) if at_key else None
        for length in range(len(steps), -1, -1):
            place = place or self.places.get(steps[:length])
        return Problem(self.name, place or _START, steps_text(steps), message)


def read_document(path: Path, what: str) -> Document:
    """Return the content of a file; ``what`` names its kind in errors ("policy").

    Raises PolicyError naming file, line and column where it cannot be read as YAML or breaks a bound.
    """
    name = path.as_posix()
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PolicyError(f"{name}: the {what} file cannot be read ({reason})", hint="Check the path.") from error
    if len(data) > MAX_BYTES:
        raise PolicyError(f"{name}: larger than {MAX_BYTES // 1024 // 1024} MiB", hint=f"Is it a {what} file?")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError(f"{name}:{line}: not UTF-8 text", hint=f"Save the {what} file as UTF-8.") from error
    return read_text(text, name)


def read_text(text: str, name: str) -> Document:
    """Return the content of a YAML text; raises PolicyError as ``read_document`` does."""
    if name.endswith(".json"):
        text = text.replace("\t", " ")  # JSON may be indented by tabs, which YAML forbids; its strings hold none
    top = _Composer(name).compose(text)
    if top is None or (top.kind == "scalar" and top.scalar() is None):
        raise PolicyError(f"{name}: the file is empty", hint="`flowcheck init` writes files to start from.")
    return _Converter(name).convert(top)


@dataclass(slots=True)
class _Node:
    kind: str
    """map, list, scalar."""
    place: Place
    value: str = ""
    plain: bool = False
    children: list[_Node] = field(default_factory=list)
    """Of a mapping: key, value, key, value."""

    def scalar(self) -> Json:
        if not self.plain:
            return self.value
        if _INTEGER.fullmatch(self.value):
            return int(self.value)
        if _DECIMAL.fullmatch(self.value):
            return float(self.value)
        return _WORDS.get(self.value.lower(), self.value)


class _Composer:
    """Turns the parser's events into nodes, without recursion: a hostile file must not exhaust the stack."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._top: _Node | None = None
        self._open: list[_Node] = []
        self._anchors: dict[str, _Node] = {}
        self._documents = 0

    def compose(self, text: str) -> _Node | None:
        import yaml

        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            for event in yaml.parse(text, Loader=loader):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else _START
            said = ", ".join(part for part in (error.context, error.problem) if part)
            raise self._error(place, f"not YAML: {said}") from error
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
            raise self._error(Place(line, column), f"not YAML: {error.reason}") from error
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise self._error(_START, f"not YAML: {error}") from error
        return self._top

    def _take(self, event: Any) -> None:
        match type(event).__name__:
            case "ScalarEvent":
                self._check_tag(event)
                plain = bool(event.implicit[0]) and event.tag is None
                self._attach(_Node("scalar", _place(event), event.value, plain), event.anchor)
            case "SequenceStartEvent" | "MappingStartEvent" as kind:
                self._check_tag(event)
                node = _Node("list" if kind.startswith("Seq") else "map", _place(event))
                self._attach(node, event.anchor)
                self._open.append(node)
                if len(self._open) > MAX_DEPTH:
                    raise self._error(node.place, f"nested deeper than {MAX_DEPTH} levels")
            case "SequenceEndEvent" | "MappingEndEvent":
                self._open.pop()
            case "AliasEvent":
                if event.anchor not in self._anchors:
                    raise self._error(_place(event), f"there is no anchor &{event.anchor}")
                self._attach(self._anchors[event.anchor], None)
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    raise self._error(_place(event), "a second document (---): one file holds one")

    def _check_tag(self, event: Any) -> None:
        if event.tag not in _TEXT_TAGS or (event.tag is not None and not hasattr(event, "value")):
            raise self._error(_place(event), f"the tag {event.tag} is not allowed")

    def _attach(self, node: _Node, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._top = node

    def _error(self, place: Place, message: str) -> PolicyError:
        return PolicyError(str(Problem(self._name, place, "", message)), hint=HINT)


class _Converter:
    """Turns nodes into data and places. Aliases are copied out, within the bounds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._places: dict[Steps, Place] = {}
        self._keys: dict[Steps, Place] = {}
        self._problems: list[Problem] = []
        self._left = MAX_VALUES

    def convert(self, top: _Node) -> Document:
        data = self._value(top, ())
        raise_problems(self._problems, hint=HINT)
        return Document(name=self._name, data=data, places=self._places, keys=self._keys)

    def _value(self, node: _Node, steps: Steps) -> Json:
        self._left -= 1
        if self._left < 0:
            raise PolicyError(f"{self._name}: more than {MAX_VALUES} values", hint="Aliases count as often as used.")
        if len(steps) > MAX_DEPTH:
            problem = Problem(self._name, node.place, "", f"nested deeper than {MAX_DEPTH} levels")
            raise PolicyError(str(problem), hint=HINT)
        self._places[steps] = node.place
        if node.kind == "scalar":
            return node.scalar()
        if node.kind == "list":
            return [self._value(child, (*steps, at)) for at, child in enumerate(node.children)]
        return self._mapping(node, steps)

    def _mapping(self, node: _Node, steps: Steps) -> dict[str, Json]:
        result: dict[str, Json] = {}
        for key, value in zip(node.children[::2], node.children[1::2], strict=True):
            word = key.scalar() if key.kind == "scalar" else None
            if not isinstance(word, str):
                self._complain(key, steps, "a key must be text; put it in quotes")
            elif word == "<<" and key.plain:
                self._complain(key, steps, "merge keys (<<) are not supported; use extends")
            elif word in result:
                first = self._keys[(*steps, word)]
                self._complain(key, (*steps, word), f"given twice, first on line {first.line}")
            else:
                self._keys[(*steps, word)] = key.place
                result[word] = self._value(value, (*steps, word))
        return result

    def _complain(self, node: _Node, steps: Steps, message: str) -> None:
        self._problems.append(Problem(self._name, node.place, steps_text(steps), message))


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)
