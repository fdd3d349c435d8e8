"""The content of a block as a dict: arguments evaluated, nested blocks as lists, dynamic blocks expanded."""

from __future__ import annotations

from typing import Final

from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source.expressions import Walker
from checker.load.terraform.source.modules import literal
from checker.load.terraform.source.scope import Place, Scope
from checker.load.terraform.source.syntax import Attribute, Block
from checker.load.terraform.source.values import SetList, pending, plain
from checker.model.known import Unknown

META: Final = frozenset(
    {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner", "timeouts"}
)
"""Arguments and blocks that Terraform itself reads."""

MAPS: Final = frozenset(
    {
        "advanced_options",
        "column_to_json_key_mappings",
        "dimensions",
        "header_parameters",
        "input_paths",
        "parameters",
        "properties",
        "query_string_parameters",
        "skewed_column_value_location_maps",
        "tags",
        "tags_all",
        "variables",
        "volume_tags",
    }
)
"""Arguments of AWS resources that are maps. In JSON syntax every other object is a nested block that occurs once."""

MAX_NESTING: Final = 40


def argument_names(block: Block) -> list[str]:
    """Return the names of the arguments and blocks that a resource block sets, in order."""
    names = [*block.attributes, *(block_name(nested) for nested in block.blocks)]
    return [name for name in dict.fromkeys(names) if name not in META]


def block_name(block: Block) -> str:
    """Return the type of a nested block, that of its content for a dynamic one."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def argument(block: Block, name: str, scope: Scope, walker: Walker, depth: int = 0) -> Value:
    """Return one argument's value, or the list of the nested blocks of that type.

    None stands for null, and for dynamic blocks that are expanded to none.
    """
    attribute = block.attributes.get(name)
    if attribute is not None:
        value = argument_value(attribute, block.path, scope, walker)
        return _blocks_of_json(name, value) if block.path.endswith(".json") else value
    found: list[Value] = []
    for nested in block.blocks:
        if block_name(nested) != name:
            continue
        if nested.type != "dynamic":
            found.append(content(nested, scope, walker, depth + 1))
            continue
        expanded = _dynamic(nested, scope, walker, depth)
        if isinstance(expanded, Unknown):
            return expanded
        found.extend(expanded)
    return found or None


def _blocks_of_json(name: str, value: Value, depth: int = 0) -> Value:
    """Return what JSON syntax writes as an object as the list of one block that it is."""
    if isinstance(value, list) and depth <= MAX_NESTING:
        return [_inside(item, depth) for item in value]
    return [_inside(value, depth)] if isinstance(value, dict) and name not in MAPS else value


def _inside(value: Value, depth: int) -> Value:
    if not isinstance(value, dict):
        return value
    return {name: _blocks_of_json(name, item, depth + 1) for name, item in value.items()}


def argument_value(attribute: Attribute, path: str, scope: Scope, walker: Walker) -> Value:
    """Return the value of one argument; reasons for unknowns in it name its expression, file and line."""
    here = scope.at(attribute, path)
    return _placed(plain(walker.attempt(attribute.expr, here)), here.place)


def content(block: Block, scope: Scope, walker: Walker, depth: int = 0) -> Value:
    """Return a nested block as a dict."""
    if depth > MAX_NESTING:
        return Unknown(f"{block.type} ({block.path}:{block.line}): blocks are nested too deeply")
    return {
        name: value
        for name in dict.fromkeys([*block.attributes, *(block_name(nested) for nested in block.blocks)])
        if (value := argument(block, name, scope, walker, depth)) is not None or name in block.attributes
    }


def _dynamic(block: Block, scope: Scope, walker: Walker, depth: int) -> list[Value] | Unknown:
    attribute = block.attributes.get("for_each")
    body = next((nested for nested in block.blocks if nested.type == "content"), None)
    if attribute is None or body is None:
        return Unknown(f"dynamic {block_name(block)} ({block.path}:{block.line}): for_each or content is missing")
    here = scope.at(attribute, block.path)
    elements = _elements(walker.attempt(attribute.expr, here), here.place)
    if isinstance(elements, Unknown):
        return elements
    iterator = _iterator(block)
    made: list[Value] = []
    for key, value in elements:
        walker.steps += 1
        if walker.exhausted:
            return here.place.unknown("the blocks take too long to evaluate")
        made.append(content(body, scope.naming({iterator: {"key": key, "value": value}}), walker, depth + 1))
    return made


def _elements(value: Value, place: Place) -> list[tuple[Value, Value]] | Unknown:
    if isinstance(value, (Unknown, Ref, Text)):
        return place.unknown(pending(value).reason)
    if isinstance(value, dict):
        return [(key, value[key]) for key in sorted(value)]
    if isinstance(value, SetList):
        return [(item, item) for item in value]
    if isinstance(value, list):
        return list(enumerate(value))
    return [] if value is None else place.unknown("it is no collection")


def _iterator(block: Block) -> str:
    attribute = block.attributes.get("iterator")
    if attribute is None:
        return block_name(block)
    named = attribute.expr[1] if attribute.expr[0] == "var" else literal(attribute.expr)
    return str(named or block_name(block))


def _placed(value: Value, place: Place) -> Value:
    """Name the place in the reason of every Unknown in a value."""
    if isinstance(value, Unknown):
        return Unknown(place.describe(value.reason), symbol=value.symbol, among=value.among)
    if isinstance(value, list):
        return [_placed(item, place) for item in value]
    if isinstance(value, dict):
        return {key: _placed(item, place) for key, item in value.items()}
    if isinstance(value, Text):
        return Text(tuple(_placed_part(part, place) for part in value.parts))
    return value


def _placed_part(part: str | Ref | Unknown, place: Place) -> str | Ref | Unknown:
    changed = _placed(part, place)
    return changed if isinstance(changed, (str, Ref, Unknown)) else part
