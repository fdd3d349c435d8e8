"""One source file: parsed into a form that is plain JSON, and made of that form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from checker.load.terraform.source import tfjson
from checker.load.terraform.source.parse import ParseError, parse_block, parse_outline
from checker.load.terraform.source.scan import Lines, Slice, scan
from checker.load.terraform.source.syntax import Attribute, Block, Comment, Unreadable

_DECLARING: Final = ("resource", "data", "ephemeral")
"""Blocks that are read only when their type is wanted."""

_SKIPPED: Final = ("check", "moved", "import", "removed")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What one file holds."""

    blocks: tuple[Block, ...]
    comments: tuple[Comment, ...]
    unreadable: tuple[Unreadable, ...]


def parse_file(text: str, path: str, wanted: frozenset[str] | None) -> SourceFile:
    """Parse a file's text. Types outside of ``wanted`` keep only what says which instances there are."""
    if path.endswith(".json"):
        return _parse_json(text, path, wanted)
    found = scan(text)
    lines = Lines(text)
    blocks: list[Block] = []
    unreadable = [Unreadable(path, problem.line, problem.cause, problem.types) for problem in found.problems]
    for part in found.slices:
        try:
            read = parse_block if is_wanted(part.type, part.labels, wanted) else parse_outline
            blocks.append(read(text, part, path))
        except ParseError as error:
            unreadable.append(Unreadable(path, lines.at(error.offset), error.cause, part.types))
    comments = tuple(Comment(said, path, line) for said, line in found.comments)
    return SourceFile(tuple(blocks), comments, tuple(sorted(unreadable, key=lambda part: part.line)))
