"""New blocks: named so that they collide with nothing, for every instance of their subject, by its provider."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from checker.fixing.layout import line_end, set_argument
from checker.fixing.lift import REFERENCE
from checker.fixing.places import Path_, Places, Spot
from checker.fixing.syntax import parse
from checker.fixing.written import Written
from checker.model.record import dataclass, replace

_NAMES: Final = ("name", "alarm_name", "rule_name", "name_prefix", "bucket_prefix")
"""Arguments that tell equal things apart in an account."""


@dataclass(frozen=True, slots=True)
class New:
    """A block to add to a module."""

    kind: str
    type: str
    name: str
    text: str

    @property
    def title(self) -> str:
        """``aws_flow_log.main_all``, ``data.aws_region.x``."""
        return f"{'data.' if self.kind == 'data' else ''}{self.type}.{self.name}" if self.type else self.kind


def new_block(written: Written) -> New:
    """Return a block of a remediation as one to add."""
    type_, name = written.name
    return New(written.type, type_, name, written.text)


def renamed(blocks: Sequence[New], taken: Iterable[tuple[str, str, str]]) -> list[New]:
    """Return blocks whose names no block of the module has, with what refers to them."""
    used = set(taken)
    names: dict[tuple[str, str], str] = {}
    for block in blocks:
        name, number = block.name, 2
        while block.name and (block.kind, block.type, name) in used:
            name, number = f"{block.name}_{number}", number + 1
        used.add((block.kind, block.type, name))
        names[block.type, block.name] = name

    def other(found: re.Match[str]) -> str:
        name = names.get((found["type"], found["name"]), found["name"])
        return f"{found['data'] or ''}{found['type']}.{name}{found['key'] or ''}{found['attribute'] or ''}"

    made = []
    for block in blocks:
        name = names[block.type, block.name]
        text = REFERENCE.sub(other, block.text)
        head = text.replace(f'"{block.name}"', f'"{name}"', 1) if block.name else text
        made.append(replace(block, name=name, text=head))
    return made


def repeated(blocks: Sequence[New], places: Places, module: Path_) -> tuple[list[New], Mapping[tuple[str, str], str]]:
    """Return blocks, made as often as the instance that they refer to, and how those are then referred to."""
    loops: dict[tuple[str, str], tuple[str, str, str]] = {}
    index: dict[tuple[str, str], str] = {}
    own = {(block.type, block.name) for block in blocks}
    for _ in blocks:  # what refers to a repeated block is repeated as well
        for block in blocks:
            loop = next(filter(None, (_loop(found, places, module, loops, own) for found in _references(block))), None)
            if block.name and loop and (block.type, block.name) not in loops:
                loops[block.type, block.name] = loop
                index[block.type, block.name] = loop[2]
    return [_looped(block, loops, index) for block in blocks], index


def _references(block: New) -> list[re.Match[str]]:
    return list(REFERENCE.finditer(block.text))


def _loop(
    found: re.Match[str],
    places: Places,
    module: Path_,
    loops: Mapping[tuple[str, str], tuple[str, str, str]],
    own: set[tuple[str, str]],
) -> tuple[str, str, str] | None:
    """Return argument, expression and key by which a block is repeated that refers to an instance."""
    name = (found["type"], found["name"])
    if name in own:
        return loops.get(name)
    spot = places.find(module, "data" if found["data"] else "resource", *name)
    if spot is None or found["key"] is None:
        return None
    target = f"{found['data'] or ''}{name[0]}.{name[1]}"
    if spot.block.argument("count"):
        return ("count", f"length({target})", "[count.index]")
    return ("for_each", target, "[each.key]") if spot.block.argument("for_each") else None


def _looped(
    block: New, loops: Mapping[tuple[str, str], tuple[str, str, str]], index: Mapping[tuple[str, str], str]
) -> New:
    own = loops.get((block.type, block.name))
    if own is None:
        return block
    argument, expression, key = own
    target = expression.removeprefix("length(").removesuffix(")")

    def each(found: re.Match[str]) -> str:
        path = f"{found['data'] or ''}{found['type']}.{found['name']}"
        again = index.get((found["type"], found["name"]))
        if path == target or again:
            return f"{path}{again or key}{found['attribute'] or ''}"
        return found.group()

    text = REFERENCE.sub(each, block.text)
    made = parse(text).blocks[0]
    for name in _NAMES:
        literal = made.argument(name)
        if literal and re.fullmatch(r'"[^"$%]*"', text[literal.value : literal.end]):
            said = text[literal.value + 1 : literal.end - 1]
            join = "" if said.endswith("-") else "-"
            text = set_argument(text, made, name, f'"{said}{join}${{{key[1:-1]}}}"')
            made = parse(text).blocks[0]
    return replace(block, text=_first(text, argument, expression))


def _first(text: str, argument: str, value: str) -> str:
    """Return a block with an argument before all others, as those of Terraform itself stand."""
    at = line_end(text, parse(text).blocks[0].body)
    return f"{text[:at]}\n  {argument} = {value}\n{text[at:]}"


def with_provider(block: New, provider: str | None) -> New:
    """Return a block that another provider configuration than the default one makes."""
    if provider is None or not block.type:
        return block
    made = parse(block.text).blocks[0]
    loop = made.argument("count") or made.argument("for_each")
    if loop is None:
        return replace(block, text=_first(block.text, "provider", provider))
    at = line_end(block.text, loop.end)
    name = "count   " if loop.name == "count" else "for_each"
    text = f"{block.text[:at]}\n  provider = {provider}{block.text[at:]}"
    return replace(block, text=text.replace(f"  {loop.name} =", f"  {name} =", 1))


def provider_of(places: Places, spot: Spot | None, home: Path_) -> str | None:
    """Return the provider configuration of a block as its module's caller names it; None for the default one."""
    if spot is None:
        return None
    argument = spot.block.argument("provider")
    name = places.value(spot, argument).strip('"') if argument else "aws"
    module = spot.module
    while len(module) > len(home):
        call = places.call(module)
        passed = call.block.argument("providers")
        name = _passed(places.value(call, passed), name) if passed else name
        module = module[:-1]
    return None if name == "aws" else name


def _passed(text: str, name: str) -> str:
    found = re.search(rf"(?<![\w.]){re.escape(name)}\s*[=:]\s*([\w.-]+)", text)
    return found[1] if found else name
