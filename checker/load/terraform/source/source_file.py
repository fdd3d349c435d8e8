"""One source file: parsed into a form that is plain JSON, and made of that form."""

from __future__ import annotations

from typing import Any, Final

from checker.load.terraform.source.parse import REPEATING, ParseError, parse_block, parse_outline
from checker.load.terraform.source.scan import Lines, Slice, header_types, scan
from checker.load.terraform.source.syntax import Attribute, Block, Comment, Unreadable
from checker.load.terraform.source.tfjson import parse_json_file
from checker.model.record import dataclass, replace

_ALWAYS: Final = frozenset(
    {"locals", "variable", "module", "output", "provider", "terraform", "moved", "import", "removed"}
)
"""Blocks that are read whatever is wanted."""

MAX_WORDS: Final = 400_000
"""Most words of a block that is parsed, which takes half a minute."""

_SIGNS: Final = ',=[{("\n.+-*/!?:$%'


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What one file holds."""

    blocks: tuple[Block, ...]
    comments: tuple[Comment, ...]
    unreadable: tuple[Unreadable, ...]


def is_wanted(kind: str, types: tuple[str, ...], wanted: frozenset[str] | None) -> bool:
    """Return whether a block is read in full."""
    return wanted is None or kind in _ALWAYS or not wanted.isdisjoint(types)


def parse_file(text: str, path: str, wanted: frozenset[str] | None) -> SourceFile:
    """Parse a file's text. Resources outside of ``wanted`` keep only what says how many instances there are.

    ``wanted`` holds resource types, and ``data.aws_vpc`` for data sources; None stands for all.
    """
    if path.endswith(".json"):
        content = parse_json_file(text, path)
        return SourceFile(
            tuple(_outline(block, wanted) for block in content.blocks), content.comments, content.unreadable
        )
    found = scan(text)
    blocks: list[Block] = []
    unreadable = [Unreadable(path, problem.line, problem.cause, problem.types) for problem in found.problems]
    for part in found.slices:
        if (words := _words(text, part)) > MAX_WORDS:
            cause = f"the block has about {words} words, more than the {MAX_WORDS} that are read"
            unreadable.append(Unreadable(path, part.line, cause, part.types))
            continue
        try:
            read = parse_block if is_wanted(part.type, part.types, wanted) else parse_outline
            blocks.append(read(text, part, path))
        except ParseError as error:
            unreadable.append(Unreadable(path, Lines(text).at(error.offset), error.cause, part.types))
    comments = tuple(Comment(said, path, line) for said, line in found.comments)
    return SourceFile(tuple(blocks), comments, tuple(sorted(unreadable, key=lambda part: part.line)))


def _words(text: str, part: Slice) -> int:
    """Return about how many words a block has, by which the time to parse it goes."""
    return sum(text.count(sign, part.start, part.end) for sign in _SIGNS)


def _outline(block: Block, wanted: frozenset[str] | None) -> Block:
    if is_wanted(block.type, header_types(block.type, block.labels), wanted):
        return block
    kept = {name: attribute for name, attribute in block.attributes.items() if name in REPEATING}
    return replace(block, attributes=kept, blocks=())


def to_json(file: SourceFile) -> list[Any]:
    """Return a file's content as JSON, without its path."""
    return [
        [_block_to_json(block) for block in file.blocks],
        [[comment.text, comment.line] for comment in file.comments],
        [[part.line, part.cause, list(part.types)] for part in file.unreadable],
    ]


def from_json(content: Any, path: str) -> SourceFile:
    """Return what ``to_json`` made; raises ValueError, TypeError or KeyError for other JSON."""
    blocks, comments, unreadable = content
    return SourceFile(
        tuple(_block_from_json(block, path) for block in blocks),
        tuple(Comment(text, path, line) for text, line in comments),
        tuple(Unreadable(path, line, cause, tuple(types)) for line, cause, types in unreadable),
    )


def _block_to_json(block: Block) -> list[Any]:
    attributes = {name: [value.expr, value.line, value.text] for name, value in block.attributes.items()}
    inner = [_block_to_json(child) for child in block.blocks]
    return [block.type, list(block.labels), attributes, inner, block.line, block.end_line]


def _block_from_json(content: Any, path: str) -> Block:
    kind, labels, attributes, inner, line, end_line = content
    return Block(
        kind,
        tuple(labels),
        {name: Attribute(*value) for name, value in attributes.items()},
        tuple(_block_from_json(child, path) for child in inner),
        path,
        line,
        end_line,
    )
