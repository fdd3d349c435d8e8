"""Terraform's JSON syntax: ``*.tf.json``, as written by CDK for Terraform and other generators.

Strings are templates. Nobody tells here whether an object within a resource is a block or an argument, which takes
the provider's schema: objects become arguments, except for the blocks that Terraform itself defines. A list of
objects means the same to the evaluator as so many blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from checker.load.terraform.source.json_tree import JsonError, Member, Node, Object, parse_json
from checker.load.terraform.source.parse import ParseError, parse_expression, parse_template
from checker.load.terraform.source.scan import Lines, header_types
from checker.load.terraform.source.shown import shown
from checker.load.terraform.source.syntax import Attribute, Block, Comment, Expr, Unreadable
from checker.model.record import dataclass

_LABELS: Final = {
    "resource": 2,
    "data": 2,
    "ephemeral": 2,
    "variable": 1,
    "output": 1,
    "module": 1,
    "provider": 1,
    "check": 1,
    "locals": 0,
    "terraform": 0,
    "moved": 0,
    "import": 0,
    "removed": 0,
}
"""Top-level blocks, with the number of their labels."""

_INNER_BLOCKS: Final = {
    "resource": {"lifecycle": 0, "connection": 0, "provisioner": 1, "dynamic": 1},
    "data": {"lifecycle": 0, "dynamic": 1},
    "dynamic": {"content": 0, "dynamic": 1},
    "content": {"dynamic": 1},
    "lifecycle": {"precondition": 0, "postcondition": 0},
    "variable": {"validation": 0},
    "output": {"precondition": 0},
    "terraform": {"backend": 1, "required_providers": 0, "cloud": 0},
    "removed": {"lifecycle": 0},
}
"""Blocks that Terraform itself defines within others, with the number of their labels."""

_PLAIN: Final = {
    "variable": frozenset({"default", "description", "error_message"}),
    "module": frozenset({"source", "version"}),
    "terraform": frozenset({"required_version"}),
    "required_providers": None,
    "backend": None,
}
"""Arguments, by block, whose strings are no templates; None for all of them."""

_REFERENCES: Final = frozenset({"provider", "providers", "depends_on", "ignore_changes", "replace_triggered_by"})
"""Arguments whose strings are references without ``${}``."""

_ADDRESSING: Final = frozenset({"moved", "import", "removed"})
"""Blocks whose strings are addresses."""


@dataclass(frozen=True, slots=True)
class JsonFile:
    """What one file holds."""

    blocks: tuple[Block, ...]
    comments: tuple[Comment, ...]
    unreadable: tuple[Unreadable, ...]


def parse_json_file(text: str, path: str) -> JsonFile:
    """Parse a file of JSON syntax. Text that is no JSON is one Unreadable."""
    lines = Lines(text)
    try:
        root = parse_json(text)
    except JsonError as error:
        return JsonFile((), (), (Unreadable(path, lines.at(error.offset), error.cause, ()),))
    reader = _JsonReader(text, lines, path, [], [])
    for kind, member in reader.top_level(root):
        labels = _LABELS.get(kind)
        if labels is None:
            reader.refuse(member.start, f"{kind} is no block of Terraform", ())
        else:
            reader.blocks.extend(reader.declared(kind, (), member.value, member.start, labels))
    return JsonFile(tuple(reader.blocks), tuple(_comments(root, lines, path)), tuple(reader.unreadable))


def _comments(node: Node, lines: Lines, path: str) -> Iterator[Comment]:
    """Yield what stands under ``"//"`` and begins with ``flowcheck:``."""
    for child in node.value if isinstance(node.value, tuple) else ():
        yield from _comments(child, lines, path)
    for member in node.members:
        said = member.value.value
        if member.key == "//" and isinstance(said, str):
            if said.strip().startswith("flowcheck:"):
                yield Comment(said.strip(), path, lines.at(member.start))
        else:
            yield from _comments(member.value, lines, path)


@dataclass(frozen=True, slots=True)
class _JsonReader:
    text: str
    lines: Lines
    path: str
    blocks: list[Block]
    unreadable: list[Unreadable]

    def refuse(self, offset: int, cause: str, types: tuple[str, ...]) -> None:
        self.unreadable.append(Unreadable(self.path, self.lines.at(offset), cause, types))

    def top_level(self, root: Node) -> Iterator[tuple[str, Member]]:
        for body in _bodies(root):
            if not isinstance(body.value, Object):
                self.refuse(body.start, "an object is expected", ())
            for member in body.members:
                if member.key != "//":
                    yield member.key, member

    def declared(self, kind: str, labels: tuple[str, ...], node: Node, start: int, missing: int) -> Iterator[Block]:
        """Yield the blocks that a value stands for, of which ``missing`` labels are still keys below it."""
        for body in _bodies(node):
            if not isinstance(body.value, Object):
                self.refuse(body.start, f"{kind} must be an object", header_types(kind, labels))
            elif missing:
                for member in body.members:
                    if member.key != "//":
                        yield from self.declared(kind, (*labels, member.key), member.value, member.start, missing - 1)
            else:
                yield self.block(kind, labels, body, start)

    def block(self, kind: str, labels: tuple[str, ...], node: Node, start: int) -> Block:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        inner = _INNER_BLOCKS.get(kind, {})
        for member in node.members:
            if member.key in inner:
                blocks.extend(self.declared(member.key, (), member.value, member.start, inner[member.key]))
            elif member.key != "//":
                attributes[member.key] = self.attribute(kind, member)
        first, last = self.lines.at(start), self.lines.at(node.end - 1)
        return Block(kind, labels, attributes, tuple(blocks), self.path, first, last)

    def attribute(self, kind: str, member: Member) -> Attribute:
        line = self.lines.at(member.start)
        plain = _PLAIN.get(kind, frozenset())
        if plain is None or member.key in plain:
            expr = _literal(member.value)
        elif member.key in _REFERENCES or (kind, member.key) == ("variable", "type") or kind in _ADDRESSING:
            expr = _reference(member.value)
        else:
            expr = _template(member.value)
        return Attribute(expr, line, shown(self.text[member.value.start : member.value.end]))


def _bodies(node: Node) -> tuple[Node, ...]:
    """Return the objects that a value stands for where several blocks may be given as a list."""
    return node.value if isinstance(node.value, tuple) else (node,)


def _literal(node: Node) -> Expr:
    """Return a value as it stands; nothing in it is a template."""
    if isinstance(node.value, tuple):
        return ["list", [_literal(item) for item in node.value]]
    if isinstance(node.value, Object):
        return ["obj", [[["lit", member.key], _literal(member.value)] for member in node.members]]
    return ["lit", node.value]


def _template(node: Node) -> Expr:
    """Return a value whose strings, keys among them, are templates."""
    if isinstance(node.value, tuple):
        return ["list", [_template(item) for item in node.value]]
    if isinstance(node.value, Object):
        members = [member for member in node.members if member.key != "//"]
        return ["obj", [[_text(member.key), _template(member.value)] for member in members]]
    return _text(node.value) if isinstance(node.value, str) else ["lit", node.value]


def _reference(node: Node) -> Expr:
    """Return a value whose strings are references, such as ``"aws.west"``."""
    if isinstance(node.value, tuple):
        return ["list", [_reference(item) for item in node.value]]
    if isinstance(node.value, Object):
        return ["obj", [[["lit", member.key], _reference(member.value)] for member in node.members]]
    if not isinstance(node.value, str):
        return ["lit", node.value]
    if "${" in node.value:
        return _text(node.value)
    return _attempt(node.value, parse_expression)


def _text(text: str) -> Expr:
    if "${" not in text and "%{" not in text:
        return ["lit", text]
    return _attempt(text, parse_template)


def _attempt(text: str, parse: Callable[[str], Expr]) -> Expr:
    try:
        return parse(text)
    except ParseError as error:
        return ["bad", f"the template cannot be parsed: {error.cause}"]
