"""Edits of blocks in files, each noted; blocks are found again after every edit, for offsets move."""

from __future__ import annotations

from checker.fixing.change import Change
from checker.fixing.layout import (
    add_block,
    formatted,
    indent_at,
    indented,
    line_start,
    remove_argument,
    remove_block,
    replace,
    unit,
)
from checker.fixing.model import CannotFix
from checker.fixing.places import Spot
from checker.fixing.syntax import Argument, Block, Item


def check(change: Change, spot: Spot, what: str) -> None:
    """Raise CannotFix where the file of a block is not to be changed."""
    refused = change.places.may_change(spot.module)
    if refused is not None:
        raise CannotFix(f"{what}: {refused}")


def add_nested(change: Change, spot: Spot, written: str, *, after: Block | None = None) -> None:
    """Add a nested block to a top-level one."""
    check(change, spot, f"a block belongs into {'.'.join(spot.block.labels)}")
    text = change.places.files.text(spot.path)
    where = spot.where(change.places.files, after.start if after else spot.block.start)
    change.places.files.put(spot.path, add_block(text, spot.block, formatted(written), after))
    change.done(f"{where}: adds {written.split('{')[0].strip()} to {'.'.join(spot.block.labels)}")


def drop_block(change: Change, spot: Spot, block: Block) -> None:
    """Remove a block, at the top of a file or in another one."""
    check(change, spot, f"{block.type} is to be removed")
    where = spot.where(change.places.files, block.start)
    text = change.places.files.text(spot.path)
    change.places.files.put(spot.path, remove_block(text, block))
    change.done(f"{where}: removes {' '.join((block.type, *block.labels))}")


def drop_argument(change: Change, spot: Spot, argument: Argument) -> None:
    """Remove an argument."""
    check(change, spot, f"{argument.name} is to be removed")
    where = spot.where(change.places.files, argument.start)
    change.places.files.put(spot.path, remove_argument(change.places.files.text(spot.path), argument))
    change.done(f"{where}: removes {argument.name}")


def put(change: Change, spot: Spot, start: int, end: int, new: str, what: str) -> None:
    """Replace a part of a file."""
    check(change, spot, what)
    where = spot.where(change.places.files, start)
    change.places.files.put(spot.path, replace(change.places.files.text(spot.path), start, end, new))
    change.done(f"{where}: {what}")


def add_elements(change: Change, spot: Spot, span: tuple[int, int], elements: list[str], what: str) -> None:
    """Put elements at the end of a list or object that is written out, laid out as the ones before."""
    from checker.fixing.syntax import items

    text = change.places.files.text(spot.path)
    found = items(text, *span)
    if found is None:
        raise CannotFix(f"{what}: it is not written out ({spot.where(change.places.files, span[0])})")
    closing = span[1] - 1
    if not found:
        pad = " " if text[span[0]] == "{" else ""
        put(change, spot, span[0] + 1, closing, f"{pad}{', '.join(elements)}{pad}", what)
        return
    last = found[-1].end
    if "\n" not in text[span[0] : found[0].start]:  # the first one stands beside the bracket: so do the others
        put(change, spot, *beside(text, found[-1], elements), what)
        return
    indent = indent_at(text, found[-1].start)
    elements = [indented(each, indent) for each in elements]
    comma = "," if text[span[0]] == "[" or text[last:closing].lstrip().startswith(",") else ""
    lines = "".join(f"\n{indent}{each}{comma}" for each in elements)
    after = last + text[last:closing].index(",") + 1 if text[last:closing].lstrip().startswith(",") else last
    put(change, spot, last, after, f"{comma}{lines}", what)


def beside(text: str, last: Item, elements: list[str]) -> tuple[int, int, str]:
    """Return the place behind the last element and what stands there then.

    Where ``}, {`` stands on a line ``terraform fmt`` wants it a step further in than the ``}`` at the end.
    """
    base, step = indent_at(text, last.end), unit(text)
    every = [indented(each, base) for each in elements]
    pieces = [text[line_start(text, last.end) : last.end], *every]
    if text[line_start(text, last.end) : last.end].strip() != "}":
        return last.end, last.end, "".join(f", {each}" for each in every)
    closed = [f"{head}{base}{step}}}" for head in (piece[: piece.rfind("}")].rstrip(" \t") for piece in pieces[:-1])]
    return line_start(text, last.end), last.end, ", ".join([*closed, pieces[-1]])


def literal(change: Change, spot: Spot, block: Block, name: str) -> str | None:
    """Return an argument that is a plain text, number or word; None where it is not there or is something else."""
    argument = block.argument(name)
    if argument is None:
        return None
    text = change.places.value(spot, argument)
    if text.startswith('"') and text.endswith('"') and "${" not in text and text.count('"') == 2:
        return text[1:-1]
    return text if text.replace("-", "", 1).isalnum() else None
