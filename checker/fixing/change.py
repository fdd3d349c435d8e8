"""One change of the source: arguments set where their values are written, and blocks added beside their subject."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from checker.fixing.adding import New, new_block, provider_of, renamed, repeated, with_provider
from checker.fixing.landing import landing
from checker.fixing.layout import add_block, formatted, indent_at, line_end, stepped, unit
from checker.fixing.lift import REFERENCE, lifted
from checker.fixing.model import CannotFix, Choices, Fix
from checker.fixing.places import Path_, Places, Spot
from checker.fixing.syntax import Block, walk
from checker.fixing.written import Written, subject
from checker.load.terraform.source.address import Address
from checker.load.terraform.source.evaluate import Evaluation
from checker.model.record import dataclass, field, replace

_IN_PLACE: Final = {"aws_flow_log": frozenset({"tags"})}
"""Arguments that change in place, by types of which every other one is a replacement. Source: provider schema."""
_PLAIN: Final = re.compile(r'"([^"\\$%]*)"')
_SHORT: Final = 60
_BLOCKS: Final = ("resource", "data", "moved")

Names: TypeAlias = Mapping[tuple[str, str], str]
"""What new blocks are called in the end, ``type.name`` with an index, by what a remediation calls them."""


@dataclass(slots=True, kw_only=True)
class Change:
    """What is at hand while one finding is fixed."""

    places: Places
    evaluation: Evaluation
    choices: Choices
    fix: Fix
    added: dict[tuple[Path, str], New] = field(default_factory=dict)
    """Blocks that this run has added, by the folder of the module and by their text as the remediation has it."""

    @property
    def address(self) -> Address:
        """The address of the finding's subject; raises CannotFix for what is in no Terraform."""
        found = subject(self.fix.finding.resource.address)
        if found is None:
            raise CannotFix("it is not managed by this Terraform")
        return found

    @property
    def terraform(self) -> str:
        """The finding's remediation; raises CannotFix where it has none in Terraform."""
        fix = self.fix.finding.remediation
        if fix is None or not fix.terraform:
            raise CannotFix(f"nothing in Terraform resolves it{f': {fix.summary}' if fix else ''}")
        return fix.terraform

    def done(self, what: str) -> None:
        """Note what was changed."""
        if what and what not in self.fix.done:
            self.fix.done.append(what)

    def note(self, what: str) -> None:
        """Note what to know before it is applied."""
        if what not in self.fix.notes:
            self.fix.notes.append(what)

    def resource(self, address: Address) -> Spot:
        """Return the block that declares a resource."""
        kind = "resource" if address.mode == "managed" else "data"
        return self.places.need(address.module_path, kind, address.type, address.name)

    def again(self, spot: Spot, block: Block | None = None) -> tuple[Spot, Block]:
        """Return a block as it stands after edits behind its beginning, and one in it."""
        tops = self.places.files.parsed(spot.path).blocks
        top = next((each for each in tops if each.start == spot.block.start), None)
        if top is None:  # a file of arguments only, or moved by an edit before it
            found = self.places.find(spot.module, spot.block.type, *spot.block.labels)
            top = found.block if found else spot.block
        start = spot.block.start if block is None else block.start
        inner = next((each for each in (top, *walk(top)) if each.start == start), top)
        return Spot(spot.module, spot.path, top), inner


def module_path(module: str) -> Path_:
    """Return the calls that a module's address names: ``module.net["a"]``."""
    found = subject(f"{module}.x.y") if module else None
    return found.module_path if found else ()


def set_value(
    change: Change, spot: Spot, block: Block, name: str, value: str, module: str = "", own: Names | None = None
) -> None:
    """Set an argument of a resource where its value is written.

    ``module`` is the address of the resource's module; ``own`` names blocks that were added beside.
    """
    there = block.argument(name)
    if there is not None and change.places.value(spot, there) == value:
        return
    if block is spot.block and _already(change, spot, name, value, module):
        return
    try:
        place = landing(change.places, spot, block, name)
    except CannotFix as error:
        wanted = f"; it should be {value}" if len(value) <= _SHORT and "\n" not in value else ""
        raise CannotFix(f"{error}{wanted}") from error
    levels = len(spot.module) - len(place.module)
    names = own or {}
    fresh = {tuple(each.partition("[")[0].removeprefix("data.").split(".")) for each in names.values()}
    value = lifted(value, module, levels, change.evaluation, lambda type_, label: (type_, label) in fresh)
    said = place.write(change.places, value)
    change.done(said)
    type_ = spot.block.labels[0] if spot.block.labels else ""
    if said and name not in _IN_PLACE.get(type_, {name}) and block is spot.block:
        change.note(f"Terraform replaces {title(spot)}: {name} cannot be changed in place")


def _already(change: Change, spot: Spot, name: str, value: str, module: str) -> bool:
    """Return whether an argument has a plain value already, wherever that comes from."""
    wanted = _PLAIN.fullmatch(value)
    if wanted is None or len(spot.block.labels) != 2:
        return False
    local = ".".join(spot.block.labels)
    address = str(change.fix.finding.resource.address)
    if address.partition("[")[0] != (f"{module}.{local}" if module else local) and not address.endswith(f"{local}"):
        address = f"{module}.{local}" if module else local
    now = change.evaluation.argument(address, [name])
    return isinstance(now, str) and now == wanted[1]


def title(spot: Spot) -> str:
    """Return the address of a block without instance keys."""
    return ".".join([*(f"module.{name}" for name in spot.module), *spot.block.labels])


def called(text: str, names: Names) -> str:
    """Return HCL with new blocks called as they are in the end."""

    def other(found: object) -> str:
        name = (found["type"], found["name"])  # type: ignore[index]
        whole = str(found.group())  # type: ignore[attr-defined]
        if name not in names:
            return whole
        return f"{names[name]}{found['attribute'] or ''}"  # type: ignore[index]

    return REFERENCE.sub(other, text) if names else text


def merge(change: Change, written: Written, spot: Spot, own: Names) -> None:
    """Set what a remediation sets in a block that exists."""
    text = called(written.text, own)
    block = replace(written, text=text).block()
    for argument in block.arguments:
        spot, _ = change.again(spot)
        set_value(change, spot, spot.block, argument.name, text[argument.value : argument.end], written.module, own)
    for nested in block.blocks:
        spot, _ = change.again(spot)
        merge_nested(change, spot, spot.block, nested, text)


def merge_nested(change: Change, spot: Spot, block: Block, nested: Block, text: str) -> None:
    """Put a nested block of a remediation into a block: into the one of its type, else as a new one."""
    where = spot.where(change.places.files, block.start)
    if block.dynamic(nested.type) is not None:
        raise CannotFix(f"{nested.type} is made by a dynamic block ({where})")
    there = block.nested(nested.type)
    if len(there) > 1:
        raise CannotFix(f"there are {len(there)} blocks {nested.type} ({where})")
    if not there:
        _new_nested(change, spot, block, nested, text)
        return
    for argument in nested.arguments:
        spot, inner = change.again(spot, there[0])
        set_value(change, spot, inner, argument.name, text[argument.value : argument.end])
    for deeper in nested.blocks:
        spot, inner = change.again(spot, there[0])
        merge_nested(change, spot, inner, deeper, text)


def _new_nested(change: Change, spot: Spot, block: Block, nested: Block, text: str) -> None:
    refused = change.places.may_change(spot.module)
    if refused is not None and nested.type == "lifecycle":
        change.note(f"{title(spot)} has no create_before_destroy, so nothing is recorded meanwhile: {refused}")
        return
    if refused is not None:
        raise CannotFix(f"{nested.type} belongs into {title(spot)}: {refused}")
    where = spot.where(change.places.files, block.start)
    old = change.places.files.text(spot.path)
    change.places.files.put(spot.path, add_block(old, block, dedented(text, nested)))
    change.done(f"{where}: adds {nested.type} to {title(spot)}")


def dedented(text: str, block: Block) -> str:
    """Return a nested block of a text as it would stand at the left edge."""
    indent = indent_at(text, block.start)
    return "\n".join(line.removeprefix(indent) for line in text[block.start : block.end].split("\n"))


def add(
    change: Change, written: Sequence[Written], home: Path_ | None = None, beside: Spot | None = None
) -> dict[tuple[str, str], str]:
    """Add new blocks to ``home``, else to their own module or the nearest of its callers that may be changed.

    They stand behind ``beside`` where that is in the module, else behind what they are about. What this run has added
    already is not added again. Returns what the blocks are called.
    """
    if not all(each.type in _BLOCKS for each in written):
        raise CannotFix("its remediation is for a person to work in")
    module = written[0].module
    path = module_path(module)
    home = _home(change, path) if home is None else home
    levels = len(path) - len(home)
    folder = change.places.module(home).folder.resolve()
    own = {each.name for each in written}
    texts = [
        lifted(each.text, module, levels, change.evaluation, lambda type_, name: (type_, name) in own)
        for each in written
    ]
    blocks = [new_block(replace(each, text=text)) for each, text in zip(written, texts, strict=True)]
    index: Names = {}
    if not levels:
        blocks, index = repeated(blocks, change.places, home)
    names: dict[tuple[str, str], str] = {}
    fresh: list[New] = []
    for block in blocks:
        same = change.added.get((folder, block.text))
        if same is None:
            fresh.append(block)
        else:
            names[block.type, block.name] = f"{same.title}{index.get((block.type, block.name), '')}"
    near = beside if beside is not None and beside.module == path else _near(change, written, path)
    provider = provider_of(change.places, near, home)
    made = renamed([replace(block, text=called(block.text, names)) for block in fresh], change.places.names(home))
    made = [with_provider(block, provider) for block in made]
    if made:
        anchor = near if home == path and near is not None else None
        _insert(change, anchor or _anchor(change, home), made)
    for block, each in zip(fresh, made, strict=True):
        change.added[folder, block.text] = each
        names[block.type, block.name] = f"{each.title}{index.get((block.type, block.name), '')}"
    return names


def _home(change: Change, path: Path_) -> Path_:
    """Return the module nearest to one that may be changed: itself, or one that calls it."""
    while path and change.places.may_change(path) is not None:
        path = path[:-1]
    refused = change.places.may_change(path)
    if refused is not None:
        raise CannotFix(refused)
    return path


def _near(change: Change, written: Sequence[Written], path: Path_) -> Spot | None:
    """Return the block that new ones belong to: the subject's, else the first that they refer to."""
    address = subject(change.fix.finding.resource.address)
    own = {each.name for each in written}
    if address is not None and address.module_path == path:
        kind = "resource" if address.mode == "managed" else "data"
        found = change.places.find(path, kind, address.type, address.name)
        if found is not None:
            return found
    for each in written:
        for ref in REFERENCE.finditer(each.text):
            kind = "data" if ref["data"] else "resource"
            found = change.places.find(path, kind, ref["type"], ref["name"])
            if found is not None and (ref["type"], ref["name"]) not in own:
                return found
    return None


def _anchor(change: Change, home: Path_) -> Spot:
    """Return the block of a module behind which new ones are written: the call of the subject's, else the last."""
    address = subject(change.fix.finding.resource.address)
    path = address.module_path if address is not None else ()
    if len(path) > len(home) and path[: len(home)] == home:
        return change.places.call(path[: len(home) + 1])
    spots = list(change.places.blocks(home))
    if not spots:
        raise CannotFix("the module holds no HCL to add to")
    return spots[-1]


def _insert(change: Change, anchor: Spot, blocks: Sequence[New]) -> None:
    """Write new blocks behind one that exists."""
    files = change.places.files
    text = files.text(anchor.path)
    at = line_end(text, anchor.block.end)
    rest = text[at:]
    laid_out = [stepped(formatted(block.text), unit(text)) for block in blocks]
    written = "".join(f"\n\n{each}" for each in laid_out)
    gap = "\n" if rest.strip() and not rest.startswith("\n\n") else ""
    files.put(anchor.path, text[:at] + written + gap + (rest or "\n"))
    for block, each in zip(blocks, laid_out, strict=True):
        at += 2
        change.done(f"{anchor.where(files, at)}: adds {block.title}")
        at += len(each)
