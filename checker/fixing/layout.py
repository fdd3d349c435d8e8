"""Changes of one text of HCL that leave it laid out as ``terraform fmt`` would, where it was before.

``terraform fmt`` aligns the ``=`` of lines that follow each other, and the comments behind them. Source: hclwrite,
``format.go``. A run of lines that was not aligned stays as its author wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from checker.fixing.syntax import Argument, Block
from checker.load.terraform.source.lexical import HEREDOC, PLAIN_STRING, ScanError, skip_quoted
from checker.model.record import dataclass

_SIGN: Final = re.compile(rf'{PLAIN_STRING}|/\*.*?\*/|\#.*|//.*|{HEREDOC[:-6]}|["{{}}()\[\]]|[<>=!]=|=>|=')
_INDENT: Final = re.compile(r"[ \t]*")
_COMMENT_LINE: Final = re.compile(r"[ \t]*(?:#|//)")
META: Final = frozenset({"count", "for_each", "provider", "providers", "source", "version", "depends_on"})
"""Arguments of Terraform itself: what belongs to the resource does not follow them without a blank line."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line in the three cells that ``terraform fmt`` aligns."""

    lead: str
    assign: str
    comment: str


def set_argument(text: str, block: Block, name: str, value: str) -> str:
    """Return the text with an argument of a block set: its expression replaced, or a line added."""
    old = block.argument(name)
    if old is not None:
        return replace(text, old.value, old.end, indented(value, indent_at(text, old.start)))
    return add_argument(text, block, name, value)


def add_argument(text: str, block: Block, name: str, value: str) -> str:
    """Return the text with a line more in a block, after its last argument that is the resource's own."""
    text, block_open = _opened(text, block)
    if block_open is not block:
        return add_argument(text, block_open, name, value)
    indent = inner_indent(text, block)
    line = f"{indent}{name} = {indented(value, indent)}"
    own = [each for each in block.arguments if each.name not in META]
    multi = "\n" in value
    before = [each for each in own if not multi and "\n" not in text[each.start : each.end]] or own
    if before:
        at = line_end(text, before[-1].end)
        return replace(text, at, at, f"\n\n{line}" if multi and len(own) > 1 else f"\n{line}")
    at = line_end(text, max((each.end for each in block.arguments), default=block.body))
    gap = "\n" if block.arguments else ""
    tail = "\n" if text[at : block.close].strip() and not _blank_after(text, at) else ""
    return replace(text, at, at, f"{gap}\n{line}{tail}")


def add_block(text: str, block: Block, written: str, after: Block | None = None) -> str:
    """Return the text with a nested block: after one of its kind, else at the end of the block it goes into."""
    text, block_open = _opened(text, block)
    if block_open is not block:
        return add_block(text, block_open, written)
    indent = inner_indent(text, block)
    lines = stepped(written.rstrip("\n"), unit(text)).split("\n")
    made = "\n".join(f"{indent}{line}" if line else "" for line in lines)
    if after is not None:
        at = line_end(text, after.end)
        return f"{text[:at]}\n\n{made}{text[at:]}"
    ends = [each.end for each in block.parts]
    at = line_end(text, max(ends)) if ends else line_end(text, block.body)
    return f"{text[:at]}{chr(10) * (2 if ends else 1)}{made}{text[at:]}"


def _opened(text: str, block: Block) -> tuple[str, Block]:
    """Return a block that stands on one line spread over several; else what was given."""
    from checker.fixing.syntax import parse, walk

    if "\n" in text[block.body : block.close] or not block.type:
        return text, block
    indent, inside = indent_at(text, block.start), text[block.body : block.close].strip()
    step = unit(text)
    body = f"\n{indent}{step}{inside}\n{indent}" if inside else f"\n{indent}"
    text = text[: block.body] + body + text[block.close :]
    return text, next(each for each in walk(parse(text)) if each.start == block.start)


def remove_argument(text: str, argument: Argument) -> str:
    """Return the text without an argument and the line it stands on."""
    start = line_start(text, argument.start)
    return replace(text, start, min(line_end(text, argument.end) + 1, len(text)), "")


def remove_block(text: str, block: Block) -> str:
    """Return the text without a block, the comment that stands right above it, and one blank line beside it."""
    start = line_start(text, block.start)
    above = start
    while above > 0 and _COMMENT_LINE.match(text, line_start(text, above - 1)):
        above = line_start(text, above - 1)
    start = above if above > 0 else start  # what a file begins with is about the file
    end = min(line_end(text, block.end) + 1, len(text))
    before, after = text[:start], text[end:]
    if after.startswith("\n") and (not before or before.endswith(("\n\n", "{\n"))):
        after = after[1:]
    elif (not after or after.lstrip(" \t").startswith("}")) and before.endswith("\n\n"):
        before = before[:-1]
    return before + after


def replace(text: str, start: int, end: int, new: str) -> str:
    """Return the text with a part replaced, and the lines around it aligned if they were."""
    changed = text[:start] + new + text[end:]
    before, after = line_start(text, start), _next_line(text, end)
    if not _aligned(text, before, after):
        return changed
    return _realign(changed, line_start(changed, start), _next_line(changed, start + len(new)))


def indent_at(text: str, offset: int) -> str:
    """Return the blanks that the line of an offset begins with."""
    found = _INDENT.match(text, line_start(text, offset))
    return found.group() if found else ""


def inner_indent(text: str, block: Block) -> str:
    """Return the indentation of what stands in a block: as its first line has it."""
    if not block.type:
        return ""
    for each in block.parts:
        if line_start(text, each.start) != line_start(text, block.body):
            return indent_at(text, each.start)
    return indent_at(text, block.start) + unit(text)


def unit(text: str) -> str:
    """Return one step of indentation: a tab where the text has them, else two blanks."""
    return "\t" if re.search(r"^\t", text, re.MULTILINE) else "  "


def stepped(written: str, step: str) -> str:
    """Return HCL that is indented by two blanks with another step."""
    if step == "  ":
        return written
    return re.sub(r"^(?:  )+", lambda found: step * (len(found.group()) // 2), written, flags=re.MULTILINE)


def indented(value: str, indent: str) -> str:
    """Return an expression whose lines after the first are moved in."""
    return value.replace("\n", f"\n{indent}")


def line_start(text: str, offset: int) -> int:
    """Return the offset of the first character of a line."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Return the offset of the end of a line, before its line break."""
    found = text.find("\n", offset)
    return len(text) if found < 0 else found


def _next_line(text: str, offset: int) -> int:
    return min(line_end(text, offset) + 1, len(text))


def _blank_after(text: str, at: int) -> bool:
    return not text[at + 1 : line_end(text, at + 1)].strip()


def _aligned(text: str, start: int, end: int) -> bool:
    """Return whether the lines around a part stand as ``terraform fmt`` would have them."""
    start, end = _run(text, start, end)
    part = text[start:end]
    return formatted(part) == part


def _realign(text: str, start: int, end: int) -> str:
    start, end = _run(text, start, end)
    return text[:start] + formatted(text[start:end]) + text[end:]


def _run(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a part of a text with the lines before and after it that are aligned with it."""
    while start > 0 and _in_run(text[line_start(text, start - 1) : start - 1]):
        start = line_start(text, start - 1)
    while end < len(text) and _in_run(text[end : line_end(text, end)]):
        end = _next_line(text, end)
    return start, end


def _in_run(line: str) -> bool:
    cells = _cells(line)
    return bool(cells.assign or cells.comment)


def formatted(part: str) -> str:
    """Return lines of HCL with their ``=`` and comments aligned; they must hold no heredoc."""
    lines = [_cells(line) for line in part.split("\n")]
    lead = _widths(lines, [bool(line.assign) for line in lines], [len(line.lead) for line in lines])
    aligned = [
        _Line(f"{line.lead.ljust(width)} {line.assign}" if line.assign else line.lead, "", line.comment)
        for line, width in zip(lines, lead, strict=True)
    ]
    whole = _widths(aligned, [bool(line.comment) for line in aligned], [len(line.lead) for line in aligned])
    return "\n".join(
        f"{line.lead.ljust(width)} {line.comment}" if line.comment else line.lead
        for line, width in zip(aligned, whole, strict=True)
    )


def _widths(lines: Sequence[_Line], member: Sequence[bool], length: Sequence[int]) -> list[int]:
    """Return the width of each line's cell: the longest of those that follow each other."""
    widths = [0] * len(lines)
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and member[end]:
            end += 1
        widths[at:end] = [max(length[at:end], default=0)] * (end - at)
        at = max(end, at + 1)
    return widths


def _cells(line: str) -> _Line:
    """Cut a line at its first ``=``, where no bracket stays open behind it, and at the comment at its end."""
    equals, opened, position, comment = -1, 0, 0, len(line)
    try:
        while found := _SIGN.search(line, position):
            sign = found.group()
            position = skip_quoted(line, found.start()) if sign == '"' else found.end()
            if sign[0] == "#" or sign.startswith("//"):
                comment = found.start()
                break
            if sign == "=" and equals < 0:
                equals, opened = found.start(), 0
            opened += (sign in "{([") - (sign in "})]")
    except ScanError:
        return _Line(line, "", "")
    code = line[:comment].rstrip()
    if not code:
        return _Line(line, "", "")
    if equals <= 0 or opened:
        return _Line(code if comment < len(line) else line, "", line[comment:])
    return _Line(code[:equals].rstrip(), code[equals:], line[comment:])
