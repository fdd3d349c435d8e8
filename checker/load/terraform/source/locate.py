"""Where a resource is declared, told by its address alone; nothing is evaluated."""

from __future__ import annotations

from checker.load.terraform.source.address import Address, Mode, parse_address
from checker.load.terraform.source.body import block_name
from checker.load.terraform.source.modules import Module
from checker.load.terraform.source.syntax import Block
from checker.model.origin import Origin, Source


def locate(tree: Module, address: str, *, root: str = "", source: Source = Source.HCL) -> Origin | None:
    """Return the origin of a resource instance: file, lines, and the line of each argument. None when undeclared."""
    parsed = parse_address(address)
    block = find_block(tree, parsed) if parsed else None
    if parsed is None or block is None:
        return None
    return origin_of(block, address, parsed.mode, root=root, source=source)


def find_block(tree: Module, address: Address) -> Block | None:
    """Return the block that declares an instance."""
    module = find_module(tree, address.module_path)
    return module.resources.get((address.mode, address.type, address.name)) if module else None


def find_module(tree: Module, path: tuple[str, ...]) -> Module | None:
    """Return the module that is called by way of these names."""
    module: Module | None = tree
    for name in path:
        call = module.calls.get(name) if module else None
        module = call.module if call else None
    return module


def origin_of(block: Block, address: str, mode: Mode, *, root: str = "", source: Source = Source.HCL) -> Origin:
    """Return the origin of an instance that a block declares."""
    return Origin(
        source=source,
        root=root,
        address=address,
        path=block.path,
        line=block.line,
        end_line=block.end_line,
        attribute_lines=_lines(block),
        managed=mode == "managed",
    )


def _lines(block: Block) -> dict[str, int]:
    """Return the line of each argument and of the first block of each type."""
    lines = {name: attribute.line for name, attribute in block.attributes.items()}
    for nested in block.blocks:
        lines.setdefault(block_name(nested), nested.line)
    return lines
